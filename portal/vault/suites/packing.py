"""Parts joined so that no two lists of parts give the same bytes, and halves of split keys."""

from portal.vault.suites.contract import Tampered


def pack(*parts: bytes | str | int) -> bytes:
    """Parts joined unambiguously: each with its length before it."""
    raw = [p if isinstance(p, bytes) else str(p).encode() for p in parts]
    return b"".join(len(p).to_bytes(4, "big") + p for p in raw)


def unpack(packed: bytes) -> list[bytes]:
    """The parts again. Raises `Tampered` when the lengths do not add up."""
    parts, at = [], 0
    while at < len(packed):
        size = int.from_bytes(packed[at : at + 4], "big")
        part = packed[at + 4 : at + 4 + size]
        if len(part) != size:
            raise Tampered
        parts.append(part)
        at += 4 + size
    return parts


def xor(left: bytes, right: bytes) -> bytes:
    """The two halves of a split key joined, or one half from key and other half."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))

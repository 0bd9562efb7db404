"""Every way in which a text may lie in a file: character sets, escapes, base64 at any offset, digests."""

import base64
import hashlib
import json
import quopri
from collections.abc import Callable, Iterator

from tests.security.canaries import Canary

CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "utf-32-le")
LEAST = 6
"""Bytes below which a match in a ciphertext could be chance."""


def spellings(canary: Canary) -> Iterator[tuple[str, bytes]]:
    """(name of the spelling, bytes) of everything that would be a trace of this canary.

    Plain text and JSON count in parts of any core; the other spellings by the middle of it.
    """
    for text in canary.texts:
        for name, spell in TEXT_SPELLINGS.items():
            parts = _pieces(text, spell, pieces=canary.pieces, least=LEAST)
            yield from ((name, found) for found in _few(parts, name == "JSON escapes"))
        for charset in CHARSETS:
            for name in BYTE_SPELLINGS if charset == "utf-8" else _USUAL:
                spell = _of_bytes(BYTE_SPELLINGS[name], charset)
                least = LEAST if name in ESCAPED else 0
                parts = _pieces(text, spell, pieces=canary.pieces, least=least, payload=charset)
                yield from ((f"{charset} {name}", found) for found in _few(parts, name == "plain"))
        yield from _digests(text.encode())
    for raw in canary.raws:
        for name, spell_bytes in BYTE_SPELLINGS.items():
            yield f"bytes {name}", spell_bytes(raw)
        yield from _digests(raw)


def _few(parts: list[bytes], every: bool) -> list[bytes]:
    middle = len(parts) // 2
    return parts if every else parts[middle : middle + 1]


def _of_bytes(spell: Callable[[bytes], bytes], charset: str) -> Callable[[str], bytes]:
    return lambda text: spell(text.encode(charset))


def _pieces(
    text: str, spell: Callable[[str], bytes], *, pieces: bool, least: int, payload: str = ""
) -> list[bytes]:
    """The whole, or all parts of the smallest length that cannot be chance."""
    if not pieces:
        return [spell(text)]
    for size in range(1, len(text) + 1):
        parts = [text[at : at + size] for at in range(len(text) - size + 1)]
        enough = least or not payload or all(len(part.encode(payload)) >= LEAST for part in parts)
        found = [spell(part) for part in parts]
        if enough and min(map(len, found)) >= max(least, LEAST):
            return found
    return [spell(text)]


def _base64_at(offset: int, alphabet: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """What stays the same of a payload's base64 wherever it stands: at one of three offsets."""

    def spell(payload: bytes) -> bytes:
        encoded = alphabet(bytes(offset) + payload).rstrip(b"=")
        first = -(-offset * 8 // 6)
        last = (offset + len(payload)) * 8 // 6
        return encoded[first:last]

    return spell


BYTE_SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda payload: payload,
    "hex": lambda payload: payload.hex().encode(),
    "HEX": lambda payload: payload.hex().upper().encode(),
    "percent": lambda payload: b"".join(b"%%%02X" % byte for byte in payload),
    "percent lower": lambda payload: b"".join(b"%%%02x" % byte for byte in payload),
    "percent twice": lambda payload: b"".join(b"%%25%02X" % byte for byte in payload),
    "bytes escapes": lambda payload: b"".join(b"\\x%02x" % byte for byte in payload),
    "bytes escapes twice": lambda payload: b"".join(b"\\\\x%02x" % byte for byte in payload),
    "octal escapes": lambda payload: b"".join(b"\\%03o" % byte for byte in payload),
    "quoted printable": lambda payload: b"".join(b"=%02X" % byte for byte in payload),
    **{f"base64 at {offset}": _base64_at(offset, base64.b64encode) for offset in range(3)},
    **{f"urlsafe base64 at {offset}": _base64_at(offset, base64.urlsafe_b64encode) for offset in range(3)},
}
"""How bytes are written as text."""
_USUAL = ("plain", "hex", "HEX", "percent", *(name for name in BYTE_SPELLINGS if "base64" in name))
"""How bytes of other character sets than UTF-8 are looked for."""
ESCAPED = frozenset(
    name for name in BYTE_SPELLINGS if "percent" in name or "escapes" in name or "quoted" in name
)
"""Those that are marks enough even for one character."""


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


TEXT_SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "JSON escapes": lambda text: _json(text).encode(),
    "JSON escapes, capitals": lambda text: "".join(rf"\u{ord(char):04X}" for char in text).encode(),
    "JSON escapes twice": lambda text: _json(text).replace("\\", "\\\\").encode(),
    "HTML entities": lambda text: "".join(f"&#{ord(char)};" for char in text).encode(),
    "HTML entities, hex": lambda text: "".join(f"&#x{ord(char):x};" for char in text).encode(),
    "quoted printable, soft": lambda text: quopri.encodestring(text.encode()),
    "percent-u": lambda text: "".join(f"%u{ord(char):04X}" for char in text).encode(),
}


def _digests(payload: bytes) -> Iterator[tuple[str, bytes]]:
    """Without a key a digest of a phone number is the phone number."""
    for name in ("md5", "sha1", "sha256", "blake2b"):
        found = hashlib.new(name, payload).digest()
        yield f"{name}", found
        yield f"{name} hex", found.hex().encode()
        yield f"{name} base64", base64.b64encode(found).rstrip(b"=")
    short = hashlib.blake2b(payload, digest_size=32).digest()
    yield "blake2b-256", short
    yield "blake2b-256 hex", short.hex().encode()

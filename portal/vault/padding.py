"""Sizes are padded before sealing, so that a ciphertext's length tells little about the text.

Padmé (Nikitin et al., 2019) with a floor: at most 12 % larger, and only log log n bits leak.
"""

from portal.vault.primitives import Tampered

FLOOR = 256
_HEADER = 8


def padded_size(size: int) -> int:
    """The size, in bytes, that `size` bytes are padded to."""
    if size <= FLOOR:
        return FLOOR
    exponent = size.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (size + mask) & ~mask


def pad(plaintext: bytes) -> bytes:
    """The text with its length before it and zeros behind it."""
    framed = len(plaintext).to_bytes(_HEADER, "big") + plaintext
    return framed.ljust(padded_size(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    """The text again. Raises `Tampered` where length or padding are not what `pad` makes."""
    size = int.from_bytes(padded[:_HEADER], "big")
    text, rest = padded[_HEADER : _HEADER + size], padded[_HEADER + size :]
    if len(text) != size or len(padded) != padded_size(_HEADER + size) or rest.strip(b"\0"):
        raise Tampered
    return text

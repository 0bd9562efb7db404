"""The only cryptography in Yanlu: libsodium through PyNaCl, behind a suite number.

Every ciphertext, sealed box, signature and lock starts with one byte that names its suite, so that a
second suite can stand beside this one. Failures to open are all the same `Tampered`.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from nacl import bindings, encoding, exceptions, public, pwhash, signing
from nacl.hash import blake2b

from portal.common.errors import Refusal

KEY_BYTES: Final = 32


class Tampered(Refusal):
    """What was to be opened or verified is not what was sealed or signed, or not for this key."""

    code = "sealed_data_damaged"
    status = 503
    detail = "密封数据未通过校验，操作没有进行。请联系系统管理员。"


@dataclass(frozen=True)
class PublicHalf:
    """What the world may know of a key: one half seals to it, the other verifies what it certifies."""

    sealing: bytes
    certifying: bytes


def new_secret(size: int = KEY_BYTES) -> bytes:
    """Random bytes from the operating system."""
    return secrets.token_bytes(size)


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


def keyed_hash(key: bytes, *parts: bytes | str | int, person: str, size: int = KEY_BYTES) -> bytes:
    """Keyed BLAKE2b over packed parts; `person` (≤ 16 bytes) keeps uses apart."""
    return blake2b(
        pack(*parts), digest_size=size, key=key, person=person.encode(), encoder=encoding.RawEncoder
    )


def digest(*parts: bytes | str | int, person: str) -> bytes:
    """Unkeyed BLAKE2b, 32 bytes, for fingerprints and chains."""
    return keyed_hash(b"", *parts, person=person)


def xor(left: bytes, right: bytes) -> bytes:
    """The two halves of a split key joined, or one half from key and other half."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


class SodiumSuite:
    """Suite 1: X25519 sealed boxes, XChaCha20-Poly1305, Ed25519, Argon2id, BLAKE2b."""

    number: Final = 1
    _mark: Final = b"\x01"

    def public_half(self, seed: bytes) -> PublicHalf:
        """The public halves of the key that grows from `seed` (32 bytes)."""
        return PublicHalf(
            sealing=bytes(self._box_key(seed).public_key),
            certifying=bytes(self._signing_key(seed).verify_key),
        )

    def seal(self, sealing: bytes, message: bytes) -> bytes:
        """A box only the private half of `sealing` opens; it does not tell whose it is."""
        return self._mark + public.SealedBox(public.PublicKey(sealing)).encrypt(message)

    def unseal(self, seed: bytes, box: bytes) -> bytes:
        """The message in the box. Raises `Tampered`."""
        try:
            return public.SealedBox(self._box_key(seed)).decrypt(self._body(box))
        except (exceptions.CryptoError, ValueError, TypeError):
            raise Tampered from None

    def encrypt(self, key: bytes, plaintext: bytes, context: bytes) -> bytes:
        """Ciphertext bound to `context`: it opens under the same key and context only."""
        nonce = secrets.token_bytes(bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
        body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, context, nonce, key)
        return self._mark + nonce + body

    def decrypt(self, key: bytes, ciphertext: bytes, context: bytes) -> bytes:
        """The plaintext. Raises `Tampered` for another key, another context or any flipped bit."""
        body = self._body(ciphertext)
        size = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
        try:
            return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(body[size:], context, body[:size], key)
        except (exceptions.CryptoError, ValueError, TypeError):
            raise Tampered from None

    def sign(self, seed: bytes, message: bytes) -> bytes:
        """A signature by the certifying half of the key that grows from `seed`."""
        return self._mark + self._signing_key(seed).sign(message).signature

    def verify(self, certifying: bytes, message: bytes, signature: bytes) -> None:
        """Returns when the signature holds; raises `Tampered` otherwise."""
        try:
            signing.VerifyKey(certifying).verify(message, self._body(signature))
        except (exceptions.CryptoError, ValueError, TypeError):
            raise Tampered from None

    def stretch(self, passphrase: str, salt: bytes, *, pepper: bytes, kib: int, passes: int) -> bytes:
        """A key from a passphrase: Argon2id with `kib` KiB and `passes` passes, then the server's pepper."""
        slow = pwhash.argon2id.kdf(KEY_BYTES, passphrase.encode(), salt, opslimit=passes, memlimit=kib * 1024)
        return keyed_hash(pepper, slow, person="yanlu-pepper")

    @staticmethod
    def _box_key(seed: bytes) -> public.PrivateKey:
        return public.PrivateKey(keyed_hash(seed, person="yanlu-sealing"))

    @staticmethod
    def _signing_key(seed: bytes) -> signing.SigningKey:
        return signing.SigningKey(keyed_hash(seed, person="yanlu-certify"))

    def _body(self, blob: bytes) -> bytes:
        if blob[:1] != self._mark:
            raise Tampered
        return blob[1:]


SALT_BYTES: Final = pwhash.argon2id.SALTBYTES
CURRENT = SodiumSuite()
"""The suite new things are made with."""
_SUITES = {CURRENT.number: CURRENT}


def suite_of(blob: bytes) -> SodiumSuite:
    """The suite that made this ciphertext, box or signature. Raises `Tampered` for an unknown one."""
    try:
        return _SUITES[blob[0]]
    except (IndexError, KeyError):
        raise Tampered from None

"""Suite 1: libsodium throughout. X25519 sealed boxes, XChaCha20-Poly1305, Ed25519, Argon2id, BLAKE2b."""

import secrets
from typing import Final

from nacl import bindings, exceptions, public

from portal.vault.suites import curves
from portal.vault.suites.blake import keyed_hash
from portal.vault.suites.contract import PrivateHalf, PublicHalf, Tampered, body

_NONCE: Final = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


class SodiumSuite:
    """Suite 1. What the methods promise stands in `contract.Suite`."""

    number: Final = 1
    _mark: Final = b"\x01"

    def private_half(self, seed: bytes) -> PrivateHalf:
        """By keyed BLAKE2b."""
        return PrivateHalf(
            sealing=keyed_hash(seed, person="yanlu-sealing"),
            certifying=keyed_hash(seed, person="yanlu-certify"),
        )

    def public_half(self, seed: bytes) -> PublicHalf:
        """The public halves of `private_half(seed)`."""
        return curves.public_of(self.private_half(seed))

    def seal(self, sealing: bytes, message: bytes) -> bytes:
        """By `crypto_box_seal`."""
        try:
            return self._mark + public.SealedBox(public.PublicKey(sealing)).encrypt(message)
        except (exceptions.CryptoError, ValueError, TypeError):
            raise Tampered from None

    def unseal(self, private: PrivateHalf, box: bytes) -> bytes:
        """By `crypto_box_seal_open`."""
        try:
            return public.SealedBox(public.PrivateKey(private.sealing)).decrypt(body(self._mark, box))
        except (exceptions.CryptoError, ValueError, TypeError):
            raise Tampered from None

    def encrypt(self, key: bytes, plaintext: bytes, context: bytes) -> bytes:
        """XChaCha20-Poly1305 under a random nonce, `context` as associated data."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, context, nonce, key)
        return self._mark + nonce + sealed

    def decrypt(self, key: bytes, ciphertext: bytes, context: bytes) -> bytes:
        """XChaCha20-Poly1305."""
        rest = body(self._mark, ciphertext)
        try:
            return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                rest[_NONCE:], context, rest[:_NONCE], key
            )
        except (exceptions.CryptoError, ValueError, TypeError):
            raise Tampered from None

    def sign(self, private: PrivateHalf, message: bytes) -> bytes:
        """Ed25519 over the message itself."""
        return self._mark + curves.sign(private.certifying, message)

    def verify(self, certifying: bytes, message: bytes, signature: bytes) -> None:
        """Ed25519 over the message itself."""
        curves.verify(certifying, message, body(self._mark, signature))

    def stretch(self, passphrase: str, salt: bytes, *, pepper: bytes, kib: int, passes: int) -> bytes:
        """Argon2id, then keyed BLAKE2b under the pepper."""
        slow = curves.argon2id(passphrase, salt, kib=kib, passes=passes)
        return keyed_hash(pepper, slow, person="yanlu-pepper")

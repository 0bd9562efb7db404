"""Suite 2: SM4-GCM and SM3 (GB/T 32907, GB/T 32905) where suite 1 has XChaCha20-Poly1305 and BLAKE2b.

Key agreement, signatures and the passphrase's slow hash stay X25519, Ed25519 and Argon2id: no library for
SM2 that this project could use is fit to hold a private key (docs/adr/0007). Nothing here is certified.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from portal.vault.suites import curves
from portal.vault.suites.contract import KEY_BYTES, PrivateHalf, PublicHalf, Tampered, body
from portal.vault.suites.packing import pack

_SALT: Final = 24
_TAG: Final = 16
_SM4_KEY: Final = 16
_NONCE: Final = 12


def sm3(message: bytes) -> bytes:
    """The SM3 digest, 32 bytes."""
    hashing = Hash(SM3())
    hashing.update(message)
    return hashing.finalize()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """HMAC with SM3, 32 bytes."""
    hashing = HMAC(key, SM3())
    hashing.update(message)
    return hashing.finalize()


def sm4_gcm_encrypt(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """Ciphertext and its tag of 16 bytes. A key and nonce must never serve twice."""
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(associated)
    return cipher.update(plaintext) + cipher.finalize() + cipher.tag


def sm4_gcm_decrypt(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plaintext, only once the tag was checked. Raises `Tampered`."""
    if len(sealed) < _TAG:
        raise Tampered
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG:])).decryptor()
    cipher.authenticate_additional_data(associated)
    plaintext = cipher.update(sealed[:-_TAG])
    try:
        return plaintext + cipher.finalize()
    except InvalidTag:
        raise Tampered from None


class SmSuite:
    """Suite 2. What the methods promise stands in `contract.Suite`."""

    number: Final = 2
    _mark: Final = b"\x02"

    def private_half(self, seed: bytes) -> PrivateHalf:
        """By HMAC-SM3."""
        return PrivateHalf(
            sealing=hmac_sm3(seed, pack("yanlu-sm-sealing")),
            certifying=hmac_sm3(seed, pack("yanlu-sm-certify")),
        )

    def public_half(self, seed: bytes) -> PublicHalf:
        """The public halves of `private_half(seed)`."""
        return curves.public_of(self.private_half(seed))

    def seal(self, sealing: bytes, message: bytes) -> bytes:
        """X25519 with a key made for this box alone, HKDF-SM3, SM4-GCM."""
        scalar = secrets.token_bytes(KEY_BYTES)
        point = curves.point_of(scalar)
        key, nonce = self._box_key(curves.agree(scalar, sealing), point, sealing)
        return self._mark + point + sm4_gcm_encrypt(key, nonce, message, self._mark)

    def unseal(self, private: PrivateHalf, box: bytes) -> bytes:
        """X25519 with the key named in the box, HKDF-SM3, SM4-GCM."""
        rest = body(self._mark, box)
        point, sealed = rest[:KEY_BYTES], rest[KEY_BYTES:]
        shared = curves.agree(private.sealing, point)
        key, nonce = self._box_key(shared, point, curves.point_of(private.sealing))
        return sm4_gcm_decrypt(key, nonce, sealed, self._mark)

    def encrypt(self, key: bytes, plaintext: bytes, context: bytes) -> bytes:
        """SM4-GCM under a key and nonce that grow from `key` and 24 random bytes, for this message alone."""
        if len(key) != KEY_BYTES:
            raise ValueError("a key has 32 bytes")
        salt = secrets.token_bytes(_SALT)
        own, nonce = self._message_key(key, salt)
        return self._mark + salt + sm4_gcm_encrypt(own, nonce, plaintext, self._mark + context)

    def decrypt(self, key: bytes, ciphertext: bytes, context: bytes) -> bytes:
        """SM4-GCM."""
        rest = body(self._mark, ciphertext)
        if len(key) != KEY_BYTES:
            raise Tampered
        own, nonce = self._message_key(key, rest[:_SALT])
        return sm4_gcm_decrypt(own, nonce, rest[_SALT:], self._mark + context)

    def sign(self, private: PrivateHalf, message: bytes) -> bytes:
        """Ed25519 over the message's SM3 digest, labelled so that it is no signature of suite 1."""
        return self._mark + curves.sign(private.certifying, self._signed(message))

    def verify(self, certifying: bytes, message: bytes, signature: bytes) -> None:
        """Ed25519 over the message's SM3 digest."""
        curves.verify(certifying, self._signed(message), body(self._mark, signature))

    def stretch(self, passphrase: str, salt: bytes, *, pepper: bytes, kib: int, passes: int) -> bytes:
        """Argon2id, then HMAC-SM3 under the pepper."""
        slow = curves.argon2id(passphrase, salt, kib=kib, passes=passes)
        return hmac_sm3(pepper, pack("yanlu-sm-pepper", slow))

    @staticmethod
    def _signed(message: bytes) -> bytes:
        return pack("yanlu-sm3-signed", sm3(message))

    @staticmethod
    def _message_key(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
        """The key is random already, so nothing needs extracting from it (RFC 5869 3.3)."""
        info = pack("yanlu-sm4-message", salt)
        grown = HKDFExpand(SM3(), _SM4_KEY + _NONCE, info).derive(key)
        return grown[:_SM4_KEY], grown[_SM4_KEY:]

    @staticmethod
    def _box_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> tuple[bytes, bytes]:
        info = pack("yanlu-sm4-box", ephemeral, recipient)
        grown = HKDF(SM3(), _SM4_KEY + _NONCE, salt=None, info=info).derive(shared)
        return grown[:_SM4_KEY], grown[_SM4_KEY:]


def sm_works_here() -> bool:
    """Whether the OpenSSL that `cryptography` was built with has SM3 and SM4-GCM (a FIPS build has not)."""
    try:
        return bool(sm3(b"") and sm4_gcm_encrypt(bytes(_SM4_KEY), bytes(_NONCE), b"", b""))
    except UnsupportedAlgorithm:
        return False

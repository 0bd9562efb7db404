"""What every suite does, and the two halves of a key that all of them share."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from nacl import pwhash

from portal.common.errors import Refusal

KEY_BYTES: Final = 32
SALT_BYTES: Final = pwhash.argon2id.SALTBYTES


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


@dataclass(frozen=True)
class PrivateHalf:
    """What grew from a seed: an X25519 scalar that opens boxes, an Ed25519 seed that signs. Never stored."""

    sealing: bytes = field(repr=False)
    certifying: bytes = field(repr=False)


class Suite(Protocol):
    """A family of algorithms under one number, which everything it makes carries in its first byte.

    Suites differ in ciphers, hashes and in how a key grows from its seed. All of them seal to X25519 and
    sign with Ed25519, so whatever suite a key grew by, any suite seals to it and signs with it.
    """

    @property
    def number(self) -> int:
        """The number in the first byte, and in `VaultKey.suite`."""

    def private_half(self, seed: bytes) -> PrivateHalf:
        """What grows from `seed` (32 bytes)."""

    def public_half(self, seed: bytes) -> PublicHalf:
        """The public halves of the key that grows from `seed`."""

    def seal(self, sealing: bytes, message: bytes) -> bytes:
        """A box only the private half of `sealing` opens; it does not tell whose it is.

        Raises `Tampered` for a public half nobody can have.
        """

    def unseal(self, private: PrivateHalf, box: bytes) -> bytes:
        """The message in the box. Raises `Tampered`."""

    def encrypt(self, key: bytes, plaintext: bytes, context: bytes) -> bytes:
        """Ciphertext bound to `context`: it opens under the same key (32 bytes) and context only."""

    def decrypt(self, key: bytes, ciphertext: bytes, context: bytes) -> bytes:
        """The plaintext. Raises `Tampered` for another key, another context or any flipped bit."""

    def sign(self, private: PrivateHalf, message: bytes) -> bytes:
        """A signature by the certifying half."""

    def verify(self, certifying: bytes, message: bytes, signature: bytes) -> None:
        """Returns when the signature holds; raises `Tampered` otherwise."""

    def stretch(self, passphrase: str, salt: bytes, *, pepper: bytes, kib: int, passes: int) -> bytes:
        """A key from a passphrase: Argon2id with `kib` KiB and `passes` passes, then the server's pepper."""


def body(mark: bytes, blob: bytes) -> bytes:
    """What follows the byte that names the suite. Raises `Tampered` where it names another one."""
    if blob[:1] != mark:
        raise Tampered
    return blob[1:]

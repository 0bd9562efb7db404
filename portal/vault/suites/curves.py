"""What the suites have in common, all of it libsodium's: X25519, Ed25519, Argon2id."""

from nacl import bindings, exceptions, pwhash, signing

from portal.vault.suites.contract import KEY_BYTES, PrivateHalf, PublicHalf, Tampered


def public_of(private: PrivateHalf) -> PublicHalf:
    """The public halves that belong to these private ones."""
    return PublicHalf(
        sealing=point_of(private.sealing),
        certifying=bytes(signing.SigningKey(private.certifying).verify_key),
    )


def point_of(scalar: bytes) -> bytes:
    """The X25519 public key of a private one."""
    return bindings.crypto_scalarmult_base(scalar)


def agree(scalar: bytes, point: bytes) -> bytes:
    """The X25519 secret two keys share. Raises `Tampered` for a point of low order or another length."""
    if len(scalar) != KEY_BYTES or len(point) != KEY_BYTES:
        raise Tampered  # PyNaCl does not look: libsodium would read past the end
    try:
        return bindings.crypto_scalarmult(scalar, point)
    except (exceptions.CryptoError, ValueError, TypeError):
        raise Tampered from None


def sign(certifying: bytes, message: bytes) -> bytes:
    """An Ed25519 signature, 64 bytes."""
    return signing.SigningKey(certifying).sign(message).signature


def verify(certifying: bytes, message: bytes, signature: bytes) -> None:
    """Returns when the Ed25519 signature holds; raises `Tampered` otherwise."""
    try:
        signing.VerifyKey(certifying).verify(message, signature)
    except (exceptions.CryptoError, ValueError, TypeError):
        raise Tampered from None


def argon2id(passphrase: str, salt: bytes, *, kib: int, passes: int) -> bytes:
    """A key that costs `kib` KiB of memory and `passes` passes to find from the passphrase."""
    return pwhash.argon2id.kdf(KEY_BYTES, passphrase.encode(), salt, opslimit=passes, memlimit=kib * 1024)

"""Suite 2 against published vectors, and its formats read again without the code that made them."""

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from nacl import bindings, pwhash
from nacl.signing import VerifyKey

from portal.vault.primitives import Tampered, suite_numbered
from portal.vault.suites.sm import hmac_sm3, sm3, sm4_gcm_decrypt, sm4_gcm_encrypt

SM = suite_numbered(2)
KEY, SEED = bytes(range(32)), bytes(range(32, 64))

# GB/T 32905-2016, appendix A: the two examples of the standard.
SM3_EXAMPLES = pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
# RFC 8998, appendix A.1.
SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SM4_NONCE = bytes.fromhex("00001234567800000000abcd")
SM4_ASSOCIATED = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
SM4_PLAINTEXT = bytes.fromhex(
    "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
    "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
)
SM4_CIPHERTEXT = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
)
SM4_TAG = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")


# --- vectors ------------------------------------------------------------------------------------------


@SM3_EXAMPLES
def test_sm3_examples_of_the_standard_hold_in_the_library(message: bytes, expected: str) -> None:
    assert _sm3(message).hex() == expected


@SM3_EXAMPLES
def test_sm3_examples_of_the_standard_hold_in_the_suite(message: bytes, expected: str) -> None:
    assert sm3(message).hex() == expected


def test_sm4_gcm_vector_of_rfc_8998_holds_in_the_library() -> None:
    cipher = Cipher(algorithms.SM4(SM4_KEY), modes.GCM(SM4_NONCE)).encryptor()
    cipher.authenticate_additional_data(SM4_ASSOCIATED)

    ciphertext = cipher.update(SM4_PLAINTEXT) + cipher.finalize()

    assert (ciphertext, cipher.tag) == (SM4_CIPHERTEXT, SM4_TAG)


def test_sm4_gcm_vector_of_rfc_8998_holds_in_the_suite() -> None:
    sealed = sm4_gcm_encrypt(SM4_KEY, SM4_NONCE, SM4_PLAINTEXT, SM4_ASSOCIATED)

    assert sealed == SM4_CIPHERTEXT + SM4_TAG
    assert sm4_gcm_decrypt(SM4_KEY, SM4_NONCE, sealed, SM4_ASSOCIATED) == SM4_PLAINTEXT


@pytest.mark.parametrize("tag", [SM4_TAG[:12], SM4_TAG[:4], b"", bytes(16)])
def test_sm4_gcm_shorter_or_wrong_tag_is_refused(tag: bytes) -> None:
    with pytest.raises(Tampered):
        sm4_gcm_decrypt(SM4_KEY, SM4_NONCE, SM4_CIPHERTEXT + tag, SM4_ASSOCIATED)
    with pytest.raises(Tampered):
        sm4_gcm_decrypt(SM4_KEY, SM4_NONCE, tag[:15], SM4_ASSOCIATED)


@pytest.mark.parametrize("size", [0, 32, 64, 65, 200])
def test_hmac_sm3_is_the_construction_of_rfc_2104(size: int) -> None:
    assert hmac_sm3(bytes(range(size)), b"message") == _hmac(bytes(range(size)), b"message")


# --- formats, by hand ---------------------------------------------------------------------------------


def test_ciphertext_is_read_by_hand() -> None:
    blob = SM.encrypt(KEY, "原文".encode(), b"the place")

    salt, sealed = blob[1:25], blob[25:]
    grown = _hmac(KEY, _pack(b"yanlu-sm4-message", salt) + b"\x01")  # RFC 5869, expand: one block
    assert _gcm(grown[:16], grown[16:28], sealed, b"\x02the place") == "原文".encode()


def test_box_is_read_by_hand() -> None:
    scalar = _hmac(SEED, _pack(b"yanlu-sm-sealing"))
    public = bindings.crypto_scalarmult_base(scalar)
    blob = SM.seal(public, b"secret")

    point, sealed = blob[1:33], blob[33:]
    extracted = _hmac(bytes(32), bindings.crypto_scalarmult(scalar, point))
    grown = _hmac(extracted, _pack(b"yanlu-sm4-box", point, public) + b"\x01")
    assert SM.public_half(SEED).sealing == public
    assert _gcm(grown[:16], grown[16:28], sealed, b"\x02") == b"secret"


def test_signature_is_read_by_hand() -> None:
    signature = SM.sign(SM.private_half(SEED), b"message")

    certifying = SM.public_half(SEED).certifying
    VerifyKey(certifying).verify(_pack(b"yanlu-sm3-signed", _sm3(b"message")), signature[1:])


def test_stretched_passphrase_is_made_by_hand() -> None:
    stretched = SM.stretch("口令", bytes(16), pepper=KEY, kib=8, passes=2)

    slow = pwhash.argon2id.kdf(32, "口令".encode(), bytes(16), opslimit=2, memlimit=8192)
    assert stretched == _hmac(KEY, _pack(b"yanlu-sm-pepper", slow))


def test_suite_one_still_makes_what_it_made() -> None:
    """Its formats are those of the first release: pinned here, since installations hold data in them."""
    sodium = suite_numbered(1)

    def seed_hash(person: bytes) -> bytes:
        return hashlib.blake2b(digest_size=32, key=SEED, person=person).digest()

    private = sodium.private_half(SEED)
    nonce = bytes(range(24))
    body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(b"text", b"place", nonce, KEY)
    box = bindings.crypto_box_seal(b"secret", sodium.public_half(SEED).sealing)

    assert (private.sealing, private.certifying) == (seed_hash(b"yanlu-sealing"), seed_hash(b"yanlu-certify"))
    assert sodium.decrypt(KEY, b"\x01" + nonce + body, b"place") == b"text"
    assert sodium.unseal(private, b"\x01" + box) == b"secret"
    VerifyKey(sodium.public_half(SEED).certifying).verify(b"message", sodium.sign(private, b"message")[1:])


def _sm3(message: bytes) -> bytes:
    hashing = Hash(SM3())
    hashing.update(message)
    return hashing.finalize()


def _hmac(key: bytes, message: bytes) -> bytes:
    key = (_sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = _sm3(bytes(byte ^ 0x36 for byte in key) + message)
    return _sm3(bytes(byte ^ 0x5C for byte in key) + inner)


def _pack(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _gcm(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-16:])).decryptor()
    cipher.authenticate_additional_data(associated)
    return cipher.update(sealed[:-16]) + cipher.finalize()

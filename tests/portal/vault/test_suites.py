"""Both suites, alone: what they make opens with the right key only, and no bit of it may change."""

import pytest

from portal.vault.primitives import (
    CURRENT,
    Suite,
    Tampered,
    new_secret,
    suite_numbered,
    suite_of,
)

pytestmark = pytest.mark.usefixtures("suite")
KEY, SEED, CONTEXT = bytes(range(32)), bytes(range(32, 64)), b"the place"
TEXT = "原文".encode()
LOW_ORDER = [bytes(32), (1).to_bytes(32, "little"), (2**255 - 19).to_bytes(32, "little")]


@pytest.fixture
def made(suite: int) -> dict[str, bytes]:
    """One of each thing a suite makes."""
    current = suite_numbered(suite)
    private, public = current.private_half(SEED), current.public_half(SEED)
    return {
        "ciphertext": current.encrypt(KEY, TEXT, CONTEXT),
        "box": current.seal(public.sealing, TEXT),
        "signature": current.sign(private, TEXT),
    }


def _opened(suite: Suite, kind: str, blob: bytes, grown_by: int) -> bytes:
    """What the blob holds; of a signature, what it signs. Raises `Tampered`."""
    grown = suite_numbered(grown_by)
    if kind == "ciphertext":
        return suite.decrypt(KEY, blob, CONTEXT)
    if kind == "box":
        return suite.unseal(grown.private_half(SEED), blob)
    suite.verify(grown.public_half(SEED).certifying, TEXT, blob)
    return TEXT


KINDS = pytest.mark.parametrize("kind", ["ciphertext", "box", "signature"])


@KINDS
def test_made_thing_names_its_suite_and_opens(made: dict[str, bytes], kind: str, suite: int) -> None:
    assert made[kind][0] == suite
    assert _opened(suite_of(made[kind]), kind, made[kind], suite) == TEXT


@KINDS
def test_made_thing_with_any_bit_flipped_is_refused(made: dict[str, bytes], kind: str, suite: int) -> None:
    blob = made[kind]
    for bit in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Tampered):
            _opened(suite_of(bytes(flipped)), kind, bytes(flipped), suite)


@KINDS
def test_made_thing_cut_short_or_lengthened_is_refused(made: dict[str, bytes], kind: str, suite: int) -> None:
    blob = made[kind]
    for other in [*(blob[:end] for end in range(len(blob))), blob + b"\0", b"\0" + blob]:
        with pytest.raises(Tampered):
            _opened(suite_of(other), kind, other, suite)


@KINDS
def test_made_thing_relabelled_to_another_suite_is_refused(
    made: dict[str, bytes], kind: str, suite: int
) -> None:
    other = 3 - suite
    relabelled = bytes([other]) + made[kind][1:]

    for grown_by in (1, 2):
        with pytest.raises(Tampered):
            _opened(suite_of(relabelled), kind, relabelled, grown_by)
    with pytest.raises(Tampered):
        _opened(suite_numbered(other), kind, made[kind], suite)
    for unknown in (0, 3, 255):
        with pytest.raises(Tampered):
            suite_of(bytes([unknown]) + made[kind][1:])


@pytest.mark.parametrize("grown_by", [1, 2])
def test_key_of_either_suite_takes_boxes_and_signs_under_the_current_one(suite: int, grown_by: int) -> None:
    grown = suite_numbered(grown_by)
    private, public = grown.private_half(SEED), grown.public_half(SEED)

    box, signature = CURRENT.seal(public.sealing, TEXT), CURRENT.sign(private, TEXT)

    assert box[0] == signature[0] == suite
    assert suite_of(box).unseal(private, box) == TEXT
    suite_of(signature).verify(public.certifying, TEXT, signature)


def test_key_grows_otherwise_under_the_other_suite(suite: int) -> None:
    one, other = suite_numbered(suite), suite_numbered(3 - suite)
    box = one.seal(one.public_half(SEED).sealing, TEXT)

    with pytest.raises(Tampered):
        one.unseal(other.private_half(SEED), box)
    halves = [half for each in (one, other) for half in vars(each.private_half(SEED)).values()]
    assert len(set(halves)) == 4


def test_ciphertext_of_other_key_or_context_is_refused(made: dict[str, bytes], suite: int) -> None:
    current = suite_numbered(suite)
    for key, context in (
        (bytes(32), CONTEXT),
        (KEY, b"elsewhere"),
        (KEY, b""),
        (KEY[:16], CONTEXT),
        (b"", b""),
    ):
        with pytest.raises(Tampered):
            current.decrypt(key, made["ciphertext"], context)


def test_same_text_twice_gives_two_ciphertexts_and_boxes(suite: int) -> None:
    sealing = CURRENT.public_half(SEED).sealing

    assert len({CURRENT.encrypt(KEY, TEXT, CONTEXT)[1:25] for _ in range(50)}) == 50
    assert len({CURRENT.seal(sealing, TEXT)[1:33] for _ in range(50)}) == 50


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 5000])
def test_sizes_tell_the_size_of_the_text_and_nothing_of_the_suite(suite: int, size: int) -> None:
    sealing = CURRENT.public_half(SEED).sealing
    text = bytes(size)

    ciphertext, box = CURRENT.encrypt(KEY, text, CONTEXT), CURRENT.seal(sealing, text)

    assert (len(ciphertext), len(box)) == (size + 41, size + 49)
    assert (
        CURRENT.decrypt(KEY, ciphertext, CONTEXT) == CURRENT.unseal(CURRENT.private_half(SEED), box) == text
    )


@pytest.mark.parametrize("point", [*LOW_ORDER, b"", bytes(31), b"\x09" + bytes(32)])
def test_box_to_or_from_a_point_that_is_no_key_is_refused(suite: int, point: bytes) -> None:
    with pytest.raises(Tampered):
        CURRENT.seal(point, TEXT)
    with pytest.raises(Tampered):
        CURRENT.unseal(CURRENT.private_half(SEED), bytes([suite]) + point + bytes(40))


def test_passphrase_stretches_otherwise_under_each_suite_salt_and_pepper(suite: int) -> None:
    def stretched(by: int, passphrase: str, salt: bytes, pepper: bytes) -> bytes:
        return suite_numbered(by).stretch(passphrase, salt, pepper=pepper, kib=8, passes=2)

    salt, pepper = new_secret(16), new_secret()
    first = stretched(suite, "口令", salt, pepper)

    assert first == stretched(suite, "口令", salt, pepper)
    others = {
        stretched(3 - suite, "口令", salt, pepper),
        stretched(suite, "口令。", salt, pepper),
        stretched(suite, "口令", new_secret(16), pepper),
        stretched(suite, "口令", salt, new_secret()),
    }
    assert len(others | {first}) == 5


@pytest.mark.parametrize("number", [0, 3, -1, 256])
def test_suite_of_no_such_number_is_refused(number: int) -> None:
    with pytest.raises(Tampered):
        suite_numbered(number)
    with pytest.raises(Tampered):
        suite_of(b"")

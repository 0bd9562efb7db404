"""Receipts: the same nonce gives the same number, typing habits are forgiven, and mistakes are caught."""

import secrets
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.vault.receipts import formatted, parsed, secrets_from_digits, secrets_from_nonce

DIGITS = st.text("0123456789", min_size=24, max_size=24)


@given(DIGITS)
def test_receipt_written_and_read_back(digits: str) -> None:
    assert parsed(formatted(digits)) == digits


@given(DIGITS, st.integers(0, 24), st.integers(1, 9))
def test_receipt_one_wrong_digit_is_caught(digits: str, at: int, off: int) -> None:
    whole = formatted(digits).replace("-", "")
    wrong = whole[:at] + str((int(whole[at]) + off) % 10) + whole[at + 1 :]

    assert parsed(wrong) is None


@pytest.mark.parametrize(
    "habit",
    [
        lambda text: text.replace("-", " "),
        lambda text: text.replace("-", ""),
        lambda text: text.replace("-", "－"),
        lambda text: text.replace("-", "—"),
        lambda text: f"  {text}\n",
        lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text),
        lambda text: "\u3000".join(text.split("-")),
    ],
)
def test_receipt_typing_habits_are_forgiven(habit: Callable[[str], str]) -> None:
    assert parsed(habit(formatted("123456789012345678901234"))) == "123456789012345678901234"


@given(st.text(max_size=60))
def test_receipt_any_other_text_is_none(text: str) -> None:
    assert parsed(text) is None or len(parsed(text) or "") == 24


@pytest.mark.django_db
def test_receipt_same_nonce_same_secrets() -> None:
    nonce = secrets.token_bytes(16)

    one, two = secrets_from_nonce(nonce)[0], secrets_from_nonce(nonce)[0]

    assert one == two
    assert secrets_from_digits(one.digits)[0] == one


@pytest.mark.django_db
def test_receipt_other_nonce_other_everything() -> None:
    one, two = (secrets_from_nonce(secrets.token_bytes(16))[0] for _ in range(2))

    assert {one.digits, one.lookup, one.thread_seed}.isdisjoint({two.digits, two.lookup, two.thread_seed})


@pytest.mark.django_db
def test_receipt_nonce_of_other_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        secrets_from_nonce(b"short")

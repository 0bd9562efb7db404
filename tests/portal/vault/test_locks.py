"""The passphrase lock: right opens, wrong and tampered do not; padding and node keys keep their word."""

import contextlib
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from portal.vault.locks import make_personal_key, open_personal_key
from portal.vault.models import PassphraseLock, VaultKey
from portal.vault.node_keys import destroy_expired, node_key
from portal.vault.padding import pad, padded_size, unpad
from portal.vault.primitives import Tampered
from portal.vault.session_key import lock_for_session, open_from_session
from tests.people import FOUNDED


@pytest.fixture
def key(db: None, suite: int) -> VaultKey:
    opened = make_personal_key(path="510100/staff:x", passphrase="一句只有我知道的话", now=FOUNDED)
    return VaultKey.objects.get(pk=opened.id)


def test_lock_right_passphrase_opens(key: VaultKey) -> None:
    assert open_personal_key(key, "一句只有我知道的话").public.sealing == bytes(key.sealing_public)


def test_lock_wrong_passphrase_fails(key: VaultKey) -> None:
    with pytest.raises(Tampered):
        open_personal_key(key, "另一句话")


def test_lock_copied_from_another_person_fails(key: VaultKey) -> None:
    other = make_personal_key(path="510100/staff:y", passphrase="known", now=FOUNDED)
    stolen = PassphraseLock.objects.get(key_id=other.id)
    PassphraseLock.objects.filter(key=key).update(salt=stolen.salt, locked_seed=stolen.locked_seed)

    with pytest.raises(Tampered):
        open_personal_key(VaultKey.objects.get(pk=key.pk), "known")


def test_session_key_needs_cookie_and_session_together(key: VaultKey) -> None:
    opened = open_personal_key(key, "一句只有我知道的话")
    stored, cookie = lock_for_session(opened, "session-one")
    _, other_cookie = lock_for_session(opened, "session-one")

    assert open_from_session(stored, cookie, session_id="session-one", key=key).seed == opened.seed
    for session_id, given_cookie in (
        ("session-two", cookie),
        ("session-one", other_cookie),
        ("session-one", ""),
        ("session-one", "不是base64"),
    ):
        with pytest.raises(Tampered):
            open_from_session(stored, given_cookie, session_id=session_id, key=key)


@given(st.binary(max_size=3000))
def test_padding_comes_back_and_hides_small_sizes(text: bytes) -> None:
    assert unpad(pad(text)) == text
    assert len(pad(text)) == padded_size(len(text) + 8) >= 256


@given(st.integers(257, 10**7))
def test_padding_costs_at_most_an_eighth(size: int) -> None:
    assert size <= padded_size(size) <= size * 1.125


@given(st.binary(max_size=300), st.integers(min_value=0))
def test_padding_flipped_fails_or_differs(text: bytes, at: int) -> None:
    padded = bytearray(pad(text))
    padded[at % len(padded)] ^= 0x01

    with contextlib.suppress(Tampered):
        assert unpad(bytes(padded)) != text


def test_node_key_is_daily_and_destroyed_after_72_hours(settings: Settings, tmp_path: Path) -> None:
    settings.YANLU_DATA_DIR = tmp_path
    day = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
    first = node_key(day)

    assert node_key(day) == first
    assert node_key(day + dt.timedelta(days=1)) != first
    assert destroy_expired(day + dt.timedelta(hours=72)) == []
    assert destroy_expired(day + dt.timedelta(hours=96)) == ["2026-11-20"]
    assert not (tmp_path / "node-keys" / "2026-11-20.key").exists()

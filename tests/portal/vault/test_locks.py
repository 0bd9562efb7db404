"""The passphrase lock: right opens, wrong and tampered do not; padding and node keys keep their word."""

import contextlib
import datetime as dt
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from portal.vault.locks import make_personal_key, new_lock, open_personal_key, relock, renew_lock
from portal.vault.master_keys import wrap
from portal.vault.models import PassphraseLock, PurposeKey, VaultKey
from portal.vault.node_keys import destroy_expired, node_key
from portal.vault.padding import pad, padded_size, unpad
from portal.vault.primitives import Tampered, new_secret
from portal.vault.session_key import (
    lock_for_session,
    marked_key,
    open_from_session,
    own_key,
    session_mark,
)
from tests.people import FOUNDED

PHRASE = "一句只有我知道的话"


@pytest.fixture
def key(db: None, suite: int) -> VaultKey:
    opened = make_personal_key(path="510100/staff:x", passphrase=PHRASE, now=FOUNDED)
    return VaultKey.objects.get(pk=opened.id)


def test_lock_right_passphrase_opens(key: VaultKey) -> None:
    assert open_personal_key(key, PHRASE).public.sealing == bytes(key.sealing_public)


def test_lock_wrong_passphrase_fails(key: VaultKey) -> None:
    with pytest.raises(Tampered):
        open_personal_key(key, "另一句话")


def test_lock_copied_from_another_person_fails(key: VaultKey) -> None:
    other = make_personal_key(path="510100/staff:y", passphrase="known", now=FOUNDED)
    stolen = PassphraseLock.objects.get(key_id=other.id)
    PassphraseLock.objects.filter(key=key).update(salt=stolen.salt, locked_seed=stolen.locked_seed)

    with pytest.raises(Tampered):
        open_personal_key(VaultKey.objects.get(pk=key.pk), "known")


def test_relock_keeps_the_key_under_another_passphrase(key: VaultKey) -> None:
    opened, was = open_personal_key(key, PHRASE), key.lock

    done = relock(was, new_lock(opened, "楼下的猫今天没来吃饭"))

    again = VaultKey.objects.get(pk=key.pk)
    assert done is True
    assert open_personal_key(again, "楼下的猫今天没来吃饭").seed == opened.seed
    assert bytes(again.lock.salt) != bytes(was.salt)
    with pytest.raises(Tampered):
        open_personal_key(again, PHRASE)


def test_relock_of_a_lock_that_is_another_one_by_now_does_nothing(key: VaultKey) -> None:
    opened, was = open_personal_key(key, PHRASE), key.lock
    relock(was, new_lock(opened, "楼下的猫今天没来吃饭"))

    assert relock(was, new_lock(opened, "第三句只有我知道的")) is False
    assert open_personal_key(VaultKey.objects.get(pk=key.pk), "楼下的猫今天没来吃饭").seed == opened.seed


def test_renewing_takes_todays_pepper_and_cost(key: VaultKey, settings: Settings) -> None:
    opened = open_personal_key(key, PHRASE)
    assert renew_lock(key, opened, PHRASE) is False
    _rotate_pepper()
    settings.YANLU_ARGON2_KIB = 16

    renewed = renew_lock(key, opened, PHRASE)

    again = VaultKey.objects.get(pk=key.pk)
    assert (renewed, again.lock.pepper_version, again.lock.memory_kib) == (True, 2, 16)
    assert open_personal_key(again, PHRASE).seed == opened.seed
    assert renew_lock(again, opened, PHRASE) is False


def test_renewing_never_makes_a_lock_cheaper(key: VaultKey, settings: Settings) -> None:
    opened = open_personal_key(key, PHRASE)
    PassphraseLock.objects.filter(key=key).update(memory_kib=4096)

    assert renew_lock(VaultKey.objects.get(pk=key.pk), opened, PHRASE) is False


def test_renewing_never_brings_an_old_passphrase_back(key: VaultKey, settings: Settings) -> None:
    """The passphrase is changed between the check at sign-in and the renewing that follows it."""
    opened = open_personal_key(key, PHRASE)
    relock(key.lock, new_lock(opened, "楼下的猫今天没来吃饭"))
    settings.YANLU_ARGON2_KIB = 16

    renewed = renew_lock(key, opened, PHRASE)

    assert renewed is False
    assert open_personal_key(VaultKey.objects.get(pk=key.pk), "楼下的猫今天没来吃饭").seed == opened.seed


def _rotate_pepper() -> None:
    wrapped = wrap(new_secret(), "purpose/pepper/2")
    PurposeKey.objects.create(purpose="pepper", version=2, wrapped=wrapped, created_at=FOUNDED)


def test_session_mark_holds_for_this_session_person_and_key_only(key: VaultKey) -> None:
    opened, owner = open_personal_key(key, PHRASE), uuid.uuid4()
    mark = session_mark("session-one", owner, own_key(opened))

    assert marked_key(mark, "session-one", owner, key) == own_key(opened)
    other = VaultKey.objects.get(pk=make_personal_key(path="510100/staff:z", passphrase="x", now=FOUNDED).id)
    swapped = VaultKey.objects.get(pk=key.pk)
    swapped.sealing_public = other.sealing_public
    for changed in (
        ("session-two", owner, key),
        ("session-one", uuid.uuid4(), key),
        ("session-one", owner, other),
        ("session-one", owner, swapped),
    ):
        with pytest.raises(Tampered):
            marked_key(mark, *changed)


def test_session_key_needs_cookie_and_session_together(key: VaultKey) -> None:
    opened = open_personal_key(key, PHRASE)
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

"""The index itself: what it finds under which key, and that what leaves it is gone."""

import datetime as dt
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from portal.common.clock import BEIJING
from portal.common.sqlite.wal import fold_wal
from portal.vault.index_fields import NumbersField
from portal.vault.index_key import BANDS, BUCKETS, IndexKey, index_key, week_of
from portal.vault.keys import OpenKey
from portal.vault.models import IndexEntry, VaultKey
from portal.vault.word_index import drop, find_bands, find_words, indexed, put
from tests.people import CITY, COUNTY, People, triage_key_of

RECEIVED = dt.datetime(2026, 3, 4, 9, 0, tzinfo=BEIJING)
REPORTS = [uuid.UUID(int=number) for number in range(1, 6)]


def key_of(organ: str, people: People) -> IndexKey:
    return index_key(triage_key_of(organ, people))


def enter(
    report: uuid.UUID,
    key: IndexKey,
    *words: str,
    shingles: tuple[int, ...] = (1, 2, 3),
    at: dt.datetime = RECEIVED,
) -> None:
    put([indexed(report, received_at=at, key=key, words=words, shingles=shingles)])


def found(keys: list[IndexKey], *terms: list[set[str]]) -> set[uuid.UUID]:
    asked = [[frozenset(words) for words in term] for term in terms]
    return set(find_words(asked, keys).reports)


def test_words_are_found_where_all_terms_are_and_one_alternative_of_each_is(people: People) -> None:
    key = key_of(CITY, people)
    enter(REPORTS[0], key, "现金", "茶楼", "王建国")
    enter(REPORTS[1], key, "现金", "游泳馆")

    assert found([key], [{"现金"}]) == {REPORTS[0], REPORTS[1]}
    assert found([key], [{"现金"}], [{"王建国"}]) == {REPORTS[0]}
    assert found([key], [{"现金", "茶楼"}, {"书店"}]) == {REPORTS[0]}
    assert found([key], [{"书店"}]) == set()


def test_words_under_one_key_are_not_found_with_another(people: People) -> None:
    city, county = key_of(CITY, people), key_of(COUNTY, people)
    enter(REPORTS[0], city, "现金")
    enter(REPORTS[1], county, "现金")

    assert found([city], [{"现金"}]) == {REPORTS[0]}
    assert found([county], [{"现金"}]) == {REPORTS[1]}
    assert found([city, county], [{"现金"}]) == {REPORTS[0], REPORTS[1]}
    assert found([], [{"现金"}]) == set()


def test_words_are_found_in_every_week_and_have_other_buckets_in_each(people: People) -> None:
    key = key_of(CITY, people)
    for number, days in enumerate((-400, -7, 0)):
        enter(REPORTS[number], key, "现金", at=RECEIVED + dt.timedelta(days=days))

    rows = list(IndexEntry.objects.values_list("week", "buckets"))

    assert found([key], [{"现金"}]) == set(REPORTS[:3])
    assert len({buckets for _, buckets in rows}) == len({week for week, _ in rows}) == 3


def test_words_that_are_too_common_are_found_by_whole_weeks_the_newest_first(people: People) -> None:
    key = key_of(CITY, people)
    for number, days in enumerate((-14, -7, -7, 0, 0)):
        enter(REPORTS[number], key, "现金", at=RECEIVED + dt.timedelta(days=days))
    asked, week = [[frozenset({"现金"})]], week_of(RECEIVED)

    first = find_words(asked, [key], most=3)
    second = find_words(asked, [key], most=3, until=first.before)
    crowded = find_words(asked, [key], most=1)

    assert (set(first.reports), first.before) == (set(REPORTS[3:]), week - 1)
    assert (set(second.reports), second.before) == (set(REPORTS[:3]), None)
    assert (set(crowded.reports), crowded.before) == (set(REPORTS[3:]), week - 1)


def test_weeks_begin_on_monday_in_beijing() -> None:
    sunday = dt.datetime(2026, 3, 8, 23, 59, tzinfo=BEIJING)

    assert week_of(sunday) == week_of(RECEIVED)
    assert week_of(sunday + dt.timedelta(minutes=1)) == week_of(RECEIVED) + 1


def test_generations_of_one_owner_have_keys_of_their_own() -> None:
    seed = b"\x07" * 32
    first = OpenKey(uuid.UUID(int=1), CITY, VaultKey.Purpose.TRIAGE, 1, 1, seed)
    second = OpenKey(uuid.UUID(int=2), CITY, VaultKey.Purpose.TRIAGE, 2, 1, seed)

    assert index_key(first).secret != index_key(second).secret


@pytest.mark.parametrize("purpose", ["oversight", "custody", "personal", "root"])
def test_only_triage_keys_have_an_index(purpose: str) -> None:
    with pytest.raises(ValueError, match="triage"):
        index_key(OpenKey(uuid.UUID(int=1), CITY, purpose, 1, 1, b"\x07" * 32))


def test_entering_again_replaces_what_was_there(people: People) -> None:
    key = key_of(CITY, people)
    enter(REPORTS[0], key, "现金")

    enter(REPORTS[0], key, "转账")

    assert found([key], [{"现金"}]) == set()
    assert found([key], [{"转账"}]) == {REPORTS[0]}
    assert IndexEntry.objects.count() == 1


def test_bands_meet_for_like_texts_under_the_same_key_only(people: People) -> None:
    city, county = key_of(CITY, people), key_of(COUNTY, people)
    text = list(range(1000, 1200))
    enter(REPORTS[0], city, "甲", shingles=tuple(text))
    enter(REPORTS[1], county, "甲", shingles=tuple(text))
    enter(REPORTS[2], city, "甲", shingles=tuple(range(5000, 5200)))

    near = find_bands([*text[:190], *range(10)], [city], most=10)

    assert near == [REPORTS[0]]
    assert find_bands([], [city], most=10) == []


def test_buckets_are_sixteen_bits_and_bands_thirty_one(people: People) -> None:
    key = key_of(CITY, people)

    low = {bucket % BUCKETS for bucket in key.buckets((str(number) for number in range(200)), week=1)}

    assert BUCKETS == 65_536
    assert len(low) > 190
    assert len({bucket // BUCKETS for bucket in key.buckets(["甲", "乙"], week=1)}) == 1
    assert len(key.bands(range(50))) == BANDS
    assert max(key.bands(range(50))) < 2**31


@given(st.sets(st.integers(min_value=0, max_value=2**31 - 1), min_size=1, max_size=60))
def test_columns_give_back_the_numbers_they_were_given(numbers: set[int]) -> None:
    field = NumbersField(prefix="w")

    stored = field.get_db_prep_value(numbers, connection)

    assert field.from_db_value(stored, None, connection) == numbers


def test_dropped_entries_are_not_found_and_others_are(people: People) -> None:
    key = key_of(CITY, people)
    enter(REPORTS[0], key, "现金")
    enter(REPORTS[1], key, "现金")

    assert (drop([REPORTS[0]]), drop([REPORTS[0]])) == (True, False)

    assert found([key], [{"现金"}]) == {REPORTS[1]}
    assert IndexEntry.objects.get().report == REPORTS[1]


def _everything_on_disk() -> bytes:
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_dropped_entries_are_gone_from_the_database_file_and_its_log(people: People) -> None:
    """A word no number looks like goes through table, triggers and full-text index as buckets do."""
    key = key_of(CITY, people)
    for report in REPORTS[1:]:
        enter(report, key, "现金")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_index_entry (report, key_id, week, buckets, bands) "
            "VALUES (%s, %s, 2900, %s, %s)",
            [REPORTS[0].hex, key.key.hex, "zqcanaryword", "xycanaryband"],
        )
    for report in REPORTS[1:]:
        enter(report, key, "转账")
    assert fold_wal()
    assert _everything_on_disk().count(b"zqcanaryword") == 2  # the row, and the full-text index

    with transaction.atomic():
        drop([REPORTS[0]])

    assert fold_wal()
    assert _everything_on_disk().count(b"canary") == 0
    assert found([key], [{"转账"}]) == set(REPORTS[1:])

"""The attack on the search index, small and for real; the figures are in docs/security.md."""

import datetime as dt
from uuid import UUID

import pytest

from moderation.triage.building import build
from moderation.triage.search_words import words_of
from portal.vault.index_key import IndexKey
from portal.vault.keys import OpenKey
from portal.vault.models import IndexEntry
from tests.moderation.triage.items import FILED, filed
from tests.people import People
from tests.security.index_leakage import (
    blind,
    counted,
    language,
    planted,
    read_off,
    take_apart,
    texts,
)
from tests.security.index_leakage import (
    filed as rows_of,
)

DICTIONARY = ("现金", "茶楼", "书店", "酒店", "银行", "医院", "学校", "电影", "火锅", "钢琴", "游泳", "足球")
SIZE = 3000


def _row(item: UUID) -> frozenset[int]:
    return frozenset(IndexEntry.objects.get(report=item).buckets)


def _filed(words: tuple[str, ...] | list[str], days: int = 0) -> UUID:
    text = "。".join(words) + "。"
    return UUID(
        str(filed(now=FILED + dt.timedelta(days=days), title="反映", text=text, place="", subjects=()).pk)
    )


@pytest.mark.django_db
def test_leakage_of_words_the_attacker_planted_in_the_same_week_and_of_no_others(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fixed(opened: OpenKey) -> IndexKey:
        """A key under which none of these words share a bucket; the attack works with any other as well."""
        return IndexKey(opened.id, opened.generation, b"\x05" * 32)

    monkeypatch.setattr("moderation.triage.indexing.index_key", fixed)
    codes = {word: format(number, "04b") for number, word in enumerate(DICTIONARY, start=1)}
    mine = [_filed([word for word in DICTIONARY if codes[word][digit] == "1"]) for digit in range(4)]
    victim = _filed(["钢琴", "银行", "毛笔", "茶楼"])
    next_week = _filed(["钢琴", "银行", "毛笔", "茶楼"], days=7)
    build(actor=people.triager, now=FILED)

    rows = [_row(report) for report in mine]
    shown = {
        bucket: "".join("1" if bucket in row else "0" for row in rows) for bucket in frozenset().union(*rows)
    }
    behind = {code: word for word, code in codes.items()}

    def named(report: UUID) -> set[str]:
        return {behind[shown[bucket]] for bucket in _row(report) if shown.get(bucket) in behind}

    assert named(victim) == {"钢琴", "银行", "茶楼"}
    assert named(next_week) == set()


def test_leakage_measured_at_small_size_stays_where_it_was() -> None:
    """Of words planted nearly all are named; of a dump alone hardly more than without any."""
    words = language(IndexKey(UUID(int=1), 1, b"\x0b" * 32), SIZE)
    victims = texts(20, size=SIZE, seed=1)

    plan = planted(SIZE, 40)
    whole = take_apart(victims, words, read_off(plan, rows_of(plan, 40, words)), by_frequency=True)
    half = planted(SIZE // 2, 40)
    part = take_apart(victims, words, read_off(half, rows_of(half, 40, words)), by_frequency=True)
    alone = take_apart(victims, words, counted(texts(200, size=SIZE, seed=3), words), by_frequency=True)

    assert (whole.named > 0.9, 0.5 < part.named < 0.9) == (True, True)
    assert alone.named < blind(victims).named + 0.1


def test_leakage_other_weeks_and_keys_share_no_more_buckets_than_chance() -> None:
    key, other = (IndexKey(UUID(int=number), 1, bytes([number]) * 32) for number in (1, 2))
    words = words_of(["今年三月，该干警在茶楼收受当事人亲属现金，并承诺打听案情。"])

    low = [
        {bucket % 65_536 for bucket in one.buckets(words, week=week)}
        for one, week in ((key, 1), (key, 2), (other, 1))
    ]

    assert [len(low[0] & one) for one in low[1:]] == [0, 0]

"""Searching through the index: who finds what, what is complete, and what it costs."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.triage.actions import merge, reply
from moderation.triage.building import build
from moderation.triage.filters import queue_filters
from moderation.triage.letters import QueuePage
from moderation.triage.models import TriageItem
from moderation.triage.naming import reports_naming
from moderation.triage.queries import queue_page
from portal.accounts.signed_in import SignedIn, acting
from portal.common.errors import Invalid
from portal.intake.content import Subject
from portal.intake.thread_actions import add_message
from portal.vault.keyring import Keyring
from portal.vault.models import IndexEntry
from tests.moderation.triage.items import FILED, LATER, filed, held, item_in, item_of
from tests.moderation.triage.pages import INDEX_ASKED
from tests.moderation.triage.test_indexing import second_generation
from tests.people import COUNTY, OUTSIDER, People, file_tip


def page(actor: SignedIn, q: str, *, cursor: str | None = None, limit: int = 50, **given: str) -> QueuePage:
    return queue_page(
        staff=actor.staff,
        keyring=actor.keyring,
        filters=queue_filters({"q": q, **given}),
        cursor=cursor,
        limit=limit,
        now=LATER,
    )


def ids(actor: SignedIn, q: str, **given: Any) -> list[UUID]:
    return [line.item.pk for line in page(actor, q, **given).lines]


def filed_at(hours: int, **changes: object) -> TriageItem:
    return filed(now=FILED + dt.timedelta(hours=hours), **changes)


def only_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is few enough to be opened beside what the index finds."""
    monkeypatch.setattr("moderation.triage.searching.FEW", -1)


@pytest.mark.parametrize(
    ("q", "hits"),
    [
        ("游泳馆", {"text"}),
        ("王建国", {"name", "text"}),
        ("王建国 游泳馆", {"text"}),
        ("遊泳館　王建國", {"text"}),
        ("ZH-9", {"text"}),
        ("zh", {"text"}),
        ("城东某茶楼", {"name", "text", "other"}),
        ("书店", set()),
        ("王建国书店", set()),
    ],
)
def test_search_finds_in_the_index_what_contains_every_word(
    q: str, hits: set[str], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = {
        "text": filed_at(0, text="王建国常去游泳馆，车牌ＺＨ-9。"),
        "name": filed_at(1, subjects=(Subject(name="王建国", organ=COUNTY),)),
        "other": filed_at(2),
    }
    build(actor=people.triager, now=LATER)
    only_the_index(monkeypatch)

    found = page(people.triager, q)

    assert {line.item.pk for line in found.lines} == {items[name].pk for name in hits}
    assert (found.next, found.unread) == (None, 0)


def test_search_drops_what_only_shares_a_bucket(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    filed_at(0, text="说的是一家书店。")
    build(actor=people.triager, now=LATER)
    monkeypatch.setattr("portal.vault.index_key._bucket", lambda _secret, _word: 7)
    IndexEntry.objects.all().delete()
    TriageItem.objects.update(indexed=False)
    build(actor=people.triager, now=LATER)
    only_the_index(monkeypatch)

    assert ids(people.triager, "游泳馆") == []
    assert len(ids(people.triager, "书店")) == 1


def test_search_finds_later_messages_and_the_offices_words(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = file_tip(now=FILED)
    add_message(receipt=receipt.number, text="又在游泳馆见过。", now=LATER)
    reply(
        actor=people.triager,
        item_id=receipt.report,
        version=item_of(receipt).version,
        text="已函询书店。",
        now=LATER,
    )
    for indexed in (False, True):
        if indexed:
            build(actor=people.triager, now=LATER)
            only_the_index(monkeypatch)

        assert (ids(people.triager, "游泳馆"), ids(people.triager, "书店")) == (
            [receipt.report],
            [receipt.report],
        )


def test_search_looks_at_few_items_without_entry_together_with_the_index(people: People) -> None:
    first, second, third = (filed_at(hour) for hour in range(3))
    build(actor=people.triager, now=LATER)
    newest, on_hold = filed_at(3), held(now=FILED + dt.timedelta(hours=4))

    found = page(people.triager, "收受请托人财物")

    expected = [on_hold.pk, newest.pk, third.pk, second.pk, first.pk]
    assert [line.item.pk for line in found.lines] == expected
    assert (found.next, found.unread) == (None, 0)


def test_search_with_many_items_without_entry_shows_the_index_first_and_leads_to_the_rest(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed = [filed_at(hour).pk for hour in range(3)]
    build(actor=people.triager, now=LATER)
    rest = [filed_at(hour).pk for hour in (4, 5)]
    only_the_index(monkeypatch)

    pages, cursor = list[tuple[list[UUID], int]](), None
    while not pages or cursor:
        found = page(people.triager, "请托人", limit=2, cursor=cursor)
        pages.append(([line.item.pk for line in found.lines], found.unread))
        cursor = found.next

    assert pages == [([indexed[2], indexed[1]], 0), ([indexed[0]], 2), ([rest[1], rest[0]], 0)]


def test_search_for_a_single_character_opens_everything(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = filed_at(0, text="他姓葸。")
    filed_at(1)
    build(actor=people.triager, now=LATER)
    only_the_index(monkeypatch)

    assert ids(people.triager, "葸") == [item.pk]


@pytest.mark.parametrize("few", [-1, 300])
def test_search_for_a_common_word_goes_on_week_by_week(
    few: int, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [filed_at(24 * 7 * week + hour).pk for week in range(3) for hour in (0, 1)]
    build(actor=people.triager, now=LATER)
    unread = filed_at(24 * 7 + 5).pk
    monkeypatch.setattr("moderation.triage.searching.FEW", few)
    monkeypatch.setattr("moderation.triage.searching.MOST_CANDIDATES", 3)

    seen, cursor = list[list[UUID]](), None
    while not seen or cursor:
        found = page(people.triager, "请托人", cursor=cursor)
        seen.append([line.item.pk for line in found.lines])
        cursor = found.next

    newest = items[::-1]
    together = [newest[:2], [unread, *newest[2:4]], newest[4:]]
    apart = [newest[:2], newest[2:4], newest[4:], [unread]]
    assert seen == (together if few > 0 else apart)


def test_search_narrows_by_filters_as_any_list(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    filed_at(0)
    decided = item_in("decided", people)
    build(actor=people.triager, now=LATER)
    only_the_index(monkeypatch)

    assert ids(people.triager, "请托人", state="decided") == [decided.pk]
    assert ids(people.triager, "请托人", channel="call") == []


def test_search_finds_and_counts_nothing_outside_ones_sight(
    people: People, outsider: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed_at(0)
    filed_at(1)
    build(actor=people.triager, now=LATER)
    filed_at(2)
    foreign = filed(organ=OUTSIDER, title="收受请托人财物", subjects=())
    build(actor=outsider, now=LATER)
    only_the_index(monkeypatch)

    for actor in (people.triager_county, people.leader_county, people.supervisor, people.handler):
        found = page(actor, "请托人")
        assert (found.lines, found.next, found.unread) == ((), None, 0)
    assert ids(outsider, "请托人") == [foreign.pk]


def test_search_leaves_merged_copies_out(people: People) -> None:
    main, repeat = filed_at(0), filed_at(1)
    build(actor=people.triager, now=LATER)
    merge(actor=people.triager, item_id=repeat.pk, version=1, into=main.pk, now=LATER)

    assert ids(people.triager, "请托人") == [main.pk]


def test_search_stays_complete_for_somebody_without_the_newest_key(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = filed_at(0)
    second_generation(people)
    build(actor=acting(people.triager.staff, Keyring(people.triager.keyring.personal)), now=LATER)
    only_the_index(monkeypatch)

    found = page(people.leader, "请托人")
    rest = page(people.leader, "请托人", cursor=found.next)

    assert (found.lines, found.unread) == ((), 1)
    assert [line.item.pk for line in rest.lines] == [item.pk]


@pytest.mark.parametrize("cursor", ["bm9wZQ", "WyJlbHNld2hlcmUiLG51bGwsbnVsbF0", "WyJyZXN0IiwxLDJd"])
def test_search_refuses_a_foreign_cursor(cursor: str, people: People) -> None:
    filed()

    with pytest.raises(Invalid):
        page(people.triager, "请托人", cursor=cursor)


@pytest.mark.parametrize("count", [1, 3])
def test_search_costs_the_same_for_one_and_for_three(
    count: int, people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for hour in range(count):
        filed_at(hour)
    build(actor=people.triager, now=LATER)
    page(people.triager, "请托人")

    with django_assert_num_queries(10 + INDEX_ASKED):
        # organs twice, newer keys, items without entry, weeks, index, ids, rows, envelopes, messages
        assert len(page(people.triager, "请托人").lines) == count


# --- by name ------------------------------------------------------------------------------------------


def named(actor: SignedIn, name: str, organ: str | None = None) -> list[UUID]:
    return [item.pk for item in reports_naming(actor=actor, name=name, organ=organ)]


def test_naming_finds_a_name_in_every_state_indexed_or_not(people: People) -> None:
    words = "提到 陈 小　燕 的事。"
    indexed = filed_at(0, text=words)
    main, repeat = filed_at(1), filed_at(2, text=words)
    build(actor=people.triager, now=LATER)
    merge(actor=people.triager, item_id=repeat.pk, version=1, into=main.pk, now=LATER)
    on_hold = held(now=FILED + dt.timedelta(hours=3), text=words)
    junk = item_in("void", people, now=FILED + dt.timedelta(hours=4), text=words)
    subject = filed_at(5, subjects=(Subject(name="陈·小燕", organ=COUNTY),))

    expected = [subject.pk, junk.pk, on_hold.pk, repeat.pk, indexed.pk]
    assert named(people.triager, "陈小燕") == expected
    assert named(people.triager, "陈小") == expected
    assert named(people.triager, "陈小雁") == []


def test_naming_opens_everything_for_a_name_the_index_does_not_promise(people: People) -> None:
    item = filed_at(0, text="他叫万时常。")
    build(actor=people.triager, now=LATER)

    assert named(people.triager, "时常") == [item.pk]


def test_naming_is_for_the_organs_one_may_see(people: People) -> None:
    item = filed_at(0, text="陈小燕收了钱。")

    assert named(people.supervisor_province, "陈小燕", "510100") == [item.pk]
    assert named(people.supervisor_province, "陈小燕") == []
    assert named(people.triager_county, "陈小燕", "510100") == []


def test_naming_asks_for_the_index_first_where_too_much_would_be_opened(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed_at(0)
    filed_at(1, text="陈小燕收了钱。")
    monkeypatch.setattr("moderation.triage.naming.MOST_OPENED", 1)

    with pytest.raises(Invalid):
        named(people.triager, "陈小燕")
    build(actor=people.triager, now=LATER)
    assert len(named(people.triager, "陈小燕")) == 1


@pytest.mark.parametrize("name", ["", "陈", "，，"])
def test_naming_refuses_what_names_nobody(name: str, people: People) -> None:
    with pytest.raises(Invalid):
        reports_naming(actor=people.triager, name=name)

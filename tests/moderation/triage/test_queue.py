"""The list: who sees what, in which order, narrowed how, and at what price."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.triage.actions import claim, merge, reply
from moderation.triage.filters import QueueFilters, queue_filters
from moderation.triage.letters import QueuePage
from moderation.triage.models import TriageItem
from moderation.triage.queries import item_detail, opened_lines, queue_page
from moderation.triage.reading import read_item, read_queue
from portal.accounts.signed_in import SignedIn
from portal.audit.models import AuditEntry
from portal.common.errors import Invalid, NotFound
from portal.intake.content import Subject
from portal.vault.models import SealedItem
from tests.moderation.triage.items import EVEN_LATER, FILED, LATER, again, filed, held, item_in, report_of
from tests.people import CITY, COUNTY, OUTSIDER, PROVINCE, People

TITLE = "锦江区院一名干警收受请托人财物"


def page(actor: SignedIn, *, cursor: str | None = None, limit: int = 50, **given: str) -> QueuePage:
    return queue_page(
        staff=actor.staff,
        keyring=actor.keyring,
        filters=queue_filters(given),
        cursor=cursor,
        limit=limit,
        now=LATER,
    )


def ids(actor: SignedIn, **given: Any) -> list[object]:
    return [line.item.pk for line in page(actor, **given).lines]


def filed_at(hours: int, **changes: object) -> TriageItem:
    return filed(now=FILED + dt.timedelta(hours=hours), **changes)


def test_only_queue_roles_of_the_holder_and_the_supervisor_above_see_an_item(
    people: People, outsider: SignedIn
) -> None:
    item = filed()
    seers = {
        name: ids(getattr(people, name))
        for name in (
            *("moderator", "triager", "leader", "supervisor", "clerk", "handler", "custodian", "verifier"),
            *("triager_county", "leader_county", "supervisor_county", "triager_province"),
            *("supervisor_province", "triager_discipline", "sysadmin", "secadmin", "auditor"),
        )
    }

    assert {name for name, seen in seers.items() if seen == [item.pk]} == {
        "moderator",
        "triager",
        "leader",
        "supervisor_province",
    }
    assert [seen for seen in seers.values() if seen not in ([], [item.pk])] == []
    assert ids(outsider) == []


def test_a_tip_about_the_city_is_the_provinces_and_nobodys_below(people: People) -> None:
    item = filed(subjects=(Subject(name="钱某", organ=CITY),))

    assert item.holder_id == PROVINCE
    assert [ids(getattr(people, name)) for name in ("triager", "leader", "supervisor", "triager_county")] == [
        [],
        [],
        [],
        [],
    ]
    assert ids(people.triager_province) == [item.pk]


def test_reading_an_item_of_another_organ_finds_nothing_and_leaves_no_entry(
    people: People, outsider: SignedIn
) -> None:
    item = filed()
    before = AuditEntry.objects.count()

    for actor in (outsider, people.triager_county, people.handler, people.auditor):
        with pytest.raises(NotFound):
            read_item(actor=actor, item_id=item.pk, now=LATER)

    assert AuditEntry.objects.count() == before


def test_the_order_is_urgent_then_due_then_received_then_decided(people: People) -> None:
    late = filed_at(48)
    early = filed_at(1)
    first = filed_at(0)
    urgent = filed_at(60, text="他扬言今晚要同归于尽。")
    done = item_in("decided", people, now=FILED)

    assert ids(people.triager) == [urgent.pk, first.pk, early.pk, late.pk, done.pk]
    assert ids(people.triager, sort="received")[2:] == [early.pk, late.pk, urgent.pk]
    assert ids(people.triager, sort="-received")[:2] == [urgent.pk, late.pk]
    assert ids(people.triager, sort="due")[-1] == urgent.pk


def test_pages_follow_each_other_without_gap_or_repeat(people: People) -> None:
    expected = [filed_at(hour).pk for hour in range(5)]
    seen: list[object] = []
    cursor = None

    for _ in range(3):
        shown = page(people.triager, cursor=cursor, limit=2)
        seen += [line.item.pk for line in shown.lines]
        cursor = shown.next

    assert (seen, cursor) == (expected, None)


@pytest.mark.parametrize("sort", ["", "due", "received", "-received"])
def test_a_foreign_cursor_is_refused(sort: str, people: People) -> None:
    filed()

    with pytest.raises(Invalid):
        page(people.triager, cursor="bm9wZQ", sort=sort)


def test_filters_narrow_to_what_they_say(people: People) -> None:
    tip = filed_at(0)
    suggestion = filed_at(1, kind="suggestion", about_organ=None)
    phone = filed_at(2, channel="call")
    waiting = item_in("waiting", people, now=FILED + dt.timedelta(hours=3))
    decided = item_in("decided", people, now=FILED + dt.timedelta(hours=4))
    junk = item_in("void", people, now=FILED + dt.timedelta(hours=5))
    on_hold = held(now=FILED + dt.timedelta(hours=6))
    everything = {tip.pk, suggestion.pk, phone.pk, waiting.pk, decided.pk, on_hold.pk}

    assert set(ids(people.triager)) == everything
    assert ids(people.triager, state="void") == [junk.pk]
    assert ids(people.triager, state="held") == [on_hold.pk]
    assert ids(people.triager, state="open") == [tip.pk, suggestion.pk, phone.pk]
    assert ids(people.triager, state="waiting") == [waiting.pk]
    assert ids(people.triager, outcome="complaints_dept") == [decided.pk]
    assert ids(people.triager, outcome="lead") == []
    assert ids(people.triager, kind="suggestion") == [suggestion.pk]
    assert ids(people.triager, channel="call") == [phone.pk]


def test_due_counts_from_today(people: People) -> None:
    today = LATER.date()
    items = {day: filed_at(day) for day in (-1, 0, 7, 8)}
    for day, item in items.items():
        TriageItem.objects.filter(pk=item.pk).update(due=today + dt.timedelta(days=day))

    assert ids(people.triager, due="overdue") == [items[-1].pk]
    assert ids(people.triager, due="today") == [items[0].pk]
    assert ids(people.triager, due="week") == [items[0].pk, items[7].pk]


def test_claimed_knows_live_claims_only(people: People) -> None:
    mine, others, ended, free = (filed_at(hour) for hour in range(4))
    claim(actor=people.triager, item_id=mine.pk, version=1, now=LATER)
    claim(actor=people.triager2, item_id=others.pk, version=1, now=LATER)
    claim(actor=people.triager, item_id=ended.pk, version=1, now=LATER - dt.timedelta(hours=1))

    assert ids(people.triager, claimed="me") == [mine.pk]
    assert ids(people.triager, claimed="any") == [mine.pk, others.pk]
    assert ids(people.triager, claimed="none") == [ended.pk, free.pk]


def test_words_that_are_no_filter_are_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        queue_filters({"state": "done", "due": "soon", "sort": "title", "q": "长" * 61})

    assert list(refused.value.fields) == ["state", "due", "sort", "q"]


def test_search_opens_what_one_may_see_newest_first(people: People) -> None:
    old = filed_at(0)
    text = filed_at(1, title="另一件事", text="提到收受请托人财物的经过。")
    filed_at(2, title="无关", text="无关内容。")
    foreign = filed(organ=OUTSIDER, title="收受请托人财物", subjects=())
    repeat = filed_at(3)
    merge(actor=people.triager, item_id=repeat.pk, version=1, into=old.pk, now=LATER)
    item_in("void", people, now=FILED)

    found = page(people.triager, q="请托人财物")

    assert foreign.holder_id == OUTSIDER
    assert [line.item.pk for line in found.lines] == [text.pk, old.pk]
    assert (found.next, found.capped) == (None, False)
    assert ids(people.triager_county, q="请托人财物") == []


def test_search_pages_and_says_where_it_stopped(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [filed_at(hour) for hour in range(3)]
    first = page(people.triager, q="请托人", limit=2)
    second = page(people.triager, q="请托人", limit=2, cursor=first.next)
    assert [line.item.pk for line in first.lines] == [items[2].pk, items[1].pk]
    assert ([line.item.pk for line in second.lines], second.next) == ([items[0].pk], None)

    monkeypatch.setattr("moderation.triage.searching.MOST_SEARCHED", 2)
    monkeypatch.setattr("moderation.triage.searching.SEARCH_STEP", 2)
    capped = page(people.triager, q="没有这个词")
    rest = page(people.triager, q="请托人", cursor=capped.next)

    assert (capped.lines, capped.capped) == ((), True)
    assert [line.item.pk for line in rest.lines] == [items[0].pk]


def test_a_title_sealed_elsewhere_or_damaged_is_null_and_spoils_no_page(people: People) -> None:
    damaged, whole = filed_at(0), filed_at(1)
    SealedItem.objects.filter(pk=report_of(damaged).original_id).update(ciphertext=b"\x01" + b"x" * 80)

    assert [line.title for line in page(people.triager).lines] == [None, TITLE]
    detail = item_detail(staff=people.triager.staff, keyring=people.triager.keyring, item_id=damaged.pk)
    assert (detail.content, [finding.code for finding in detail.findings]) == (None, ["sealed_text_damaged"])
    assert [line.title for line in opened_lines([again(whole)], people.triager_county.keyring)] == [None]


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_costs_the_same_for_one_and_for_three(
    count: int, people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for hour in range(count):
        claim(actor=people.leader, item_id=filed_at(hour).pk, version=1, now=LATER)
    actor = people.triager

    with django_assert_num_queries(4):
        # ids, rows, envelopes; the keys: two levels of grants
        found = queue_page(
            staff=actor.staff, keyring=actor.keyring, filters=QueueFilters(), limit=50, now=LATER
        )
        assert [line.title for line in found.lines] == [TITLE] * count
        assert {line.item.claimed_by.username for line in found.lines if line.item.claimed_by} == {"leader"}


@pytest.mark.parametrize("count", [1, 3])
def test_an_item_costs_the_same_with_one_message_and_three(
    count: int, people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    item = filed()
    for number in range(count):
        item = reply(
            actor=people.triager, item_id=item.pk, version=item.version, text=f"第{number}次", now=LATER
        )
    actor = people.leader

    with django_assert_num_queries(8):
        detail = item_detail(staff=actor.staff, keyring=actor.keyring, item_id=item.pk)
        assert len(detail.messages) == count


def test_every_page_and_every_opened_item_is_on_record(people: People) -> None:
    item = filed()

    read_queue(actor=people.triager, filters=QueueFilters(q="机密的词"), now=LATER)
    read_queue(actor=people.leader, filters=QueueFilters(), now=LATER)
    read_item(actor=people.triager, item_id=item.pk, now=EVEN_LATER)
    read_queue(actor=people.handler, filters=QueueFilters(), now=EVEN_LATER)

    entries = AuditEntry.objects.filter(organ=CITY).order_by("sequence")
    assert [
        (entry.actor, entry.action, entry.object_id, entry.detail)
        for entry in entries.exclude(action="report_filed")
    ] == [
        ("triager", "queue_read", CITY, {"count": 0, "searched": True}),
        ("leader", "queue_read", CITY, {"count": 1, "searched": False}),
        ("triager", "item_read", str(item.pk), {}),
    ]


def test_the_detail_has_everything_that_was_filed_and_what_screening_sees_in_it(people: People) -> None:
    item = filed()

    detail = item_detail(staff=people.triager.staff, keyring=people.triager.keyring, item_id=item.pk)

    assert detail.content is not None
    assert (detail.content.title, detail.content.place) == (TITLE, "城东某茶楼")
    assert [(one.code, one.field, one.organs) for one in detail.findings] == [
        ("organ_named", "title", (COUNTY,))
    ]
    assert [entry.action for entry in detail.history] == ["report_filed"]

"""Reading the ledger: who sees which leads, in what order, narrowed how, at what cost."""

import datetime as dt
import uuid

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.ledger.actions import read_lead, read_leads
from moderation.ledger.models import Lead
from moderation.ledger.queries import lead_detail, lead_filter, lead_page, visible_to
from portal.accounts.signed_in import SignedIn
from portal.audit.models import AuditEntry
from portal.common.errors import Invalid, NotFound
from tests.moderation.ledger.leads import MORNING, hand_over
from tests.people import CITY, PROVINCE, People, signed_in

pytestmark = pytest.mark.django_db

DETAIL_QUERIES = 4


def _numbers(actor: SignedIn, **wanted: str) -> list[int]:
    return [line.lead.number for line in lead_page(actor, lead_filter(**wanted)).lines]


def _some(actor: SignedIn, count: int) -> list[Lead]:
    return [hand_over(actor, now=MORNING + dt.timedelta(minutes=number)) for number in range(count)]


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("moderator", 1),
        ("triager", 1),
        ("triager2", 1),
        ("leader", 1),
        ("supervisor_province", 1),
        ("clerk", 0),
        ("handler", 0),
        ("verifier", 0),
        ("custodian", 0),
        ("supervisor", 0),
        ("triager_county", 0),
        ("leader_county", 0),
        ("supervisor_county", 0),
        ("triager_province", 0),
        ("leader_province", 0),
        ("triager_discipline", 0),
        ("supervisor_discipline", 0),
        ("sysadmin", 0),
        ("secadmin", 0),
        ("auditor", 0),
    ],
)
def test_lead_is_visible_to_its_holder_and_the_supervisor_above(
    people: People, person: str, seen: int
) -> None:
    lead = hand_over(people.clerk)
    actor = getattr(people, person)

    assert (visible_to(actor.staff).count(), len(_numbers(actor))) == (seen, seen)
    if seen:
        assert read_lead(actor=actor, lead_id=lead.id).lead == lead
    else:
        with pytest.raises(NotFound):
            read_lead(actor=actor, lead_id=lead.id)


def test_lead_is_not_there_for_another_city(people: People, outsider: SignedIn) -> None:
    lead = hand_over(people.clerk)

    assert _numbers(outsider) == []
    with pytest.raises(NotFound):
        lead_detail(outsider, lead.id)


def test_page_is_newest_first_and_titles_are_open(people: People) -> None:
    _some(people.triager, 3)

    page = lead_page(people.leader, lead_filter())

    assert [(line.lead.number, line.title) for line in page.lines] == [
        (3, "一名干警违规经商"),
        (2, "一名干警违规经商"),
        (1, "一名干警违规经商"),
    ]


def test_page_goes_on_where_the_last_one_ended(people: People) -> None:
    _some(people.triager, 3)

    first = lead_page(people.triager, lead_filter(), limit=2)
    second = lead_page(people.triager, lead_filter(), cursor=first.next, limit=2)

    assert [line.lead.number for line in (*first.lines, *second.lines)] == [3, 2, 1]
    assert second.next is None


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"state": "registered"}, [3, 2, 1]),
        ({"state": "crossed_off"}, []),
        ({"source_class": "media"}, [3]),
        ({"year": "2026"}, [3, 2, 1]),
        ({"year": "2025"}, []),
        ({"q": "XS-510100-2026-00002"}, [2]),
        ({"q": "xs-510100-2026"}, [3, 2, 1]),
        ({"q": "XS-510104"}, []),
        ({"q": "3"}, [3]),
        ({"q": "00003"}, [3]),
        ({"q": "9" * 30}, []),
        ({"q": "%"}, []),
    ],
)
def test_page_is_narrowed(people: People, wanted: dict[str, str], numbers: list[int]) -> None:
    _some(people.triager, 2)
    hand_over(people.triager, source_class="media", now=MORNING + dt.timedelta(hours=1))

    assert _numbers(people.triager, **wanted) == numbers


@pytest.mark.parametrize("wanted", [{"state": "closed"}, {"source_class": "x"}, {"year": "26"}])
def test_page_unknown_word_is_refused(people: People, wanted: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        lead_filter(**wanted)

    assert list(refusal.value.fields) == list(wanted)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("person", "queries"), [("triager", 4), ("supervisor-province", 4)])
def test_page_costs_the_same_for_one_and_three(
    people: People,
    person: str,
    queries: int,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    _some(people.clerk, count)
    actor = signed_in(person)

    with django_assert_num_queries(queries):
        page = lead_page(actor, lead_filter())

    assert [line.title for line in page.lines] == ["一名干警违规经商"] * count


@pytest.mark.parametrize("count", [1, 3])
def test_detail_costs_the_same_among_one_and_three(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lead = _some(people.clerk, count)[0]
    actor = signed_in("triager")

    with django_assert_num_queries(DETAIL_QUERIES):
        detail = lead_detail(actor, lead.id)

    assert [(entry.actor, entry.action) for entry in detail.history] == [("clerk", "lead_registered")]


def test_reading_is_on_record_and_not_in_the_history(people: People) -> None:
    lead = hand_over(people.clerk)

    read_lead(actor=people.supervisor_province, lead_id=lead.id)
    detail = read_lead(actor=people.triager, lead_id=lead.id)

    reads = AuditEntry.objects.filter(action="lead_read", object_id=str(lead.id)).order_by("sequence")
    assert [(entry.organ_id, entry.actor) for entry in reads] == [
        (CITY, "supervisor-province"),
        (CITY, "triager"),
    ]
    assert [entry.action for entry in detail.history] == ["lead_registered"]


def test_reading_a_page_is_on_record_in_the_readers_own_chain(people: People) -> None:
    _some(people.clerk, 3)

    for actor in (people.triager, people.supervisor_province, people.clerk):
        read_leads(actor=actor, wanted=lead_filter(), limit=2)

    reads = AuditEntry.objects.filter(action="leads_read").order_by("actor")
    assert [(entry.organ_id, entry.actor, entry.detail) for entry in reads] == [
        (PROVINCE, "supervisor-province", {"count": 2}),
        (CITY, "triager", {"count": 2}),
    ]


def test_reading_what_is_not_there_is_not_found(people: People) -> None:
    with pytest.raises(NotFound):
        lead_detail(people.triager, uuid.uuid4())


def test_lead_table_holds_no_word_of_it(people: People) -> None:
    hand_over(people.clerk)

    row = Lead.objects.values().get()

    assert "茶楼" not in str(row)
    assert "李某" not in str(row)

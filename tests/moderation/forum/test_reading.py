"""Who sees which events, and what of them."""

import datetime as dt
import uuid

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.forum.actions import read_forum
from moderation.forum.queries import forum_detail, forum_page, visible_to
from portal.accounts.signed_in import SignedIn
from portal.audit.models import AuditEntry
from portal.common.errors import NotFound
from tests.moderation.forum.events import HARMLESS, hold_forum, invite, say
from tests.people import People, signed_in

pytestmark = pytest.mark.django_db

SEERS = ("clerk", "moderator", "triager", "triager2", "leader", "supervisor_province")
OTHERS = (
    *("handler", "verifier", "custodian", "supervisor", "sysadmin", "secadmin", "auditor"),
    *("clerk_county", "triager_county", "leader_county", "supervisor_county"),
    *("clerk_province", "triager_province", "clerk_discipline", "triager_discipline"),
)


@pytest.mark.parametrize("person", SEERS)
def test_forum_is_seen_at_home_and_by_the_supervisor_above(people: People, person: str) -> None:
    forum = hold_forum(people.clerk)
    actor = getattr(people, person)

    assert forum_page(actor.staff).items == [forum]
    assert read_forum(actor=actor, forum_id=forum.id).forum == forum


@pytest.mark.parametrize("person", OTHERS)
def test_forum_is_not_there_for_others(people: People, person: str) -> None:
    forum = hold_forum(people.clerk)
    actor = getattr(people, person)

    assert (visible_to(actor.staff).count(), forum_page(actor.staff).items) == (0, [])
    with pytest.raises(NotFound):
        read_forum(actor=actor, forum_id=forum.id)


def test_forum_is_not_there_for_another_city(people: People, outsider: SignedIn) -> None:
    hold_forum(people.clerk)

    assert forum_page(outsider.staff).items == []


def test_forum_unknown_is_not_found(people: People) -> None:
    with pytest.raises(NotFound):
        forum_detail(people.clerk, uuid.uuid4())


def test_detail_opens_names_and_words_to_key_holders_but_not_to_the_clerk(people: People) -> None:
    forum = hold_forum(people.clerk)
    say(people.clerk, forum, attendee_id=invite(people.clerk, forum).id)

    opened = {
        person: (
            [line.person.name if line.person else None for line in detail.attendees],
            [(line.number, line.text is not None) for line in detail.utterances],
        )
        for person in ("triager", "supervisor_province", "clerk")
        for detail in [read_forum(actor=getattr(people, person), forum_id=forum.id)]
    }

    assert opened == {
        "triager": (["郑代表"], [(1, True)]),
        "supervisor_province": (["郑代表"], [(1, True)]),
        "clerk": ([None], [(1, False)]),
    }


def test_detail_words_are_those_of_the_report(people: People) -> None:
    forum = hold_forum(people.clerk)
    say(people.clerk, forum)

    (line,) = forum_detail(people.triager, forum.id).utterances

    assert line.text is not None
    assert line.text.endswith(f"\n\n{HARMLESS}")
    assert line.utterance.report.status == "submitted"


def test_detail_opened_is_on_record_for_key_holders_only(people: People) -> None:
    forum = hold_forum(people.clerk)
    say(people.clerk, forum)

    for person in (people.clerk, people.triager):
        read_forum(actor=person, forum_id=forum.id)

    reads = AuditEntry.objects.filter(action="forum_read")
    assert [(entry.actor, entry.object_id) for entry in reads] == [("triager", str(forum.id))]


def test_detail_pages_count_on(people: People) -> None:
    forum = hold_forum(people.clerk)
    for minute in range(3):
        say(people.clerk, forum, minute=minute)

    first = forum_detail(people.triager, forum.id, limit=2)
    second = forum_detail(people.triager, forum.id, limit=2, cursor=first.next)

    assert [line.number for line in (*first.utterances, *second.utterances)] == [1, 2, 3]
    assert second.next is None


def test_list_is_latest_first(people: People) -> None:
    days = [dt.date(2026, 3, day) for day in (1, 3, 2)]
    for day in days:
        hold_forum(people.clerk, held_on=day)

    assert [forum.held_on.day for forum in forum_page(people.clerk.staff).items] == [3, 2, 1]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("person", "queries"), [("clerk", 3), ("triager", 3), ("supervisor-province", 3)])
def test_list_costs_the_same_for_one_and_three(
    people: People,
    person: str,
    queries: int,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count):
        hold_forum(people.clerk)
    actor = signed_in(person)

    with django_assert_num_queries(queries):
        names = [(forum.name, forum.organ.display_name) for forum in forum_page(actor.staff).items]

    assert names == [("代表委员座谈会", "成都市检察院")] * count


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("person", "queries"), [("clerk", 9), ("triager", 8), ("supervisor-province", 8)])
def test_detail_costs_the_same_for_one_and_three(
    people: People,
    person: str,
    queries: int,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    forum = hold_forum(people.clerk)
    for minute in range(count):
        say(people.clerk, forum, minute=minute, attendee_id=invite(people.clerk, forum).id)
    actor = signed_in(person)

    with django_assert_num_queries(queries):
        detail = forum_detail(actor, forum.id)

    assert (len(detail.attendees), len(detail.utterances)) == (count, count)

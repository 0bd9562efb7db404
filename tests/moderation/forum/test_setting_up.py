"""Setting up an event and noting who comes."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from moderation.forum.models import LEVELLED, Attendee, Capacity, Forum, Level
from moderation.forum.people import PURPOSE, Person, open_person, person_binding
from portal.audit.models import AuditEntry
from portal.audit.queries import verify_all
from portal.common.errors import Forbidden, Invalid, NotFound, Stale
from portal.vault.items import open_item
from portal.vault.primitives import Tampered
from tests.moderation.forum.events import hold_forum, invite
from tests.people import CITY, People, signed_in

pytestmark = pytest.mark.django_db


def test_forum_belongs_to_the_clerks_organ(people: People) -> None:
    forum = hold_forum(people.clerk)

    assert (forum.organ_id, forum.created_by, forum.version) == (CITY, people.clerk.staff, 1)
    entry = AuditEntry.objects.get(object_kind="forum")
    assert (entry.organ_id, entry.actor, entry.action) == (CITY, "clerk", "forum_created")


@pytest.mark.parametrize(
    "person", ["moderator", "triager", "leader", "supervisor", "handler", "custodian", "sysadmin", "auditor"]
)
def test_forum_is_set_up_by_clerks_only(people: People, person: str) -> None:
    forum = hold_forum(people.clerk)
    actor = getattr(people, person)

    with pytest.raises(Forbidden):
        hold_forum(actor)
    with pytest.raises((Forbidden, NotFound)):
        invite(actor, forum)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"name": "  "}, "name"),
        ({"name": "长" * 101}, "name"),
        ({"place": "长" * 101}, "place"),
        ({"chair": "长" * 61}, "chair"),
        ({"held_on": dt.date(1999, 1, 1)}, "held_on"),
        ({"held_on": dt.date(2028, 1, 1)}, "held_on"),
    ],
)
def test_forum_wrong_field_is_named(people: People, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        hold_forum(people.clerk, **changes)

    assert list(refusal.value.fields) == [field]


def test_forum_form_sent_twice_is_one_event(people: People) -> None:
    token = uuid.uuid4()

    first, second = (hold_forum(people.clerk, forum_id=token) for _ in range(2))

    assert (first, Forum.objects.count()) == (second, 1)
    with pytest.raises(Stale):
        hold_forum(people.clerk_county, forum_id=token)


def test_attendee_name_opens_to_key_holders_only(people: People) -> None:
    attendee = invite(people.clerk, hold_forum(people.clerk))

    assert open_person(attendee, people.triager.keyring) == Person("郑代表", "成都代表团")
    assert [
        open_person(attendee, getattr(people, name).keyring)
        for name in ("clerk", "handler", "custodian", "triager_county", "triager_province")
    ] == [None] * 5
    assert "郑代表" not in str(Attendee.objects.values().get())


def test_attendee_name_moved_to_another_does_not_open(people: People) -> None:
    forum = hold_forum(people.clerk)
    one, other = invite(people.clerk, forum), invite(people.clerk, forum)

    with pytest.raises(Tampered):
        open_item(
            one.person, purpose=PURPOSE, binding=person_binding(other.id), opener=people.triager.keyring
        )


@pytest.mark.parametrize("capacity", Capacity.values)
def test_attendee_capacity_takes_a_level_where_it_matters(people: People, capacity: str) -> None:
    forum = hold_forum(people.clerk)
    right, wrong = ("city", "") if capacity in LEVELLED else ("", "city")

    attendee = invite(people.clerk, forum, capacity=capacity, level=right)

    level = Level.CITY.label if right else ""
    assert attendee.label == f"1号 {level}{Capacity(capacity).label}"
    with pytest.raises(Invalid) as refusal:
        invite(people.clerk, forum, capacity=capacity, level=wrong)
    assert list(refusal.value.fields) == ["level"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": " "}, "name"), ({"name": "长" * 61}, "name"), ({"capacity": "guest"}, "capacity")],
)
def test_attendee_wrong_field_is_named(people: People, changes: dict[str, Any], field: str) -> None:
    forum = hold_forum(people.clerk)

    with pytest.raises(Invalid) as refusal:
        invite(people.clerk, forum, **changes)

    assert list(refusal.value.fields) == [field]


def test_attendee_form_sent_twice_is_one_attendee(people: People) -> None:
    forum, token = hold_forum(people.clerk), uuid.uuid4()

    first, second = (invite(people.clerk, forum, attendee_id=token) for _ in range(2))

    assert (first.position, second.position, Attendee.objects.count()) == (1, 1, 1)
    with pytest.raises(Stale):
        invite(people.clerk, hold_forum(people.clerk), attendee_id=token)


def test_attendee_of_an_event_elsewhere_is_not_found(people: People) -> None:
    forum = hold_forum(people.clerk)

    for person in (people.clerk_county, people.clerk_province, people.clerk_discipline):
        with pytest.raises(NotFound):
            invite(person, forum)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_attendee_places_are_given_once_to_many_threads(people: People) -> None:
    forum, start = hold_forum(people.clerk), Barrier(4)

    def work(_: int) -> None:
        try:
            clerk = signed_in("clerk")
            start.wait(timeout=30)
            for _ in range(3):
                invite(clerk, forum)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert sorted(Attendee.objects.values_list("position", flat=True)) == list(range(1, 13))
    assert verify_all()[1] == []

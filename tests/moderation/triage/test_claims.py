"""Claims: one of two gets it, it ends by itself, a leader or triager may take it over on record."""

import datetime as dt

import pytest

from moderation.triage.actions import claim, decide, release, take_over
from moderation.triage.models import TriageItem
from portal.accounts.signed_in import SignedIn
from portal.audit.queries import history_of
from portal.common.errors import Invalid, Stale
from tests.moderation.triage.items import LATER, filed
from tests.people import CITY, People

LEASE = dt.timedelta(minutes=30)


def claimed_by(people: People, actor: SignedIn) -> TriageItem:
    item = filed()
    return claim(actor=actor, item_id=item.pk, version=item.version, now=LATER)


def test_claim_lasts_thirty_minutes_and_is_a_new_version(people: People) -> None:
    item = claimed_by(people, people.triager)

    assert (item.claimed_by, item.claimed_until, item.version, item.state) == (
        people.triager.staff,
        LATER + LEASE,
        2,
        "open",
    )


def test_claim_of_another_says_who_has_it(people: People) -> None:
    item = claimed_by(people, people.triager)

    with pytest.raises(Stale) as refused:
        claim(actor=people.triager2, item_id=item.pk, version=item.version, now=LATER)

    assert refused.value.detail == "此件已由分流员 张认领，请刷新后再操作。"
    assert refused.value.fields == {"version": "2", "state": "open", "claimed_by": "triager"}


def test_claim_again_extends_ones_own(people: People) -> None:
    item = claimed_by(people, people.triager)
    ten = LATER + dt.timedelta(minutes=10)

    item = claim(actor=people.triager, item_id=item.pk, version=item.version, now=ten)

    assert item.claimed_until == ten + LEASE


def test_an_ended_claim_is_free_for_others(people: People) -> None:
    item = claimed_by(people, people.triager)

    item = claim(actor=people.triager2, item_id=item.pk, version=item.version, now=LATER + LEASE)

    assert item.claimed_by == people.triager2.staff


def test_a_live_claim_stops_others_from_deciding(people: People) -> None:
    item = claimed_by(people, people.triager)

    with pytest.raises(Stale):
        decide(
            actor=people.triager2,
            item_id=item.pk,
            version=item.version,
            outcome="complaints_dept",
            now=LATER,
        )


def test_release_is_for_ones_own_claim(people: People) -> None:
    item = claimed_by(people, people.triager)

    with pytest.raises(Stale):
        release(actor=people.triager2, item_id=item.pk, version=item.version, now=LATER)
    item = release(actor=people.triager, item_id=item.pk, version=item.version, now=LATER)
    assert (item.claimed_by, item.claimed_until) == (None, None)
    with pytest.raises(Invalid):
        release(actor=people.triager, item_id=item.pk, version=item.version, now=LATER)


def test_take_over_says_in_the_log_from_whom(people: People) -> None:
    item = claimed_by(people, people.triager)

    item = take_over(actor=people.leader, item_id=item.pk, version=item.version, now=LATER)

    entry = history_of(kind="report", object_id=item.pk, organs=frozenset({CITY})).last()
    assert entry is not None
    assert item.claimed_by == people.leader.staff
    assert (entry.actor, entry.action, entry.detail) == ("leader", "item_take_over", {"from": "triager"})


def test_a_decision_ends_the_claim(people: People) -> None:
    item = claimed_by(people, people.triager)

    item = decide(
        actor=people.triager, item_id=item.pk, version=item.version, outcome="complaints_dept", now=LATER
    )

    assert (item.claimed_by, item.claimed_until) == (None, None)


def test_an_old_version_is_refused_with_the_new_one(people: People) -> None:
    item = filed()
    claim(actor=people.triager, item_id=item.pk, version=item.version, now=LATER)
    release(actor=people.triager, item_id=item.pk, version=item.version + 1, now=LATER)

    with pytest.raises(Stale) as refused:
        claim(actor=people.triager2, item_id=item.pk, version=item.version, now=LATER)

    assert refused.value.fields == {"version": "3", "state": "open"}

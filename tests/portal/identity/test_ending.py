"""How a lent identity comes back: given up, run out, or taken from somebody who may no longer have it."""

import datetime as dt

import pytest
from django.core.management import call_command

from portal.accounts.actions import close_account, set_roles
from portal.accounts.models import Staff
from portal.common.errors import Invalid, NotFound, Stale
from portal.identity.actions import (
    approve_request,
    cancel_request,
    end_expired,
    return_identity,
    take_stray_halves,
)
from portal.identity.gate import change
from portal.identity.models import State
from portal.vault.models import Envelope
from tests.people import People
from tests.portal.identity.requests import (
    DECIDED,
    OPENED,
    OVER,
    again,
    approved,
    asked,
    item_of,
    on_record,
    shares,
    signed_tip,
)

pytestmark = pytest.mark.django_db


def test_housekeeping_ends_what_has_run_out_and_nothing_else(people: People) -> None:
    over = approved(people)
    running = asked(people, signed_tip(title="另一件"))
    approve_request(actor=people.custodian, request_id=running.pk, days=8, now=DECIDED)

    ended = (end_expired(now=OVER - dt.timedelta(seconds=1)), end_expired(now=OVER), end_expired(now=OVER))

    assert ended == (0, 1, 0)
    assert (again(over).state, again(running).state) == (State.EXPIRED, State.APPROVED)
    assert (len(shares(over)), len(shares(running))) == (2, 3)


def test_housekeeping_command_ends_them(people: People) -> None:
    request = approved(people)  # its end lies in the past by now

    call_command("housekeeping")

    assert (again(request).state, len(shares(request))) == (State.EXPIRED, 2)


def test_housekeeping_deletes_halves_nobody_stands_behind(people: People) -> None:
    request = approved(people)
    running = approved(people, signed_tip(title="另一件"))
    kept = list(Envelope.objects.filter(item=item_of(request), share="lent_half"))
    return_identity(actor=people.triager, request_id=request.pk, now=OPENED)
    Envelope.objects.bulk_create(kept)  # put back from a copy

    assert (take_stray_halves(), take_stray_halves()) == (1, 0)
    assert (len(shares(request)), len(shares(running))) == (2, 3)


def test_returning_and_cancelling_end_ones_own_request(people: People) -> None:
    lent, waiting = approved(people), asked(people, signed_tip(title="另一件"))

    with pytest.raises(NotFound):
        return_identity(actor=people.leader, request_id=lent.pk)
    with pytest.raises(Invalid):
        cancel_request(actor=people.triager, request_id=lent.pk)
    return_identity(actor=people.triager, request_id=lent.pk, now=OPENED)
    cancel_request(actor=people.triager, request_id=waiting.pk, now=OPENED)

    assert (again(lent).closed_for, again(waiting).closed_for) == ("returned", "cancelled")
    assert (len(shares(lent)), len(shares(waiting))) == (2, 2)
    assert (on_record(lent)[-1][0], on_record(waiting)[-1][0]) == ("identity_returned", "identity_cancelled")


@pytest.mark.parametrize("roles", [frozenset({"handler"}), frozenset({"custodian"}), frozenset()])
def test_losing_the_role_ends_the_request(people: People, roles: frozenset[str]) -> None:
    request = approved(people)

    set_roles(actor=people.secadmin, staff=Staff.objects.get(username="triager"), roles=roles, now=OPENED)

    assert (again(request).state, again(request).closed_for) == (State.CLOSED, "left")
    assert len(shares(request)) == 2
    assert on_record(request)[-1] == ("identity_closed", "secadmin", {"why": "left"})


def test_changing_to_another_queue_role_keeps_the_request(people: People) -> None:
    request = approved(people)

    set_roles(
        actor=people.secadmin,
        staff=Staff.objects.get(username="triager"),
        roles=frozenset({"leader"}),
        now=OPENED,
    )

    assert (again(request).state, len(shares(request))) == (State.APPROVED, 3)


def test_closing_the_account_ends_the_request(people: People) -> None:
    request = approved(people)

    close_account(actor=people.sysadmin, staff=Staff.objects.get(username="triager"), now=OPENED)

    assert (again(request).closed_for, len(shares(request))) == ("left", 2)


def test_a_faster_colleague_leaves_the_slower_one_with_stale(people: People) -> None:
    request = asked(people)
    slow = again(request)
    approve_request(actor=people.custodian, request_id=request.pk, now=DECIDED)

    with pytest.raises(Stale):
        change(slow, State.CLOSED, ended_at=OPENED, closed_for="cancelled")

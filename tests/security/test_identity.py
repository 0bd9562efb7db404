"""Identities: one person's keys never suffice, and whoever merely writes the database lends nothing."""

import datetime as dt
from collections.abc import Iterable
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, key_owner
from portal.common.errors import Invalid, NotFound, NotReady
from portal.identity.actions import approve_request, ask_for_identity, open_identity, return_identity
from portal.identity.models import IdentityRequest
from portal.identity.queries import own_requests, waiting_requests
from portal.intake.bindings import identity_binding
from portal.intake.models import IdentityOpening, Report
from portal.vault.certificates import verify
from portal.vault.halves import open_with_both_halves
from portal.vault.items import open_with, seal_share
from portal.vault.keyring import Keyring
from portal.vault.keys import OpenKey
from portal.vault.models import Envelope, Grant, SealedItem, VaultKey
from portal.vault.primitives import CURRENT, Tampered, new_secret, suite_of, unpack, xor
from tests.people import People
from tests.portal.identity.requests import (
    DECIDED,
    OPENED,
    OVER,
    REASON,
    WHO,
    again,
    approved,
    asked,
    item_of,
    signed_tip,
)

pytestmark = pytest.mark.django_db

EVERYBODY = (
    *("clerk", "moderator", "triager2", "handler", "leader", "supervisor", "custodian", "verifier"),
    *("sysadmin", "secadmin", "auditor"),
    *("triager_county", "custodian_county", "supervisor_county"),
    *("triager_province", "supervisor_province", "custodian_province"),
    *("triager_discipline", "supervisor_discipline", "custodian_discipline"),
)


def _every_key(keyring: Keyring) -> list[OpenKey]:
    ids = {keyring.personal.id, *Grant.objects.values_list("key_id", flat=True)}
    return [key for one in ids if (key := keyring.key(one)) is not None]


def _secrets(item: SealedItem, people: Iterable[SignedIn]) -> set[bytes]:
    """Whatever any envelope of the item gives to any key these people can reach, labels ignored."""
    found = set()
    for envelope in Envelope.objects.filter(item=item):
        for key in (key for person in people for key in _every_key(person.keyring)):
            box = bytes(envelope.sealed)
            try:
                found.add(unpack(suite_of(box).unseal(key.private, box))[-1])
            except Tampered:
                continue
    return found


def _opened_by_force(report: UUID, people: Iterable[SignedIn]) -> set[bytes]:
    """What comes out when every secret, and every two of them joined, is tried as the identity's key."""
    item = Report.objects.get(pk=report).identity
    assert item is not None
    secrets = _secrets(item, people)
    tries = secrets | {xor(one, two) for one, two in combinations(secrets, 2)}
    found = set()
    for secret in tries:
        try:
            found.add(open_with(item, _given(secret), purpose="identity", binding=identity_binding(report)))
        except Tampered:
            continue
    return found


def _given(secret: bytes) -> Any:
    return lambda: secret


@pytest.mark.parametrize("name", [*EVERYBODY, "triager"])
def test_nobody_alone_opens_an_identity_with_all_their_keys(people: People, name: str) -> None:
    receipt = signed_tip()

    assert _opened_by_force(receipt.report, [getattr(people, name)]) == set()


def test_no_two_without_both_halves_open_it(people: People) -> None:
    report = signed_tip().report
    without_custody = ("clerk", "triager", "leader", "handler", "supervisor_province", "supervisor")
    without_triage = ("custodian", "custodian_province", "custodian_discipline", "custodian_county")
    administrators = ("sysadmin", "secadmin", "auditor")

    for group in (without_custody, without_triage, administrators):
        assert _opened_by_force(report, [getattr(people, name) for name in group]) == set()


def test_custodian_and_triager_together_open_it_without_asking_anybody(people: People) -> None:
    report = signed_tip().report

    (found,) = _opened_by_force(report, [people.custodian, people.triager])

    assert WHO.name.encode() in found


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_was_lent_to_one_opens_for_nobody_else(people: People, name: str) -> None:
    request = approved(people)

    assert _opened_by_force(request.report_id, [getattr(people, name)]) == set()


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": OVER + dt.timedelta(days=365)},
        {"requester": "leader"},
        {"report": "another"},
        {"decided_at": DECIDED - dt.timedelta(days=1)},
        {"mark": b"\x00\x01" + bytes(32)},
    ],
)
def test_a_changed_row_opens_nothing(people: People, change: dict[str, Any]) -> None:
    request = approved(people)
    asks: SignedIn = people.triager
    if "requester" in change:
        change, asks = {"requester": people.leader.staff.pk}, people.leader
    if "report" in change:
        change = {"report": signed_tip(title="另一件").report}
    IdentityRequest.objects.filter(pk=request.pk).update(**change)

    with pytest.raises(Tampered):
        open_identity(actor=asks, request_id=request.pk, now=OPENED)

    assert IdentityOpening.objects.count() == 0


def test_a_row_approved_by_hand_opens_nothing_and_shows_as_damaged(people: People) -> None:
    request = asked(people)
    IdentityRequest.objects.filter(pk=request.pk).update(
        state="approved", decided_by=people.custodian.staff.pk, decided_at=DECIDED, expires_at=OVER
    )

    with pytest.raises(Tampered):
        open_identity(actor=people.triager, request_id=request.pk, now=OPENED)
    assert [line.damaged for line in own_requests(people.triager).lines] == [True]


def test_a_request_made_by_hand_is_not_approved(people: People) -> None:
    true = asked(people)
    forged = again(true)
    forged.pk, forged.requester_id = UUID(int=7), people.leader.staff.pk
    forged.reason_id = Report.objects.get(pk=signed_tip(title="另一件").report).original_id
    IdentityRequest.objects.bulk_create([forged])

    with pytest.raises(Tampered):
        approve_request(actor=people.custodian, request_id=forged.pk)
    shown = {line.request.pk: line.damaged for line in waiting_requests(people.custodian)}
    assert shown == {true.pk: False, forged.pk: True}
    assert Envelope.objects.filter(share="lent_half").count() == 0


def test_an_approval_put_back_after_its_return_is_bound_to_its_end(people: People) -> None:
    request = approved(people)
    row = IdentityRequest.objects.filter(pk=request.pk).values().get()
    kept = list(Envelope.objects.filter(item=item_of(request), share="lent_half"))
    return_identity(actor=people.triager, request_id=request.pk, now=OPENED)
    IdentityRequest.objects.filter(pk=request.pk).update(**row)
    Envelope.objects.bulk_create(kept)

    with pytest.raises(Invalid):
        open_identity(actor=people.triager, request_id=request.pk, now=OVER)

    assert Envelope.objects.filter(share="lent_half").count() == 0


def test_a_half_lent_by_hand_opens_nothing(people: People) -> None:
    request = approved(people)
    key = VaultKey.objects.get(owner=key_owner(people.triager.staff), purpose="personal")
    lent = Envelope.objects.filter(item=item_of(request), share="lent_half")
    public = people.triager.keyring.personal.public.sealing
    for forged in (CURRENT.seal(public, new_secret()), bytes(_other_half(people, request).sealed)):
        lent.update(sealed=forged)

        with pytest.raises(Tampered):
            open_identity(actor=people.triager, request_id=request.pk, now=OPENED)

    assert lent.get().recipient_id == key.pk


def _other_half(people: People, request: IdentityRequest) -> Envelope:
    """The half lent to the same person for another report."""
    other = approved(people, signed_tip(title="另一件"))
    assert other.report_id != request.report_id
    return Envelope.objects.get(item=item_of(other), share="lent_half")


def test_a_half_lent_for_one_report_opens_no_other(people: People) -> None:
    one = approved(people)
    other = asked(people, signed_tip(title="另一件"))
    lent = Envelope.objects.get(item=item_of(one), share="lent_half")
    Envelope.objects.filter(pk=lent.pk).update(item=item_of(other))

    for errand in (one, other):
        with pytest.raises(Tampered):
            open_with_both_halves(
                item_of(other),
                purpose="identity",
                binding=identity_binding(other.report_id),
                errand=errand.pk,
                keyring=people.triager.keyring,
            )


def test_a_half_lent_for_one_request_opens_no_later_one(people: People) -> None:
    one = approved(people)
    kept = list(Envelope.objects.filter(item=item_of(one), share="lent_half"))
    return_identity(actor=people.triager, request_id=one.pk, now=OPENED)
    later = ask_for_identity(actor=people.triager, report_id=one.report_id, reason=REASON, now=OPENED)
    approve_request(actor=people.custodian, request_id=later.pk, now=OPENED)
    Envelope.objects.filter(item=item_of(later), share="lent_half").update(sealed=kept[0].sealed)

    with pytest.raises(Tampered):
        open_identity(actor=people.triager, request_id=later.pk, now=OPENED)


def test_a_swapped_personal_key_is_lent_nothing(people: People) -> None:
    request = asked(people)
    theirs = CURRENT.public_half(new_secret())
    VaultKey.objects.filter(owner=key_owner(people.triager.staff), purpose="personal").update(
        sealing_public=theirs.sealing, certifying_public=theirs.certifying
    )

    with pytest.raises(NotReady):
        approve_request(actor=people.custodian, request_id=request.pk)

    assert Envelope.objects.filter(share="lent_half").count() == 0


def test_roles_given_by_hand_open_nothing(people: People) -> None:
    request = approved(people)
    Staff.objects.filter(username="handler").update(triager=True)
    IdentityRequest.objects.filter(pk=request.pk).update(requester=people.handler.staff.pk)

    with pytest.raises(NotFound):  # a role without its key is nothing
        open_identity(actor=people.handler, request_id=request.pk, now=OPENED)


def test_an_envelope_relabelled_for_a_colleague_opens_for_neither(people: People) -> None:
    request = approved(people)
    leader = VaultKey.objects.get(owner=key_owner(people.leader.staff), purpose="personal")
    Envelope.objects.filter(item=item_of(request), share="lent_half").update(recipient=leader)

    for name in ("leader", "triager"):
        with pytest.raises(Tampered):
            open_with_both_halves(
                item_of(request),
                purpose="identity",
                binding=identity_binding(request.report_id),
                errand=request.pk,
                keyring=getattr(people, name).keyring,
            )


def test_a_share_for_an_errand_is_not_the_same_without_it(people: People) -> None:
    request = approved(people)
    item = item_of(request)
    key = VaultKey.objects.get(owner=key_owner(people.triager.staff), purpose="personal")
    half = next(iter(_secrets(item, [people.custodian])))
    unbound = seal_share(item, "lent_half", verify(key), half)
    Envelope.objects.filter(item=item, share="lent_half").update(sealed=unbound.sealed)

    with pytest.raises(Tampered):
        open_identity(actor=people.triager, request_id=request.pk, now=OPENED)

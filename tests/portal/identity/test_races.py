"""Requests and moves at the same moment, in real threads: nothing stays lent that should not be."""

import pytest

from moderation.triage.actions import lift
from portal.audit.queries import verify_all
from portal.identity.actions import approve_request, ask_for_identity, cancel_request, withdraw_approval
from portal.identity.models import IdentityRequest
from portal.intake.content import Subject
from portal.vault.models import Envelope
from tests.moderation.triage.test_races import ROUNDS, together
from tests.people import CITY, signed_in
from tests.portal.identity.requests import ASKED, DECIDED, OPENED, REASON, signed_tip

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def _requests() -> list[IdentityRequest]:
    triager = signed_in("triager")
    reports = [signed_tip(title=f"第{number}件").report for number in range(ROUNDS)]
    return [ask_for_identity(actor=triager, report_id=one, reason=REASON, now=ASKED) for one in reports]


def _lent() -> int:
    return Envelope.objects.filter(share="lent_half").count()


def test_asking_twice_at_once_leaves_one_request() -> None:
    triager, again = signed_in("triager"), signed_in("triager")
    reports = [signed_tip(title=f"第{number}件").report for number in range(ROUNDS)]

    answers = together(
        lambda n: ask_for_identity(actor=triager, report_id=reports[n], reason=REASON),
        lambda n: ask_for_identity(actor=again, report_id=reports[n], reason=REASON),
    )

    assert [sorted(pair) for pair in zip(*answers, strict=True)] == [["done", "invalid"]] * ROUNDS
    assert IdentityRequest.objects.count() == ROUNDS


def test_approving_what_is_being_cancelled_ends_one_way() -> None:
    requests = _requests()
    triager, custodian = signed_in("triager"), signed_in("custodian")

    answers = together(
        lambda n: approve_request(actor=custodian, request_id=requests[n].pk, now=DECIDED),
        lambda n: cancel_request(actor=triager, request_id=requests[n].pk, now=DECIDED),
    )

    for pair in zip(*answers, strict=True):
        assert pair.count("done") == 1
    approved = IdentityRequest.objects.filter(state="approved").count()
    assert (_lent(), approved) == (approved, answers[0].count("done"))
    assert verify_all()[1] == []


def test_approving_while_the_report_is_lifted_leaves_nothing_lent() -> None:
    requests = _requests()
    leader, custodian = signed_in("leader"), signed_in("custodian")
    subjects = [Subject(name="钱某", organ=CITY)]

    answers = together(
        lambda n: approve_request(actor=custodian, request_id=requests[n].pk, now=DECIDED),
        lambda n: lift(actor=leader, item_id=requests[n].report_id, version=1, subjects=subjects, now=OPENED),
    )

    assert answers[1] == ["done"] * ROUNDS
    assert set(answers[0]) <= {"done", "stale", "not_found", "invalid"}
    assert _lent() == 0
    assert IdentityRequest.objects.filter(state="closed", closed_for="moved").count() == ROUNDS
    assert verify_all()[1] == []


def test_withdrawing_twice_at_once_is_on_record_once() -> None:
    requests = _requests()
    custodian, again = signed_in("custodian"), signed_in("custodian")
    for request in requests:
        approve_request(actor=custodian, request_id=request.pk, now=DECIDED)

    answers = together(
        lambda n: withdraw_approval(actor=custodian, request_id=requests[n].pk, now=OPENED),
        lambda n: withdraw_approval(actor=again, request_id=requests[n].pk, now=OPENED),
    )

    for pair in zip(*answers, strict=True):
        assert pair.count("done") == 1
    assert _lent() == 0

"""Asking, deciding, opening: what each person may, and what is on record of it."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.actions import close_account
from portal.accounts.models import Staff
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.identity.actions import (
    approve_request,
    ask_for_identity,
    cancel_request,
    open_identity,
    refuse_request,
    withdraw_approval,
)
from portal.identity.models import IdentityRequest, State
from portal.identity.queries import (
    decided_requests,
    own_requests,
    request_line,
    standing_of,
    waiting_requests,
)
from portal.intake.models import IdentityOpening, Report
from portal.intake.queries import open_thread
from tests.people import CITY, People, file_tip, hire
from tests.portal.identity.requests import (
    ASKED,
    DECIDED,
    FILED,
    OPENED,
    OVER,
    REASON,
    WHO,
    again,
    approved,
    asked,
    on_record,
    report_of,
    shares,
    signed_tip,
)

pytestmark = pytest.mark.django_db


# --- asking -------------------------------------------------------------------------------------------


def test_asking_is_read_by_the_custodian_who_sees_date_kind_and_reason(people: People) -> None:
    request = asked(people)

    (line,) = waiting_requests(people.custodian)
    assert (line.reason, line.answer, line.word) == (REASON, None, "待批准")
    assert (line.request.pk, line.request.report.kind, line.request.report.received_at) == (
        request.pk,
        "tip",
        FILED,
    )
    assert line.request.requester.username == "triager"
    assert on_record(request) == [("identity_requested", "triager", {})]


@pytest.mark.parametrize("name", ["moderator", "triager2", "leader"])
def test_asking_is_open_to_everybody_with_the_triage_key(people: People, name: str) -> None:
    report = signed_tip().report

    request = ask_for_identity(actor=getattr(people, name), report_id=report, reason=REASON)

    assert request.state == State.REQUESTED


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("supervisor_province", Forbidden),
        ("clerk", NotFound),
        ("handler", NotFound),
        ("verifier", NotFound),
        ("custodian", NotFound),
        ("supervisor", NotFound),
        ("sysadmin", NotFound),
        ("triager_county", NotFound),
        ("triager_province", NotFound),
    ],
)
def test_asking_is_refused_to_everybody_else(people: People, name: str, refusal: type[Exception]) -> None:
    report = signed_tip().report

    with pytest.raises(refusal):
        ask_for_identity(actor=getattr(people, name), report_id=report, reason=REASON)

    assert IdentityRequest.objects.count() == 0


@pytest.mark.parametrize("reason", ["", " \n", "字" * 501, "\ud800"])
def test_asking_without_a_usable_reason_is_refused(people: People, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask_for_identity(actor=people.triager, report_id=signed_tip().report, reason=reason)

    assert list(refused.value.fields) == ["reason"]


def test_asking_about_a_report_without_identity_is_refused(people: People) -> None:
    with pytest.raises(Invalid):
        ask_for_identity(actor=people.triager, report_id=file_tip().report, reason=REASON)


def test_asking_twice_is_refused_while_the_first_runs(people: People) -> None:
    request = asked(people)

    with pytest.raises(Invalid):
        ask_for_identity(actor=people.triager, report_id=request.report_id, reason=REASON)
    ask_for_identity(actor=people.leader, report_id=request.report_id, reason=REASON)
    cancel_request(actor=people.triager, request_id=request.pk, now=OPENED)
    ask_for_identity(actor=people.triager, report_id=request.report_id, reason=REASON)

    states = IdentityRequest.objects.order_by("requester__username", "requested_at").values_list("state")
    assert [state for (state,) in states] == ["requested", "closed", "requested"]


# --- deciding -----------------------------------------------------------------------------------------


def test_approving_lends_the_half_to_one_person_until_its_end(people: People) -> None:
    request = approved(people)

    assert (request.state, request.decided_by_id, request.expires_at) == (
        State.APPROVED,
        people.custodian.staff.pk,
        OVER,
    )
    assert shares(request) == [
        ("custody_half", CITY),
        ("holder_half", CITY),
        ("lent_half", f"staff:{people.triager.staff.pk}"),
    ]
    assert on_record(request)[1:] == [("identity_approved", "custodian", {"days": 7})]


@pytest.mark.parametrize("days", [0, -1, 31])
def test_approving_for_too_short_or_too_long_is_refused(people: People, days: int) -> None:
    request = asked(people)

    with pytest.raises(Invalid) as refused:
        approve_request(actor=people.custodian, request_id=request.pk, days=days)

    assert list(refused.value.fields) == ["days"]
    assert again(request).state == State.REQUESTED


@pytest.mark.parametrize("name", ["leader", "custodian_county", "custodian_province", "sysadmin", "secadmin"])
def test_deciding_is_for_the_custodian_of_the_holder(people: People, name: str) -> None:
    request = asked(people)
    actor = getattr(people, name)

    with pytest.raises(NotFound):
        approve_request(actor=actor, request_id=request.pk)
    with pytest.raises(NotFound):
        refuse_request(actor=actor, request_id=request.pk, reason="不需要")
    with pytest.raises(NotFound):
        withdraw_approval(actor=actor, request_id=request.pk)

    assert again(request).state == State.REQUESTED
    assert waiting_requests(actor) == []


def test_deciding_falls_to_the_custodian_above_where_the_holder_has_none(people: People) -> None:
    request = asked(people)
    close_account(actor=people.sysadmin, staff=Staff.objects.get(username="custodian"))

    (line,) = waiting_requests(people.custodian_province)
    approve_request(actor=people.custodian_province, request_id=request.pk, now=DECIDED)

    assert line.reason == REASON
    assert open_identity(actor=people.triager, request_id=request.pk, now=OPENED) == WHO


def test_a_custodian_in_name_only_keeps_nobody_from_deciding(people: People) -> None:
    request = asked(people)
    close_account(actor=people.sysadmin, staff=Staff.objects.get(username="custodian"))
    newcomer = hire("custodian-new", organ=CITY, role="custodian")

    assert waiting_requests(newcomer) == []
    assert [line.request.pk for line in waiting_requests(people.custodian_province)] == [request.pk]


def test_refusing_tells_the_person_who_asked_and_nobody_else_why(people: People) -> None:
    request = asked(people)

    refuse_request(actor=people.custodian, request_id=request.pk, reason="先电话联系", now=DECIDED)

    line = request_line(people.triager, request.pk)
    assert (line.word, line.reason, line.answer) == ("未批准", REASON, "先电话联系")
    assert own_requests(people.leader).lines == []
    assert shares(request) == [("custody_half", CITY), ("holder_half", CITY)]
    assert on_record(request)[1:] == [("identity_refused", "custodian", {})]


@pytest.mark.parametrize("reason", ["", "字" * 501])
def test_refusing_without_a_usable_reason_is_refused(people: People, reason: str) -> None:
    request = asked(people)

    with pytest.raises(Invalid):
        refuse_request(actor=people.custodian, request_id=request.pk, reason=reason)


def test_deciding_twice_is_refused(people: People) -> None:
    request = approved(people)

    with pytest.raises(Invalid):
        approve_request(actor=people.custodian, request_id=request.pk)
    with pytest.raises(Invalid):
        refuse_request(actor=people.custodian, request_id=request.pk, reason="不")


def test_a_triager_who_became_custodian_does_not_decide_their_own(people: People) -> None:
    request = asked(people)
    triager, custodian = people.triager.staff.pk, people.custodian

    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityRequest.objects.filter(pk=request.pk).update(
            state="approved", decided_by=triager, decided_at=DECIDED, expires_at=OVER
        )
    custodian.staff.pk = triager
    with pytest.raises(Forbidden):
        approve_request(actor=custodian, request_id=request.pk)


def test_approving_somebody_who_lost_the_role_meanwhile_is_refused(people: People) -> None:
    request = asked(people)
    Staff.objects.filter(username="triager").update(triager=False)

    with pytest.raises(Invalid):
        approve_request(actor=people.custodian, request_id=request.pk)

    assert again(request).state == State.REQUESTED


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "approved"},
        {"state": "requested", "decided_at": DECIDED},
        {"state": "refused"},
        {"state": "closed", "ended_at": DECIDED},
        {"state": "closed", "closed_for": "returned"},
        {"state": "closed", "ended_at": DECIDED, "closed_for": "bored"},
        {"state": "expired", "ended_at": DECIDED},
        {"state": "lent"},
    ],
)
def test_the_database_refuses_states_that_do_not_add_up(people: People, wrong: dict[str, Any]) -> None:
    request = asked(people)

    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityRequest.objects.filter(pk=request.pk).update(**wrong)


# --- opening ------------------------------------------------------------------------------------------


def test_opening_shows_who_it_is_and_is_on_record_each_time(people: People) -> None:
    request = approved(people)

    first = open_identity(actor=people.triager, request_id=request.pk, now=OPENED)
    second = open_identity(actor=people.triager, request_id=request.pk, now=OPENED)

    assert (first, second) == (WHO, WHO)
    assert on_record(request)[2:] == [("identity_opened", "triager", {})] * 2


def test_opening_before_approval_is_refused(people: People) -> None:
    request = asked(people)

    with pytest.raises(Invalid):
        open_identity(actor=people.triager, request_id=request.pk)

    assert IdentityOpening.objects.count() == 0


def test_opening_is_for_nobody_but_the_person_who_asked(people: People) -> None:
    request = approved(people)

    for name in ("triager2", "leader", "moderator", "custodian", "supervisor_province", "handler"):
        with pytest.raises(NotFound):
            open_identity(actor=getattr(people, name), request_id=request.pk, now=OPENED)

    assert IdentityOpening.objects.count() == 0


def test_opening_after_the_end_is_refused_and_destroys_the_half(people: People) -> None:
    request = approved(people)
    last = OVER - dt.timedelta(seconds=1)

    assert open_identity(actor=people.triager, request_id=request.pk, now=last) == WHO
    with pytest.raises(Invalid):
        open_identity(actor=people.triager, request_id=request.pk, now=OVER)

    assert (again(request).state, again(request).ended_at) == (State.EXPIRED, OVER)
    assert shares(request) == [("custody_half", CITY), ("holder_half", CITY)]
    assert on_record(request)[-1] == ("identity_expired", "system", {})


def test_opening_while_it_is_being_withdrawn_shows_nothing(people: People) -> None:
    request = approved(people)
    withdraw_approval(actor=people.custodian, request_id=request.pk, now=OPENED)

    with pytest.raises(Invalid):
        open_identity(actor=people.triager, request_id=request.pk, now=OPENED)

    assert shares(request) == [("custody_half", CITY), ("holder_half", CITY)]
    assert on_record(request)[-1] == ("identity_withdrawn", "custodian", {})


# --- reading ------------------------------------------------------------------------------------------


def test_the_reporter_sees_that_and_when_but_not_by_whom(people: People) -> None:
    receipt = signed_tip()
    before = open_thread(receipt.number)
    request = approved(people, receipt)
    colleague = ask_for_identity(actor=people.leader, report_id=receipt.report, reason=REASON, now=ASKED)
    approve_request(actor=people.custodian, request_id=colleague.pk, now=DECIDED)

    for actor, number, moment in (
        (people.triager, request.pk, OPENED),
        (people.leader, colleague.pk, OPENED + dt.timedelta(hours=1)),
        (people.triager, request.pk, OPENED + dt.timedelta(days=1)),
    ):
        open_identity(actor=actor, request_id=number, now=moment)

    after = open_thread(receipt.number)
    assert (before.identity_given, before.identity_opened, before.messages) == (True, False, ())
    assert (after.identity_given, after.identity_opened) == (True, True)
    assert [(one.at, one.author, one.act) for one in after.messages] == [
        (OPENED, "notice", "identity_opened"),
        (OPENED + dt.timedelta(days=1), "notice", "identity_opened"),
    ]
    assert {one.text for one in after.messages} == {"经身份保管员批准，工作人员查阅了您留下的身份信息。"}


def test_standing_of_a_report_says_nothing_of_the_identity(people: People) -> None:
    nameless = standing_of(Report.objects.get(pk=file_tip().report), people.triager)
    request = asked(people)
    report = report_of(request)

    mine = standing_of(report, people.triager)
    colleagues = standing_of(report, people.leader)
    above = standing_of(report, people.supervisor_province)

    assert (nameless.given, nameless.may_ask) == (False, False)
    assert (mine.given, mine.may_ask, mine.mine, mine.earlier) == (True, False, request, ())
    assert (colleagues.may_ask, colleagues.mine, colleagues.earlier) == (True, None, (request,))
    assert (above.given, above.may_ask) == (True, False)


def test_custodians_below_and_above_see_no_request(people: People) -> None:
    approved(people)

    for name in ("custodian_county", "custodian_province", "custodian_discipline", "supervisor", "auditor"):
        actor = getattr(people, name)
        assert (waiting_requests(actor), decided_requests(actor).lines) == ([], [])
    assert len(decided_requests(people.custodian).lines) == 1

"""Custody halves follow their reports; whoever a report went past learns nothing of it."""

from typing import Any

import pytest

from moderation.triage.actions import lift, refer
from moderation.triage.models import TriageItem
from portal.accounts.signed_in import SignedIn
from portal.audit.models import AuditEntry
from portal.audit.queries import history_of
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.identity.actions import (
    approve_request,
    ask_for_identity,
    carry_identities,
    open_identity,
)
from portal.identity.carrying import waiting_to_be_carried
from portal.identity.models import CarryOver, IdentityRequest
from portal.identity.queries import custodians_day, decided_requests, own_requests, waiting_requests
from portal.intake.actions import Receipt
from portal.intake.content import Subject
from portal.intake.thread_actions import add_message
from portal.vault.models import Envelope
from tests.people import CITY, COUNTY, DISCIPLINE, OUTSIDER, PROVINCE, People, file_tip
from tests.portal.identity.requests import (
    ASKED,
    DECIDED,
    OPENED,
    REASON,
    WHO,
    again,
    approved,
    asked,
    shares,
    signed_tip,
)

pytestmark = pytest.mark.django_db

NEUTRAL: dict[str, Any] = {
    "kind": "suggestion",
    "title": "建议增加周末接待窗口",
    "text": "平时上班，来不了，希望周六也能接待。",
    "subjects": (),
    "place": "",
}
CITY_LEADER = Subject(name="钱某", organ=CITY, post="副检察长")


def _version(receipt: Receipt) -> int:
    return TriageItem.objects.get(pk=receipt.report).version


def _lift(receipt: Receipt, by: SignedIn, *subjects: Subject) -> None:
    lift(actor=by, item_id=receipt.report, version=_version(receipt), subjects=subjects, now=OPENED)


def _refer(receipt: Receipt, by: SignedIn, organ: str) -> None:
    refer(actor=by, item_id=receipt.report, version=_version(receipt), organ=organ, now=OPENED)


def _halves(receipt: Receipt) -> dict[str, str]:
    rows = Envelope.objects.filter(item__purpose="identity").select_related("recipient")
    return {row.share: row.recipient.path.split("/")[-1] if row.recipient else "" for row in rows}


def _counts(people: People) -> dict[str, int]:
    names = ("custodian_county", "custodian", "custodian_province", "custodian_discipline")
    return {name: len(waiting_to_be_carried(getattr(people, name))) for name in names}


def _opens_after(receipt: Receipt, *, asks: SignedIn, decides: SignedIn) -> bool:
    request = ask_for_identity(actor=asks, report_id=receipt.report, reason=REASON, now=OPENED)
    approve_request(actor=decides, request_id=request.pk, now=OPENED)
    return open_identity(actor=asks, request_id=request.pk, now=OPENED) == WHO


def test_lift_lets_the_custodian_above_carry_and_tells_the_one_below_nothing(people: People) -> None:
    receipt = signed_tip()

    _lift(receipt, people.triager, CITY_LEADER)
    waiting = _counts(people)
    carried = carry_identities(actor=people.custodian_province, now=OPENED)

    assert waiting == {
        "custodian_county": 0,
        "custodian": 0,
        "custodian_province": 1,
        "custodian_discipline": 0,
    }
    assert (carried, _halves(receipt)) == (1, {"custody_half": PROVINCE, "holder_half": PROVINCE})
    assert _counts(people)["custodian_province"] == 0
    assert _opens_after(receipt, asks=people.triager_province, decides=people.custodian_province)


def test_carrying_is_on_record_with_the_holder_only(people: People) -> None:
    receipt = signed_tip()
    _lift(receipt, people.triager, CITY_LEADER)

    carry_identities(actor=people.custodian_province, now=OPENED)

    entries = AuditEntry.objects.filter(action="identity_carried")
    assert [(one.organ_id, one.actor, one.object_id, one.detail) for one in entries] == [
        (PROVINCE, "custodian-province", str(receipt.report), {"from": CITY})
    ]


def test_lift_kills_what_was_lent_and_the_requests_leave_every_sight_below(people: People) -> None:
    receipt = signed_tip()
    lent = approved(people, receipt)
    waiting = ask_for_identity(actor=people.leader, report_id=receipt.report, reason=REASON, now=ASKED)

    _lift(receipt, people.moderator, CITY_LEADER)

    assert [again(one).closed_for for one in (lent, waiting)] == ["moved", "moved"]
    assert shares(lent) == [("custody_half", CITY), ("holder_half", PROVINCE)]
    with pytest.raises(NotFound):
        open_identity(actor=people.triager, request_id=lent.pk, now=OPENED)
    assert own_requests(people.triager).lines == []
    assert (waiting_requests(people.custodian), decided_requests(people.custodian).lines) == ([], [])
    below = history_of(kind="report", object_id=receipt.report, organs=frozenset({CITY}))
    assert list(below.values_list("action", flat=True))[-1] == "item_lift"


def test_after_a_lift_the_earlier_reasons_go_to_the_custodian_above_alone(people: People) -> None:
    request = approved(people, receipt := signed_tip())
    _lift(receipt, people.moderator, CITY_LEADER)

    carry_identities(actor=people.custodian_province, now=OPENED)

    readers = Envelope.objects.filter(item=again(request).reason_id)
    assert [one.recipient.path for one in readers.select_related("recipient") if one.recipient] == [PROVINCE]
    (line,) = decided_requests(people.custodian_province).lines
    assert (line.reason, line.word) == (REASON, "来件已转给别的院")


def test_referral_down_is_carried_by_the_old_custodian(people: People) -> None:
    receipt = signed_tip(**NEUTRAL)
    _refer(receipt, people.triager, COUNTY)
    early = ask_for_identity(actor=people.triager_county, report_id=receipt.report, reason=REASON, now=OPENED)

    with pytest.raises(Invalid):  # the half still lies where the county's custodian does not reach
        approve_request(actor=people.custodian_county, request_id=early.pk, now=OPENED)
    waiting = _counts(people)
    carry_identities(actor=people.custodian, now=OPENED)
    approve_request(actor=people.custodian_county, request_id=early.pk, now=OPENED)

    assert waiting == {
        "custodian_county": 0,
        "custodian": 1,
        "custodian_province": 0,
        "custodian_discipline": 0,
    }
    assert open_identity(actor=people.triager_county, request_id=early.pk, now=OPENED) == WHO
    with pytest.raises(NotFound):
        open_identity(actor=people.triager, request_id=early.pk, now=OPENED)


def test_referral_sideways_is_carried_by_the_custodian_above_both(people: People) -> None:
    receipt = signed_tip(**NEUTRAL)

    _refer(receipt, people.triager, OUTSIDER)

    assert _counts(people) == {
        "custodian_county": 0,
        "custodian": 0,
        "custodian_province": 1,
        "custodian_discipline": 0,
    }
    carry_identities(actor=people.custodian_province, now=OPENED)
    assert _halves(receipt) == {"custody_half": OUTSIDER, "holder_half": OUTSIDER}


@pytest.mark.parametrize("addressed", [CITY, COUNTY])
def test_lift_to_the_special_office_is_carried_there_however_deep_it_came_from(
    people: People, addressed: str
) -> None:
    receipt = signed_tip(organ=addressed, **NEUTRAL)
    lifter = people.triager if addressed == CITY else people.triager_county

    _lift(receipt, lifter, Subject(name="孙某", organ=PROVINCE))
    waiting = _counts(people)
    carried = carry_identities(actor=people.custodian_discipline, now=OPENED)

    assert [waiting[name] for name in ("custodian", "custodian_county", "custodian_province")] == [0, 0, 0]
    assert (carried, _halves(receipt)) == (1, {"custody_half": DISCIPLINE, "holder_half": DISCIPLINE})


def test_referral_from_the_special_office_is_carried_by_its_own_custodian(people: People) -> None:
    receipt = signed_tip(**NEUTRAL)
    _lift(receipt, people.triager, Subject(name="孙某", organ=PROVINCE))
    carry_identities(actor=people.custodian_discipline, now=OPENED)
    other = signed_tip(organ=DISCIPLINE, **{**NEUTRAL, "title": "给派驻组的建议"})

    _refer(other, people.triager_discipline, CITY)

    assert _counts(people) == {
        "custodian_county": 0,
        "custodian": 0,
        "custodian_province": 0,
        "custodian_discipline": 1,
    }


def test_a_report_that_comes_back_before_it_was_carried_needs_nothing(people: People) -> None:
    receipt = signed_tip(**NEUTRAL)
    _refer(receipt, people.triager, COUNTY)

    _refer(receipt, people.triager_county, CITY)

    assert (CarryOver.objects.count(), set(_counts(people).values())) == (0, {0})
    assert _opens_after(receipt, asks=people.triager, decides=people.custodian)


def test_words_of_the_reporter_that_move_the_report_up_end_requests_below(people: People) -> None:
    receipt = signed_tip()
    request = approved(people, receipt)

    add_message(receipt=receipt.number, text="刘某的领导、成都市检察院的一名处长打过招呼。", now=OPENED)

    assert (again(request).closed_for, _counts(people)["custodian_province"]) == ("moved", 1)
    assert shares(request) == [("custody_half", CITY), ("holder_half", CITY)]
    below = history_of(kind="report", object_id=receipt.report, organs=frozenset({CITY}))
    assert list(below.values_list("action", flat=True))[-1] == "identity_approved"


def test_reports_without_identity_leave_nothing_to_carry(people: People) -> None:
    receipt = file_tip()

    _lift(receipt, people.triager, CITY_LEADER)

    assert (CarryOver.objects.count(), custodians_day(people.custodian_province).to_carry) == (0, 0)


def test_carrying_is_for_custodians(people: People) -> None:
    _lift(signed_tip(), people.triager, CITY_LEADER)

    for name in ("supervisor_province", "triager_province", "sysadmin"):
        with pytest.raises(Forbidden):
            carry_identities(actor=getattr(people, name))
    assert carry_identities(actor=people.custodian) == 0
    assert CarryOver.objects.count() == 1


def test_carrying_several_at_once_and_a_second_time_none(people: People) -> None:
    for number in range(3):
        _lift(signed_tip(title=f"第{number}件"), people.triager, CITY_LEADER)

    counts = [carry_identities(actor=people.custodian_province, now=OPENED) for _ in range(2)]

    assert counts == [3, 0]


def test_referring_takes_no_request_and_no_word_of_the_identity_along(people: People) -> None:
    receipt = signed_tip(**NEUTRAL)
    request = asked(people, receipt)
    approve_request(actor=people.custodian, request_id=request.pk, now=DECIDED)

    _refer(receipt, people.triager, COUNTY)

    assert shares(request) == [("custody_half", CITY), ("holder_half", COUNTY)]
    (line,) = decided_requests(people.custodian_county).lines
    assert (line.reason, line.word) == (None, "来件已转给别的院")
    assert IdentityRequest.objects.filter(state__in=["requested", "approved"]).count() == 0

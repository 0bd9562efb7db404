"""Entering a lead: by whom, from what, about whom."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest

from moderation.ledger.models import Lead
from moderation.ledger.text import PURPOSE, LeadText, open_text, text_binding
from portal.audit.models import AuditEntry
from portal.audit.queries import verify_all
from portal.common.errors import Forbidden, Invalid, NotFound, Stale
from portal.intake.content import Content, Subject
from portal.intake.models import Report
from portal.vault.items import open_item
from portal.vault.primitives import Tampered
from tests.moderation.ledger.leads import MORNING, SUBJECT, enter, from_report, hand_over
from tests.people import CITY, COUNTY, DISCIPLINE, OUTSIDER, PROVINCE, People, Tip, file_tip

pytestmark = pytest.mark.django_db


def test_lead_from_report_carries_its_words_and_source(people: People) -> None:
    lead = from_report(people.triager)

    content = Tip().content
    assert open_text(lead, people.leader.keyring) == LeadText(content.title, content.text, content.subjects)
    assert (lead.lead_no, lead.state, lead.source_class) == (
        "XS-510100-2026-00001",
        "registered",
        "public_report",
    )
    assert (lead.organ_id, lead.received_on, lead.registered_by) == (
        CITY,
        dt.date(2026, 3, 2),
        people.triager.staff,
    )


@pytest.mark.parametrize(
    ("channel", "source"),
    [("call", "public_report"), ("forum", "forum"), ("self_check", "self_check"), ("referral", "other_body")],
)
def test_lead_from_report_source_follows_the_channel(people: People, channel: str, source: str) -> None:
    assert from_report(people.triager, channel=channel).source_class == source


def test_lead_from_report_twice_is_one_lead(people: People) -> None:
    lead = from_report(people.triager)
    report = lead.report
    assert report is not None

    again = enter(people.leader, report)

    assert (again.pk, Lead.objects.count()) == (lead.pk, 1)


def test_lead_from_report_is_on_record_without_its_words(people: People) -> None:
    lead = from_report(people.triager)

    entry = AuditEntry.objects.get(object_kind="lead", object_id=str(lead.id))
    assert (entry.organ_id, entry.actor, entry.action) == (CITY, "triager", "lead_registered")
    assert entry.detail == {"source_class": "public_report", "report": str(lead.report_id)}
    assert verify_all()[1] == []


def test_lead_from_report_of_another_holder_is_not_there(people: People) -> None:
    report = Report.objects.get(pk=file_tip(about_organ=True).report)
    assert report.holder_id == PROVINCE

    with pytest.raises(NotFound):
        enter(people.triager, report, Tip().content)


def test_lead_from_report_of_an_organ_below_is_that_organs_business(people: People) -> None:
    report = Report.objects.get(
        pk=file_tip(organ=COUNTY, text="某企业反映。", subjects=(), title="甲").report
    )
    assert report.holder_id == COUNTY

    with pytest.raises(Forbidden):
        enter(people.supervisor, report)


@pytest.mark.parametrize("person", ["clerk", "supervisor", "handler", "verifier", "custodian"])
def test_lead_from_report_is_for_triage_roles(people: People, person: str) -> None:
    report = Report.objects.get(pk=file_tip().report)

    with pytest.raises((Forbidden, NotFound)):
        enter(getattr(people, person), report, Tip().content)


_HARMLESS = Content(title="甲", text="乙", about_organ=False)


@pytest.mark.parametrize(
    "content",
    [
        replace(_HARMLESS, subjects=(Subject(name="张某", organ=CITY),)),
        replace(_HARMLESS, subjects=(Subject(name="张某", organ=PROVINCE),)),
        replace(_HARMLESS, subjects=(Subject(name="张某", organ=DISCIPLINE),)),
        replace(_HARMLESS, subjects=(Subject(name="张某", organ=OUTSIDER),)),
        replace(_HARMLESS, subjects=(Subject(name="张某"),)),
        Content(title="甲", text="成都市检察院的一名处长也参与了。", about_organ=False),
        Content(title="甲", text="市检察院的一名处长也参与了。", about_organ=False),
        Content(title="甲", text="贵院的一名处长也参与了。", about_organ=False),
        Content(title="甲", text="乙", about_organ=True),
        Content(title="甲", text="乙", about_organ=None),
    ],
    ids=[
        "own",
        "above",
        "discipline",
        "beside",
        "unresolved",
        "in the narrative",
        "relative",
        "yours",
        "said so",
        "not said",
    ],
)
def test_lead_from_report_naming_the_holder_or_beside_is_refused(people: People, content: Content) -> None:
    report = Report.objects.get(pk=file_tip().report)

    with pytest.raises(Invalid):
        enter(people.triager, report, content)

    assert Lead.objects.count() == 0


def test_hand_over_may_call_the_office_this_one_except_as_somebodys_organ(people: People) -> None:
    assert hand_over(people.clerk, summary="本院第三检察部移送：该干警经营茶楼。").lead_no

    with pytest.raises(Invalid):
        hand_over(people.clerk, subjects=[Subject(name="李某", organ=COUNTY, post="本院聘用人员")])


@pytest.mark.parametrize("person", ["clerk", "triager", "leader"])
def test_hand_over_is_registered(people: People, person: str) -> None:
    lead = hand_over(getattr(people, person))

    assert open_text(lead, people.triager.keyring) == LeadText(
        "一名干警违规经商", "督导组移交：该干警长期在亲属名下经营茶楼。", (SUBJECT,)
    )
    assert (lead.lead_no, lead.report_id) == ("XS-510100-2026-00001", None)


@pytest.mark.parametrize(
    "person",
    ["moderator", "supervisor", "handler", "verifier", "custodian", "sysadmin", "secadmin", "auditor"],
)
def test_hand_over_by_another_role_is_forbidden(people: People, person: str) -> None:
    with pytest.raises(Forbidden):
        hand_over(getattr(people, person))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source_class": "public_report"}, "source_class"),
        ({"source_class": "forum"}, "source_class"),
        ({"source_class": "rumour"}, "source_class"),
        ({"title": "  "}, "title"),
        ({"title": "长" * 101}, "title"),
        ({"summary": ""}, "summary"),
        ({"received_on": dt.date(2026, 3, 3)}, "received_on"),
        ({"received_on": dt.date(1999, 12, 31)}, "received_on"),
        ({"subjects": [Subject(name="李某", organ="999999")]}, "subjects.0.organ"),
        ({"subjects": [Subject(name="名" * 61, organ=COUNTY)]}, "subjects.0.name"),
        ({"subjects": [Subject(name="李某", organ=CITY)]}, "subjects"),
        ({"subjects": [Subject(name="李某")]}, "subjects"),
        ({"summary": "成都市人民检察院一名处长参与经营。"}, "subjects"),
    ],
)
def test_hand_over_wrong_field_is_named(people: People, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        hand_over(people.triager, **changes)

    assert list(refusal.value.fields) == [field]
    assert Lead.objects.count() == 0


def test_hand_over_form_sent_twice_is_one_lead(people: People) -> None:
    token = uuid.uuid4()

    first, second = (hand_over(people.clerk, lead_id=token) for _ in range(2))

    assert (first.pk, Lead.objects.count(), hand_over(people.clerk).number) == (second.pk, 1, 2)


def test_hand_over_token_of_somebody_else_is_stale(people: People) -> None:
    token = hand_over(people.clerk).pk

    with pytest.raises(Stale):
        hand_over(people.triager_county, lead_id=token, subjects=[])


def test_lead_words_open_to_key_holders_of_the_organ_and_its_supervisor_only(people: People) -> None:
    lead = hand_over(people.clerk)

    people_who_open = {
        name
        for name in (
            *("clerk", "moderator", "triager", "triager2", "leader", "handler", "verifier", "supervisor"),
            *("custodian", "triager_county", "leader_county", "supervisor_county", "triager_province"),
            *("supervisor_province", "triager_discipline", "supervisor_discipline", "sysadmin", "auditor"),
        )
        if open_text(lead, getattr(people, name).keyring) is not None
    }

    assert people_who_open == {"moderator", "triager", "triager2", "leader", "supervisor_province"}


def test_lead_words_moved_to_another_lead_do_not_open(people: People) -> None:
    lead, other = hand_over(people.clerk), hand_over(people.clerk)

    with pytest.raises(Tampered):
        open_item(lead.text, purpose=PURPOSE, binding=text_binding(other.id), opener=people.triager.keyring)


def test_lead_registered_now_by_default(people: People) -> None:
    lead = hand_over(people.triager, now=None, received_on=dt.date(2021, 3, 1))

    assert lead.registered_at > MORNING.replace(year=2025)

"""Decisions and the office's words: what the reporter sees of each."""

import datetime as dt

import pytest

from moderation.ledger.models import Lead
from moderation.triage.actions import ask, decide, open_item, reply
from moderation.triage.models import TriageItem
from moderation.triage.notes import open_notes
from moderation.triage.wording import DECLINED, NO_SUBSTANCE
from portal.accounts.signed_in import SignedIn
from portal.audit.queries import history_of
from portal.common.errors import Invalid, Stale
from portal.intake.queries import open_messages, open_thread
from portal.intake.thread_actions import add_message
from tests.moderation.triage.items import (
    EVEN_LATER,
    FILED,
    LATER,
    again,
    filed,
    item_in,
    item_of,
    report_of,
)
from tests.people import CITY, People, file_tip

STATUS = {
    "lead": "accepted",
    "investigation_dept": "accepted",
    "supervisory_commission": "referred",
    "complaints_dept": "accepted",
    "suggestion_reply": "accepted",
    "inquiry_reply": "in_progress",
    "other_body": "referred",
    "repeat": "accepted",
    "escalated": "in_progress",
    "classified_material": "accepted",
    "no_substance": "supplement_needed",
}


def decided(actor: SignedIn, item: TriageItem, outcome: str, reason: str = "", note: str = "") -> TriageItem:
    return decide(
        actor=actor,
        item_id=item.pk,
        version=item.version,
        outcome=outcome,
        reason=reason,
        note=note,
        now=LATER,
    )


def words(item: TriageItem, people: People) -> list[tuple[str, bool, str | None]]:
    entries = open_messages(report_of(item), people.triager.keyring)
    return [(entry.act, entry.final, entry.text) for entry in entries]


@pytest.mark.parametrize("outcome", STATUS)
def test_each_outcome_gives_its_public_status(outcome: str, people: People) -> None:
    item = decided(people.triager, filed(), outcome)

    assert (item.state, item.outcome, item.decided_at, item.version) == ("decided", outcome, LATER, 2)
    assert report_of(item).status == STATUS[outcome]


@pytest.mark.parametrize("reason", DECLINED)
def test_declining_sends_the_fixed_words_and_ends_the_clocks(reason: str, people: People) -> None:
    item = decided(people.leader, filed(), "declined", reason)

    report = report_of(item)
    assert (item.outcome, item.reason, item.due) == ("declined", reason, None)
    assert (report.status, report.reply_due) == ("declined", None)
    assert words(item, people) == [("reply", True, DECLINED[reason])]


def test_every_refusal_says_where_to_go() -> None:
    assert [code for code, text in DECLINED.items() if "请" not in text or "1" not in text] == []


@pytest.mark.parametrize(
    ("outcome", "reason", "field"),
    [
        ("declined", "", "reason"),
        ("declined", "N10", "reason"),
        ("lead", "N1", "reason"),
        ("closed", "", "outcome"),
        ("", "", "outcome"),
    ],
)
def test_an_outcome_without_its_reason_is_refused(
    outcome: str, reason: str, field: str, people: People
) -> None:
    item = filed()

    with pytest.raises(Invalid) as refused:
        decided(people.triager, item, outcome, reason)

    assert list(refused.value.fields) == [field]
    assert again(item).version == 1


def test_a_lead_is_registered_with_the_ledger_in_the_same_act(people: People) -> None:
    item = decided(people.triager, filed(), "lead")

    lead = Lead.objects.get(report_id=item.pk)
    assert (item.lead_id, lead.organ_id) == (lead.pk, CITY)
    assert (item.due, report_of(item).status) == (dt.date(2026, 3, 9), "accepted")  # the reply is still owed


def test_a_reopened_lead_decided_again_stays_one_lead(people: People) -> None:
    item = decided(people.triager, filed(), "lead")
    item = open_item(actor=people.triager, item_id=item.pk, version=item.version, now=LATER)

    again_decided = decided(people.triager, item, "lead")

    assert again_decided.lead_id == item.lead_id
    assert Lead.objects.filter(report_id=item.pk).count() == 1


def test_a_stale_decision_leaves_neither_lead_nor_word(people: People) -> None:
    item = filed()
    decided(people.triager2, item, "complaints_dept")

    with pytest.raises(Stale):
        decided(people.triager, item, "lead")

    assert Lead.objects.filter(report_id=item.pk).count() == 0
    assert words(item, people) == []


def test_the_note_of_a_decision_stays_in_the_house(people: People) -> None:
    receipt = file_tip(now=FILED)

    item = decided(people.triager, item_of(receipt), "complaints_dept", note="与三月来件相近")

    assert [note.text for note in open_notes(item, people.leader.keyring)] == ["与三月来件相近"]
    assert open_thread(receipt.number).messages == ()


def test_no_substance_tells_what_is_missing_and_an_answer_opens_it_again(people: People) -> None:
    receipt = file_tip(now=FILED)
    item = decided(people.triager, item_of(receipt), "no_substance")
    assert words(item, people) == [("reply", False, NO_SUBSTANCE)]

    add_message(receipt=receipt.number, text="时间是三月五日下午。", now=EVEN_LATER)

    item = again(item)
    assert (item.state, item.outcome, report_of(item).status) == ("open", "", "in_progress")


def test_a_question_is_asked_once_and_the_answer_restarts_the_clock(people: People) -> None:
    receipt = file_tip(now=FILED)
    item = ask(actor=people.triager, item_id=receipt.report, version=1, text="请补充时间和地点。", now=LATER)
    thread = open_thread(receipt.number)
    assert (item.state, item.due, thread.status, thread.asked) == (
        "waiting",
        None,
        "supplement_needed",
        "请补充时间和地点。",
    )

    add_message(receipt=receipt.number, text="三月五日，城东茶楼。", now=EVEN_LATER)

    item = again(item)
    assert (item.state, item.due, report_of(item).status) == ("open", dt.date(2026, 3, 11), "submitted")
    with pytest.raises(Invalid):
        ask(actor=people.triager, item_id=item.pk, version=item.version, text="还有呢？", now=EVEN_LATER)


def test_the_office_may_stop_waiting(people: People) -> None:
    item = item_in("waiting", people)

    item = open_item(actor=people.triager, item_id=item.pk, version=item.version, now=EVEN_LATER)

    assert (item.state, item.due, report_of(item).status) == ("open", dt.date(2026, 3, 11), "submitted")


def test_a_reply_reaches_the_reporter_and_moves_the_status(people: People) -> None:
    receipt = file_tip(now=FILED)

    item = reply(actor=people.triager, item_id=receipt.report, version=1, text="已登记。", now=LATER)

    thread = open_thread(receipt.number)
    assert (item.state, item.version, item.due) == ("open", 2, dt.date(2026, 6, 2))
    assert [entry.text for entry in thread.messages] == ["已登记。"]
    assert (thread.status, thread.reply_due) == ("in_progress", dt.date(2026, 6, 2))


def test_a_final_reply_answers_and_a_later_decision_does_not_take_it_back(people: People) -> None:
    receipt = file_tip(now=FILED)
    item = reply(
        actor=people.triager, item_id=receipt.report, version=1, text="已采纳。", final=True, now=LATER
    )
    assert (report_of(item).status, item.due) == ("answered", None)

    item = decided(people.triager, item, "suggestion_reply")

    assert (item.state, report_of(item).status) == ("decided", "answered")


def test_an_empty_reply_is_refused(people: People) -> None:
    item = filed()

    with pytest.raises(Invalid) as refused:
        reply(actor=people.triager, item_id=item.pk, version=item.version, text=" \n", now=LATER)

    assert refused.value.fields == {"text": "请填写内容。"}


def test_reopening_a_declined_item_owes_both_replies_again(people: People) -> None:
    item = decided(people.triager, filed(), "declined", "N2")

    item = open_item(actor=people.triager, item_id=item.pk, version=item.version, now=EVEN_LATER)

    assert (item.state, item.outcome, item.reason, item.decided_at) == ("open", "", "", None)
    assert (item.due, report_of(item).status) == (dt.date(2026, 3, 11), "in_progress")


def test_acts_are_in_the_holders_log_in_words_from_closed_lists(people: People) -> None:
    item = decided(people.triager, filed(), "declined", "N2", note="不该出现在日志里")

    entries = history_of(kind="report", object_id=item.pk, organs=frozenset({CITY}))

    assert [(entry.actor, entry.action, entry.detail) for entry in entries] == [
        ("public", "report_filed", {"kind": "tip", "channel": "web"}),
        ("triager", "item_decide", {"outcome": "declined", "reason": "N2"}),
    ]

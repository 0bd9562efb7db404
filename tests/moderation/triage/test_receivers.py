"""What happens in the queue when a report is filed, grows, moves up, is withdrawn or rated."""

import datetime as dt

import pytest

from moderation.triage.actions import ask, decide, lift, merge, reply, void
from moderation.triage.models import TriageItem
from moderation.triage.queries import item_detail, visible_to
from moderation.triage.receivers import metrics, report_filed
from portal.common.errors import NotFound
from portal.hooks import Finding
from portal.intake.models import Report
from portal.intake.thread_actions import add_message, rate, withdraw
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
from tests.people import CITY, COUNTY, PROVINCE, People, file_tip


def test_a_filed_report_stands_in_its_holders_queue(people: People) -> None:
    item = filed(organ=COUNTY)

    assert (item.holder_id, item.addressed_id, item.state, item.kind, item.channel, item.urgent) == (
        CITY,
        COUNTY,
        "open",
        "tip",
        "web",
        False,
    )
    assert (item.received_at, item.due, item.due_sort, item.rank) == (
        FILED,
        dt.date(2026, 3, 9),
        dt.date(2026, 3, 9),
        1,
    )


def test_urgent_words_raise_the_item(people: People) -> None:
    item = filed(text="他扬言今晚要同归于尽，请尽快处理。")

    assert (item.urgent, item.rank) == (True, 0)


def test_a_finding_that_holds_keeps_the_item_out_of_the_queue(people: People) -> None:
    item = filed()
    report = report_of(item)
    TriageItem.objects.filter(pk=item.pk).delete()

    report_filed(report=report, findings=[Finding("flood", "hold", "text")], now=FILED)

    assert again(item).state == "held"


def test_a_supplement_makes_a_new_version_of_an_open_item(people: People) -> None:
    receipt = file_tip(now=FILED)

    add_message(receipt=receipt.number, text="另有一次在五月。", now=LATER)

    item = item_of(receipt)
    assert (item.state, item.version, item.due) == ("open", 2, dt.date(2026, 3, 9))


@pytest.mark.parametrize("state", ["held", "void_proposed", "void", "decided"])
def test_a_supplement_opens_whatever_was_settled_without_it(state: str, people: People) -> None:
    receipt = file_tip(now=FILED)
    item = item_of(receipt)
    if state == "held":
        TriageItem.objects.filter(pk=item.pk).update(state="held")
    else:
        TriageItem.objects.filter(pk=item.pk).delete()
        report_filed(report=report_of(item), findings=[], now=FILED)
        settle(state, item, people)

    add_message(receipt=receipt.number, text="另有一次在五月。", now=EVEN_LATER)

    assert again(item).state == ("held" if state == "held" else "open")


def settle(state: str, item: TriageItem, people: People) -> None:
    if state == "decided":
        decide(actor=people.triager, item_id=item.pk, version=1, outcome="complaints_dept", now=LATER)
        return
    row = void(actor=people.moderator, item_id=item.pk, version=1, reason="广告", now=LATER)
    if state == "void":
        void(actor=people.moderator2, item_id=item.pk, version=row.version, now=LATER)


def test_a_supplement_that_names_the_holder_moves_the_item_out_of_its_sight(people: People) -> None:
    receipt = file_tip(now=FILED)
    item = decide(
        actor=people.triager, item_id=receipt.report, version=1, outcome="complaints_dept", now=LATER
    )

    add_message(receipt=receipt.number, text="成都市人民检察院的张某也参与了。", now=EVEN_LATER)

    item = again(item)
    assert (item.holder_id, item.state, item.outcome, item.awaits_lift) == (PROVINCE, "open", "", True)
    assert list(visible_to(people.triager.staff).filter(pk=item.pk)) == []
    with pytest.raises(NotFound):
        item_detail(staff=people.leader.staff, keyring=people.leader.keyring, item_id=item.pk)


def test_the_supervisor_above_brings_the_earlier_parts_up(people: People) -> None:
    receipt = file_tip(now=FILED)
    add_message(receipt=receipt.number, text="成都市人民检察院的张某也参与了。", now=LATER)
    item = item_of(receipt)
    triager, supervisor = people.triager_province, people.supervisor_province
    before = item_detail(staff=triager.staff, keyring=triager.keyring, item_id=item.pk)
    assert (before.content, [entry.text for entry in before.messages]) == (
        None,
        ["成都市人民检察院的张某也参与了。"],
    )

    item = lift(actor=supervisor, item_id=item.pk, version=item.version, now=EVEN_LATER)

    after = item_detail(staff=triager.staff, keyring=triager.keyring, item_id=item.pk)
    assert after.content is not None
    assert (item.holder_id, item.awaits_lift, after.content.title) == (
        PROVINCE,
        False,
        "锦江区院一名干警收受请托人财物",
    )
    assert list(visible_to(supervisor.staff).filter(pk=item.pk)) == []


def test_what_was_merged_into_a_moved_item_stays_behind_on_its_own(people: People) -> None:
    receipt, repeat = file_tip(now=FILED), filed()
    merge(actor=people.triager, item_id=repeat.pk, version=1, into=receipt.report, now=LATER)

    add_message(receipt=receipt.number, text="成都市人民检察院的张某也参与了。", now=EVEN_LATER)

    repeat = again(repeat)
    assert (repeat.holder_id, repeat.state, repeat.merged_into_id) == (CITY, "open", None)


def test_withdrawing_ends_the_wait_and_the_dates(people: People) -> None:
    receipt = file_tip(now=FILED)
    ask(actor=people.triager, item_id=receipt.report, version=1, text="何时？", now=LATER)

    withdraw(receipt=receipt.number, now=EVEN_LATER)

    item = item_of(receipt)
    assert (item.state, item.due) == ("open", None)


def test_a_rating_changes_nothing_in_the_queue(people: People) -> None:
    receipt = file_tip(now=FILED)
    item = reply(actor=people.triager, item_id=receipt.report, version=1, text="已办。", now=LATER)

    rate(receipt=receipt.number, rating=5, now=EVEN_LATER)

    assert again(item).version == item.version
    assert Report.objects.get(pk=item.pk).rating == 5


def test_metrics_show_no_single_report(people: People) -> None:
    before = metrics()

    for _ in range(3):
        item_in("decided", people)

    assert (
        before
        == metrics()
        == {
            "yanlu_triage_items": 0.0,
            "yanlu_triage_undecided": 0.0,
            "yanlu_triage_overdue": 0.0,
        }
    )

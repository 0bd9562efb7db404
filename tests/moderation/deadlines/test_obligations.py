"""The clocks of one report: started, kept, paused, restarted, ended."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from moderation.deadlines.actions import cancel_clocks, restart_clocks, revive_clocks
from moderation.deadlines.models import Obligation
from moderation.triage.models import TriageItem
from portal.common.clock import BEIJING
from portal.common.ids import new_id
from portal.intake.actions import Receipt, post_office_message, set_status
from portal.intake.models import Report
from portal.intake.thread_actions import withdraw
from tests.people import People, file_tip


def at(month: int, day: int, year: int = 2021) -> dt.datetime:
    return dt.datetime(year, month, day, 10, 0, tzinfo=BEIJING)


FILED = at(9, 28)
PROCEDURAL, SUBSTANTIVE = dt.date(2021, 10, 8), dt.date(2021, 12, 28)


def filed(now: dt.datetime = FILED) -> Report:
    return Report.objects.get(pk=file_tip(now=now).report)


def owed(report: Report) -> dict[str, tuple[dt.date, str, str]]:
    """Rule → due, fulfilled by, cancelled for."""
    rows = Obligation.objects.filter(report=report)
    return {row.rule_code: (row.due, row.fulfilled_by, row.cancelled_for) for row in rows}


def promised(report: Report) -> tuple[dt.date | None, dt.date | None]:
    """What the reporter is promised, and what the queue sorts by."""
    due = TriageItem.objects.get(pk=report.pk).due
    return Report.objects.get(pk=report.pk).reply_due, due


def reply(report: Report, people: People, *, final: bool, now: dt.datetime) -> None:
    with transaction.atomic():
        post_office_message(
            report=report, actor=people.triager, text="已收到。", act="reply", final=final, now=now
        )


def test_national_day_moves_the_seventh_day_to_the_first_working_day(people: People) -> None:
    receipt = file_tip(now=FILED)

    report = Report.objects.get(pk=receipt.report)
    assert receipt.reply_due == PROCEDURAL
    assert promised(report) == (PROCEDURAL, PROCEDURAL)
    assert owed(report) == {
        "procedural_reply": (PROCEDURAL, "", ""),
        "substantive_reply": (SUBSTANTIVE, "", ""),
    }


def test_three_months_are_calendar_months_and_november_ends_in_february(people: People) -> None:
    report = filed(at(11, 30, year=2025))

    substantive = Obligation.objects.get(report=report, rule_code="substantive_reply")

    assert substantive.original_due == dt.date(2026, 2, 28)  # a make-up Saturday, so it does not move


def test_an_unpublished_year_is_counted_and_marked_provisional(people: People) -> None:
    report = filed(at(11, 30, year=2035))

    flags = Obligation.objects.filter(report=report).values_list("provisional", flat=True)

    assert list(flags) == [True, True]


def test_a_reply_fulfils_the_procedural_clock_only(people: People) -> None:
    report = filed()

    reply(report, people, final=False, now=at(9, 29))

    assert owed(report) == {
        "procedural_reply": (PROCEDURAL, "reply", ""),
        "substantive_reply": (SUBSTANTIVE, "", ""),
    }
    assert promised(report) == (SUBSTANTIVE, SUBSTANTIVE)


def test_a_final_reply_fulfils_both(people: People) -> None:
    report = filed()

    reply(report, people, final=True, now=at(9, 29))

    assert owed(report) == {
        "procedural_reply": (PROCEDURAL, "final_reply", ""),
        "substantive_reply": (SUBSTANTIVE, "final_reply", ""),
    }
    assert promised(report) == (None, None)


@pytest.mark.parametrize(
    ("status", "fulfilled", "cancelled"),
    [("answered", "answered", ""), ("declined", "declined", ""), ("referred", "", "referred")],
)
def test_a_status_that_ends_the_story_closes_what_is_open(
    people: People, status: str, fulfilled: str, cancelled: str
) -> None:
    report = filed()

    with transaction.atomic():
        set_status(report=report, status=status, now=at(9, 29))

    assert owed(report) == {
        "procedural_reply": (PROCEDURAL, fulfilled, cancelled),
        "substantive_reply": (SUBSTANTIVE, fulfilled, cancelled),
    }
    assert promised(report) == (None, None)


@pytest.mark.parametrize("status", ["accepted", "in_progress", "supplement_needed"])
def test_any_other_status_leaves_the_clocks_alone(people: People, status: str) -> None:
    report = filed()

    with transaction.atomic():
        set_status(report=report, status=status, now=at(9, 29))

    assert promised(report) == (PROCEDURAL, PROCEDURAL)


def test_a_withdrawal_cancels_both(people: People) -> None:
    receipt: Receipt = file_tip(now=FILED)

    report = withdraw(receipt=receipt.number, now=at(9, 29))

    assert owed(report) == {
        "procedural_reply": (PROCEDURAL, "", "withdrawn"),
        "substantive_reply": (SUBSTANTIVE, "", "withdrawn"),
    }
    assert promised(report) == (None, None)


def test_a_question_stops_the_clocks_and_the_restart_keeps_the_first_date(people: People) -> None:
    report = filed()
    with transaction.atomic():
        post_office_message(report=report, actor=people.triager, text="何时？", act="question", now=at(9, 29))
    assert promised(report) == (None, None)

    with transaction.atomic():
        restart_clocks(report=report, now=at(10, 20))

    rows = Obligation.objects.filter(report=report).order_by("due")
    assert [(row.started_on, row.original_due, row.due, row.paused_on) for row in rows] == [
        (dt.date(2021, 10, 20), PROCEDURAL, dt.date(2021, 10, 27), None),
        (dt.date(2021, 10, 20), SUBSTANTIVE, dt.date(2022, 1, 20), None),
    ]
    assert promised(report) == (dt.date(2021, 10, 27), dt.date(2021, 10, 27))


def test_a_restart_after_the_procedural_reply_does_not_owe_it_again(people: People) -> None:
    report = filed()
    reply(report, people, final=False, now=at(9, 29))

    with transaction.atomic():
        restart_clocks(report=report, now=at(10, 20))

    assert promised(report) == (dt.date(2022, 1, 20), dt.date(2022, 1, 20))
    assert Obligation.objects.filter(report=report).count() == 2


def test_a_report_taken_up_again_after_its_end_is_owed_both_again(people: People) -> None:
    report = filed()
    reply(report, people, final=True, now=at(9, 29))

    with transaction.atomic():
        restart_clocks(report=report, now=at(10, 20))

    assert promised(report) == (dt.date(2021, 10, 27), dt.date(2021, 10, 27))
    assert Obligation.objects.filter(report=report).count() == 4


def test_revived_clocks_keep_the_dates_first_promised(people: People) -> None:
    report = filed()
    with transaction.atomic():
        cancel_clocks(report=report, reason="void", now=at(9, 29))
    assert promised(report) == (None, None)

    with transaction.atomic():
        revive_clocks(report=report, reason="void")

    assert promised(report) == (PROCEDURAL, PROCEDURAL)


def test_the_database_refuses_a_second_live_clock_of_one_rule(people: People) -> None:
    report = filed()
    twice = Obligation.objects.get(report=report, rule_code="procedural_reply")
    twice.pk = new_id()

    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.bulk_create([twice])

"""Every change of what a report is owed. All of them run in the caller's transaction."""

import datetime as dt
from uuid import UUID

from moderation.deadlines.models import Obligation, Rule
from moderation.deadlines.queries import live_obligations, nearest_due, rules_on
from portal import hooks
from portal.calendar.counting import Calendar, Due, Unit, due_after
from portal.calendar.queries import the_calendar
from portal.common.clock import local_date
from portal.intake.actions import set_reply_due
from portal.intake.models import Report

PROCEDURAL = "procedural_reply"
SUBSTANTIVE = "substantive_reply"
REPLIES = (PROCEDURAL, SUBSTANTIVE)
"""Both clocks of 刑事诉讼规则 163, started together by every report."""


def start_clocks(*, report: Report, now: dt.datetime) -> None:
    """Start the two reply clocks from this day. Raises `NotReady` without rules."""
    day, calendar = local_date(now), the_calendar()
    started = [_started(report.id, rule, day, calendar) for rule in rules_on(day, *REPLIES)]
    Obligation.objects.bulk_create(started)
    _publish(report, min(obligation.due for obligation in started))


def pause_clocks(*, report: Report, now: dt.datetime) -> None:
    """Stand still while the reporter completes the material (刑事诉讼规则 162)."""
    live_obligations(report.id).filter(paused_on__isnull=True).update(paused_on=local_date(now))
    publish_due(report=report)


def restart_clocks(*, report: Report, now: dt.datetime) -> None:
    """Count anew from the day the material is complete (刑事诉讼规则 162); `original_due` stays.

    A report that is owed nothing any more, because it was answered or declined before, is owed both
    replies again.
    """
    owed = list(live_obligations(report.id).select_related("rule"))
    if not owed:
        start_clocks(report=report, now=now)
        return
    day, calendar = local_date(now), the_calendar()
    for obligation in owed:
        due = _due(obligation.rule, day, calendar)
        live_obligations(report.id).filter(pk=obligation.pk).update(
            started_on=day, due=due.date, provisional=due.provisional, paused_on=None
        )
    publish_due(report=report)


def fulfil(*, report: Report, by: str, now: dt.datetime, codes: tuple[str, ...] = REPLIES) -> None:
    """What these rules ask for is done; `by` is one of `Obligation.FulfilledBy`."""
    live_obligations(report.id).filter(rule_code__in=codes).update(fulfilled_at=now, fulfilled_by=by)
    publish_due(report=report)


def cancel_clocks(*, report: Report, reason: str, now: dt.datetime) -> None:
    """Nothing is owed any more; `reason` is one of `Obligation.CancelledFor`."""
    live_obligations(report.id).update(cancelled_at=now, cancelled_for=reason)
    publish_due(report=report)


def revive_clocks(*, report: Report, reason: str) -> None:
    """Undo a cancellation: the dates are those promised before, for the mistake was the office's."""
    live = live_obligations(report.id).values_list("rule_code", flat=True)
    Obligation.objects.filter(report=report, cancelled_for=reason).exclude(rule_code__in=list(live)).update(
        cancelled_at=None, cancelled_for=""
    )
    publish_due(report=report)


def publish_due(*, report: Report) -> None:
    """Promise the reporter the nearest date, and tell the floors above."""
    _publish(report, nearest_due(report.id))


def _publish(report: Report, due: dt.date | None) -> None:
    set_reply_due(report=report, due=due)
    hooks.due_changed(report=report, due=due)


def _started(report: UUID, rule: Rule, day: dt.date, calendar: Calendar) -> Obligation:
    due = _due(rule, day, calendar)
    return Obligation(
        report_id=report,
        rule=rule,
        rule_code=rule.code,
        started_on=day,
        original_due=due.date,
        due=due.date,
        provisional=due.provisional,
    )


def _due(rule: Rule, day: dt.date, calendar: Calendar) -> Due:
    unit: Unit = rule.unit  # type: ignore[assignment]  # the table's check constraint admits no other word
    return due_after(day, length=rule.length, unit=unit, calendar=calendar)

"""Taking up a report again: what its reporter sees, and what it is owed from then on."""

import datetime as dt

from moderation.deadlines.actions import restart_clocks, revive_clocks
from moderation.deadlines.models import Obligation
from moderation.triage.models import State
from portal.intake.actions import set_status
from portal.intake.models import Message, Report, Status

ENDED = frozenset({Status.ANSWERED, Status.DECLINED, Status.REFERRED, Status.SUPPLEMENT_NEEDED})
"""Status words that say nobody at the office is working on it."""


def resume_story(*, report: Report, was: str, now: dt.datetime) -> None:
    """The item stood in state `was` and is being worked on again. Call in a transaction.

    Out of `void` the old dates are owed again; a completed or reopened report is counted from this day
    (刑事诉讼规则 162). A withdrawn report is owed nothing.
    """
    if was == State.VOID:
        if report.withdrawn_at is None:
            revive_clocks(report=report, reason=Obligation.CancelledFor.VOID)
        return
    if was != State.WAITING and report.status not in ENDED:
        return
    completed_at_once = was == State.WAITING and not _has_been_answered(report)
    set_status(report=report, status=Status.SUBMITTED if completed_at_once else Status.IN_PROGRESS, now=now)
    if report.withdrawn_at is None:
        restart_clocks(report=report, now=now)


def _has_been_answered(report: Report) -> bool:
    return Message.objects.filter(report=report, act=Message.Act.REPLY).exists()

"""What deadlines do when something happens to a report."""

import datetime as dt

from moderation.deadlines.actions import (
    PROCEDURAL,
    cancel_clocks,
    fulfil,
    pause_clocks,
    start_clocks,
)
from moderation.deadlines.models import Obligation
from portal.hooks import Finding
from portal.intake.models import Message, Report, Status


def report_filed(*, report: Report, findings: list[Finding], now: dt.datetime) -> None:
    """Start the two reply clocks."""
    start_clocks(report=report, now=now)


def report_withdrawn(*, report: Report, now: dt.datetime) -> None:
    """Nobody waits for an answer any more."""
    cancel_clocks(report=report, reason=Obligation.CancelledFor.WITHDRAWN, now=now)


def public_change(*, report: Report, what: str, now: dt.datetime) -> None:
    """A reply fulfils, a question pauses, a status that ends the story closes what is open."""
    if what == Message.Act.REPLY:
        _replied(report, now)
    elif what == Message.Act.QUESTION:
        pause_clocks(report=report, now=now)
    elif what == "status":
        _ended(report, now)


def _replied(report: Report, now: dt.datetime) -> None:
    replies = Message.objects.filter(report=report, act=Message.Act.REPLY)
    newest = replies.order_by("-at").values_list("at", flat=True).first()
    # several replies may share the newest moment; one of them being final is enough
    if newest is not None and replies.filter(at=newest, final=True).exists():
        fulfil(report=report, by=Obligation.FulfilledBy.FINAL_REPLY, now=now)
    else:
        fulfil(report=report, by=Obligation.FulfilledBy.REPLY, now=now, codes=(PROCEDURAL,))


def _ended(report: Report, now: dt.datetime) -> None:
    if report.status == Status.ANSWERED:
        fulfil(report=report, by=Obligation.FulfilledBy.ANSWERED, now=now)
    elif report.status == Status.DECLINED:
        fulfil(report=report, by=Obligation.FulfilledBy.DECLINED, now=now)
    elif report.status == Status.REFERRED:
        cancel_clocks(report=report, reason=Obligation.CancelledFor.REFERRED, now=now)

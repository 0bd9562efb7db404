"""What the queue does when something happens to a report."""

import datetime as dt
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Q

from moderation.ledger.concealing import conceal_leads, lead_ids
from moderation.triage.gate import REOPENED, UNCLAIMED
from moderation.triage.indexing import leave
from moderation.triage.models import State, TriageItem
from moderation.triage.reopening import resume_story
from moderation.triage.transitions import AFTER_A_MESSAGE
from portal.accounts.drafts import drop_drafts
from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.common.sqlite.wal import fold_wal
from portal.hooks import Finding
from portal.intake.models import Message, Report

URGENT = "urgent_words"
_GRAIN = 50
_METRICS_SECONDS = 600


def report_filed(*, report: Report, findings: list[Finding], now: dt.datetime) -> None:
    """Put the report into its holder's queue, on hold where screening wants a human first."""
    held = any(finding.severity == "hold" for finding in findings)
    TriageItem.objects.create(
        report=report,
        holder_id=report.holder_id,
        state=State.HELD if held else State.OPEN,
        kind=report.kind,
        channel=report.channel,
        addressed_id=report.addressed_id,
        received_at=report.received_at,
        urgent=any(finding.code == URGENT for finding in findings),
    )


def report_added(
    *,
    report: Report,
    message: Message,
    findings: list[Finding],
    moved_from: str | None,
    now: dt.datetime,
) -> None:
    """The reporter wrote: whatever was decided without it is open again, and nobody acts on the old version.

    Where the words moved the report up, the row moves along and waits for its earlier parts to be carried
    over; what was merged into it stays behind on its own.
    """
    item = TriageItem.objects.select_for_update().get(pk=report.pk)
    to = AFTER_A_MESSAGE[item.state]
    fields: dict[str, Any] = {"state": to, "indexed": False}
    if to != item.state:
        fields |= REOPENED
    if item.state == State.DECIDED:
        fields["asked_at"] = None  # new evidence may need a question of its own
    if moved_from is not None:
        fields |= {**UNCLAIMED, "holder_id": report.holder_id, "awaits_lift": True}
        leave([item.pk])
        _leave_behind(item)
        conceal_leads(report)
    if any(finding.code == URGENT for finding in findings):
        fields["urgent"] = True
    TriageItem.objects.filter(pk=item.pk).update(version=F("version") + 1, **fields)
    if moved_from is not None:
        drop_drafts(about=[report.pk, *lead_ids([report.pk])])
        transaction.on_commit(fold_wal)
    resume_story(report=report, was=item.state, now=now)


def _leave_behind(item: TriageItem) -> None:
    repeats = TriageItem.objects.filter(merged_into=item.pk)
    repeats.update(version=F("version") + 1, state=State.OPEN, **REOPENED)


def report_withdrawn(*, report: Report, now: dt.datetime) -> None:
    """The office may still have to look into it; only an answer is no longer waited for."""
    item = TriageItem.objects.select_for_update().get(pk=report.pk)
    to = State.OPEN if item.state == State.WAITING else item.state
    TriageItem.objects.filter(pk=item.pk).update(version=F("version") + 1, state=to)


def report_rated(*, report: Report, now: dt.datetime) -> None:
    """A rating changes nothing in the queue; it stands with the report."""


def due_changed(*, report: Report, due: dt.date | None) -> None:
    """Sort by the date that comes next. No new version: nobody's decision rests on it."""
    TriageItem.objects.filter(pk=report.pk).update(due=due)


def metrics() -> dict[str, float]:
    """Totals of the whole installation up to yesterday, rounded down to fifties.

    Finer ones would show when a single report comes in or moves, and an accused organ's sysadmin may watch.
    """
    figures: dict[str, float] | None = cache.get("triage:metrics")
    if figures is None:
        figures = _figures(local_date(present()))
        cache.set("triage:metrics", figures, _METRICS_SECONDS)
    return figures


def _figures(today: dt.date) -> dict[str, float]:
    midnight = dt.datetime.combine(today, dt.time(), tzinfo=present().tzinfo)
    undecided = Q(state__in=[State.HELD, State.OPEN, State.WAITING, State.VOID_PROPOSED])
    counts = TriageItem.objects.filter(received_at__lt=midnight).aggregate(
        yanlu_triage_items=Count("pk"),
        yanlu_triage_undecided=Count("pk", filter=undecided),
        yanlu_triage_overdue=Count("pk", filter=Q(due__lt=today)),
    )
    return {name: float(count // _GRAIN * _GRAIN) for name, count in counts.items()}

"""Reading rules and what is owed."""

import datetime as dt
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from moderation.deadlines.models import LIVE, Obligation, Rule
from portal.common.errors import NotReady


def rules_on(day: dt.date, *codes: str) -> list[Rule]:
    """The version of each rule in force on a day, in the order asked for.

    Raises `NotReady` where one is missing: without its rules the house cannot promise a date.
    """
    in_force = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    newest = {rule.code: rule for rule in Rule.objects.filter(in_force, code__in=codes).order_by("version")}
    if set(codes) - set(newest):
        raise NotReady
    return [newest[code] for code in codes]


def live_obligations(report: UUID) -> QuerySet[Obligation]:
    """What the report is still owed, paused or not."""
    return Obligation.objects.filter(LIVE, report=report)


def nearest_due(report: UUID) -> dt.date | None:
    """The next date the office has to keep; `None` when nothing is owed or the clocks stand."""
    running = live_obligations(report).filter(paused_on__isnull=True)
    found: dt.date | None = running.aggregate(due=Min("due"))["due"]
    return found


def obligations_of(report: UUID) -> list[Obligation]:
    """Everything a report was or is owed, with its rules, oldest first."""
    return list(
        Obligation.objects.filter(report=report).select_related("rule").order_by("started_on", "due", "id")
    )

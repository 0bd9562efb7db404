"""What the queue can be narrowed to and sorted by; every column lies on the item's own row."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from moderation.triage.models import Outcome, State, TriageItem
from portal.accounts.models import Staff
from portal.common.clock import local_date
from portal.common.errors import Invalid
from portal.intake.models import Channel, Kind

FILTERS = ("state", "outcome", "kind", "channel", "q", "due", "claimed", "sort")
LONGEST_Q = 60

_BY_RECEIPT = ("received_at", "report_id")
NEWEST_FIRST = ("-received_at", "-report_id")
ORDERS: dict[str, tuple[str, ...]] = {
    "": ("rank", "due_sort", *_BY_RECEIPT),
    "due": ("due_sort", *_BY_RECEIPT),
    "received": _BY_RECEIPT,
    "-received": NEWEST_FIRST,
}
"""Sort word → columns. Without one: urgent, then by date, then by receipt; what is decided comes behind."""
_WEEK = dt.timedelta(days=7)

_CLOSED: dict[str, tuple[str, ...]] = {
    "state": tuple(State.values),
    "outcome": tuple(Outcome.values),
    "kind": tuple(Kind.values),
    "channel": tuple(Channel.values),
    "due": ("overdue", "today", "week"),
    "claimed": ("me", "none", "any"),
    "sort": tuple(ORDERS),
}


@dataclass(frozen=True)
class QueueFilters:
    """What a list is narrowed to; an empty field does not narrow. Void items need `state="void"`.

    `due`: overdue, today, or week (today and the seven days after). `claimed`: me, none, any.
    """

    state: str = ""
    outcome: str = ""
    kind: str = ""
    channel: str = ""
    q: str = ""
    due: str = ""
    claimed: str = ""
    sort: str = ""


def queue_filters(given: Mapping[str, str]) -> QueueFilters:
    """Filters from words as typed, only those of `FILTERS`. Raises `Invalid` naming what is not a choice."""
    problems = {
        name: f"可选：{'、'.join(word for word in words if word)}。"
        for name, words in _CLOSED.items()
        if given.get(name, "") not in ("", *words)
    }
    if len(given.get("q", "")) > LONGEST_Q:
        problems["q"] = f"最多 {LONGEST_Q} 个字。"
    if problems:
        raise Invalid(fields=problems)
    known = QueueFilters(**{name: value for name, value in given.items() if name in FILTERS})
    return replace(known, q=known.q.strip())


def narrowed(
    rows: QuerySet[TriageItem], filters: QueueFilters, *, staff: Staff, now: dt.datetime
) -> QuerySet[TriageItem]:
    """The rows the filters leave."""
    plain = {
        name: value for name in ("state", "outcome", "kind", "channel") if (value := getattr(filters, name))
    }
    rows = rows.filter(**plain)
    if filters.outcome:
        rows = rows.filter(state=State.DECIDED)  # only decided items have one; so the index serves
    elif not filters.state:
        rows = rows.exclude(state=State.VOID)
    if filters.due:
        rows = rows.filter(_due(filters.due, local_date(now)))
    if filters.claimed:
        rows = rows.filter(_claimed(filters.claimed, staff, now))
    return rows


def _due(word: str, today: dt.date) -> Q:
    return {
        "overdue": Q(due_sort__lt=today),
        "today": Q(due_sort=today),
        "week": Q(due_sort__gte=today, due_sort__lte=today + _WEEK),
    }[word]


def _claimed(word: str, staff: Staff, now: dt.datetime) -> Q:
    return {
        "me": Q(claimed_by=staff, claimed_until__gt=now),
        "none": Q(claimed_until__isnull=True) | Q(claimed_until__lte=now),
        "any": Q(claimed_until__gt=now),
    }[word]

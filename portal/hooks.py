"""How a lower floor starts work above it: typed calls to an ordered list of receivers.

Receivers are dotted paths in `settings.YANLU_HOOKS`. They run in the caller's transaction, in order;
one that raises undoes the caller's change. `portal.checks` refuses to start with a missing receiver.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from uuid import UUID

    from portal.accounts.models import Staff
    from portal.accounts.signed_in import SignedIn
    from portal.intake.models import Message, Report


@dataclass(frozen=True)
class SubjectText:
    """One subject as the reporter described it; any field may be empty."""

    name: str = ""
    organ: str = ""
    organ_text: str = ""
    post: str = ""


@dataclass(frozen=True)
class PreflightText:
    """All free text of a filing or a follow-up, held in memory only."""

    kind: str
    title: str = ""
    text: str = ""
    place: str = ""
    occurred: str = ""
    subjects: tuple[SubjectText, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What screening noticed. `start` and `end` count characters of the named field's original text."""

    code: str
    severity: Literal["info", "warning", "hold"]
    field: str
    start: int = 0
    end: int = 0
    organs: tuple[str, ...] = ()
    detail: str = ""


class Preflight(Protocol):
    """Text in, findings out. Runs before any transaction; must not write."""

    def __call__(self, text: PreflightText) -> list[Finding]: ...


class ReportFiled(Protocol):
    """A report has just been saved, in this transaction."""

    def __call__(self, *, report: Report, findings: list[Finding], now: dt.datetime) -> None: ...


class ReportAdded(Protocol):
    """The reporter added a message; the holder may have moved up because of it (`moved_from`)."""

    def __call__(
        self,
        *,
        report: Report,
        message: Message,
        findings: list[Finding],
        moved_from: str | None,
        now: dt.datetime,
    ) -> None: ...


class ReportEvent(Protocol):
    """The reporter withdrew or rated (`report_withdrawn`, `report_rated`)."""

    def __call__(self, *, report: Report, now: dt.datetime) -> None: ...


class PublicChange(Protocol):
    """Something the reporter can see has changed: a status, a reply, a question."""

    def __call__(self, *, report: Report, what: str, now: dt.datetime) -> None: ...


class DueChanged(Protocol):
    """The nearest open due date of a report is now `due` (none left: `None`)."""

    def __call__(self, *, report: Report, due: dt.date | None) -> None: ...


class Remind(Protocol):
    """An obligation nears or has passed its date."""

    def __call__(self, *, report: Report, rule: str, due: dt.date, now: dt.datetime) -> None: ...


class TamperingNoticed(Protocol):
    """Something sealed, signed or granted was not what it should be. `what`: key, grant, item, organs, row.

    `owner`: whose key it is, where that is known. Runs where it was noticed, which may be in a transaction
    that is about to fail.
    """

    def __call__(self, *, what: str, object_id: str, owner: str) -> None: ...


class InSight(Protocol):
    """Whether this object is one of the room's and this person may know of it.

    Called in a transaction; the object's row stays locked, so that it stays in sight until the end.
    """

    def __call__(self, *, staff: Staff, about: UUID) -> bool: ...


class StaffChanged(Protocol):
    """Somebody's roles were set or their account closed, by the administrator `by` (a user name)."""

    def __call__(self, *, staff: Staff, by: str, now: dt.datetime) -> None: ...


@dataclass(frozen=True)
class NamedIn:
    """A report that contains somebody's name."""

    report: UUID
    title: str


class ReportsNaming(Protocol):
    """The reports held by these organs that contain this name, as far as the actor's keys open them."""

    def __call__(self, *, actor: SignedIn, name: str, organs: Sequence[str]) -> list[NamedIn]: ...


class Metrics(Protocol):
    """Figures for `/metrics`: name → value, without anything that betrays a single report."""

    def __call__(self) -> dict[str, float]: ...


class ReferenceData(Protocol):
    """Loads a room's reference data; returns a line per change, none when nothing changed."""

    def __call__(self, *, now: dt.datetime) -> list[str]: ...


class Demo(Protocol):
    """Adds a room's demo data to a demo vault; doing it twice adds nothing."""

    def __call__(self) -> list[str]: ...


HOOKS = (
    "preflight",
    "report_filed",
    "report_added",
    "report_withdrawn",
    "report_rated",
    "public_change",
    "due_changed",
    "remind",
    "tampering_noticed",
    "reports_naming",
    "in_sight",
    "staff_changed",
    "metrics",
    "reference_data",
    "demo",
)


@cache
def receivers(name: str) -> tuple[Callable[..., object], ...]:
    """The receivers of one hook, in order. Raises `ImportError` for one that does not exist."""
    return tuple(import_string(path) for path in settings.YANLU_HOOKS.get(name, ()))


def load_all() -> None:
    """Import every receiver now, so that a missing one stops the start and not the first report."""
    for name in settings.YANLU_HOOKS:
        receivers(name)


def preflight(text: PreflightText) -> list[Finding]:
    """What every screening receiver finds in the text."""
    return [finding for check in receivers("preflight") for finding in cast(Preflight, check)(text)]


def report_filed(*, report: Report, findings: list[Finding], now: dt.datetime) -> None:
    """Tell the floors above that a report was saved."""
    for receive in receivers("report_filed"):
        cast(ReportFiled, receive)(report=report, findings=findings, now=now)


def report_added(
    *,
    report: Report,
    message: Message,
    findings: list[Finding],
    moved_from: str | None,
    now: dt.datetime,
) -> None:
    """Tell the floors above that the reporter added something."""
    for receive in receivers("report_added"):
        cast(ReportAdded, receive)(
            report=report, message=message, findings=findings, moved_from=moved_from, now=now
        )


def report_withdrawn(*, report: Report, now: dt.datetime) -> None:
    """Tell the floors above that the reporter withdrew."""
    for receive in receivers("report_withdrawn"):
        cast(ReportEvent, receive)(report=report, now=now)


def report_rated(*, report: Report, now: dt.datetime) -> None:
    """Tell the floors above that the reporter rated the answer."""
    for receive in receivers("report_rated"):
        cast(ReportEvent, receive)(report=report, now=now)


def public_change(*, report: Report, what: str, now: dt.datetime) -> None:
    """Tell the floors above that the reporter has something new to see."""
    for receive in receivers("public_change"):
        cast(PublicChange, receive)(report=report, what=what, now=now)


def due_changed(*, report: Report, due: dt.date | None) -> None:
    """Tell the floors above which date comes next."""
    for receive in receivers("due_changed"):
        cast(DueChanged, receive)(report=report, due=due)


def remind(*, report: Report, rule: str, due: dt.date, now: dt.datetime) -> None:
    """Tell the floors above that a date nears or has passed."""
    for receive in receivers("remind"):
        cast(Remind, receive)(report=report, rule=rule, due=due, now=now)


def reports_naming(*, actor: SignedIn, name: str, organs: Sequence[str]) -> list[NamedIn]:
    """What every room finds that names somebody who is about to be given a key."""
    return [
        found
        for look in receivers("reports_naming")
        for found in cast(ReportsNaming, look)(actor=actor, name=name, organs=organs)
    ]


def tampering_noticed(*, what: str, object_id: str, owner: str = "") -> None:
    """Tell the floors above that the store was changed by somebody else."""
    for receive in receivers("tampering_noticed"):
        cast(TamperingNoticed, receive)(what=what, object_id=object_id, owner=owner)


def in_sight(*, staff: Staff, about: UUID) -> bool:
    """Whether any room knows this object and shows it to this person. Call in a transaction."""
    return any(cast(InSight, look)(staff=staff, about=about) for look in receivers("in_sight"))


def staff_changed(*, staff: Staff, by: str, now: dt.datetime) -> None:
    """Tell the floors above that a person may do less than before."""
    for receive in receivers("staff_changed"):
        cast(StaffChanged, receive)(staff=staff, by=by, now=now)


def metrics() -> dict[str, float]:
    """All rooms' figures together."""
    return {name: value for read in receivers("metrics") for name, value in cast(Metrics, read)().items()}


def reference_data(*, now: dt.datetime) -> list[str]:
    """Load every room's reference data; the lines say what changed."""
    return [line for load in receivers("reference_data") for line in cast(ReferenceData, load)(now=now)]


def demo() -> list[str]:
    """Add every room's demo data; the lines say what was added."""
    return [line for add in receivers("demo") for line in cast(Demo, add)()]

"""What identities do when something happens below: a report moves up, somebody's roles change."""

import datetime as dt

from portal.accounts.models import Staff
from portal.audit.actions import PUBLIC
from portal.hooks import Finding
from portal.identity import ending
from portal.intake.models import Message, Report


def report_added(
    *,
    report: Report,
    message: Message,
    findings: list[Finding],
    moved_from: str | None,
    now: dt.datetime,
) -> None:
    """The reporter's words moved the report up: nothing lent below opens it any more."""
    if moved_from is not None:
        ending.report_moved(report, by=PUBLIC, now=now)


def staff_changed(*, staff: Staff, by: str, now: dt.datetime) -> None:
    """Roles were set or an account closed: what was lent to the person dies with the role it was lent for."""
    ending.staff_changed(staff, by=by, now=now)

"""How a request ends, before its time or at it. Whatever the reason, the half that was lent goes with it."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from portal.accounts.models import Staff
from portal.audit.actions import SYSTEM
from portal.common.sqlite.wal import fold_wal
from portal.identity.gate import change, log, may_ask
from portal.identity.models import OPEN_STATES, CarryOver, ClosedFor, IdentityRequest, State
from portal.intake.models import Report
from portal.vault.halves import custody_owner, take_lent_halves
from portal.vault.models import Envelope, SealedItem, VaultKey


def close(
    request: IdentityRequest, report: Report, action: str, *, why: ClosedFor, by: str, now: dt.datetime
) -> None:
    """End a request, delete what was lent for it, put it on record. Call in a transaction, report locked.

    Raises `Stale` where somebody was faster.
    """
    log(report, action, by=by, now=now, **({"why": why.value} if action == "identity_closed" else {}))
    change(request, State.CLOSED, ended_at=now, closed_for=why.value)
    _take_half(request, report)


def expire(request: IdentityRequest, *, now: dt.datetime) -> None:
    """End a request whose time is over, and delete what was lent for it, unless that was done before."""
    with transaction.atomic():
        report = Report.objects.select_for_update().get(pk=request.report_id)
        standing = IdentityRequest.objects.select_for_update().filter(pk=request.pk).first()
        if standing is None or standing.state != State.APPROVED:
            return
        log(report, "identity_expired", by=SYSTEM, now=now)
        change(standing, State.EXPIRED, ended_at=now)
        _take_half(standing, report)
    request.state, request.ended_at = standing.state, standing.ended_at


def end_expired(*, now: dt.datetime) -> int:
    """End every request whose time is over; how many there were."""
    rows = IdentityRequest.objects.filter(state=State.APPROVED, expires_at__lte=now)
    ended = 0
    for request in rows.order_by("expires_at"):
        expire(request, now=now)
        ended += 1
    return ended


def take_stray_halves() -> int:
    """Delete lent halves that no approved request stands behind (an old backup, a foreign row)."""
    lent = list(Envelope.objects.filter(share=Envelope.Share.LENT_HALF).select_related("recipient"))
    running = IdentityRequest.objects.filter(state=State.APPROVED)  # asked second: what is lent now stays
    lent_to = {
        (item, f"staff:{person}") for item, person in running.values_list("report__identity", "requester")
    }
    stray = [one.pk for one in lent if (one.item_id, _owner(one.recipient)) not in lent_to]
    if not stray:
        return 0
    with transaction.atomic():
        transaction.on_commit(fold_wal)
        return Envelope.objects.filter(pk__in=stray).delete()[0]


def report_moved(report: Report, *, by: str, now: dt.datetime) -> None:
    """A report went to another holder: requests end, what was lent dies, the custody half is to follow.

    Call in the transaction that moves it, report locked and saved. Everything is on record with the new
    holder only; whoever asked before keeps not even their own words about it.
    """
    if report.identity_id is None:
        return
    requests = list(IdentityRequest.objects.filter(report=report))
    for request in requests:
        if request.state in OPEN_STATES:
            close(request, report, "identity_closed", why=ClosedFor.MOVED, by=by, now=now)
    item = SealedItem.objects.get(pk=report.identity_id)
    take_lent_halves(item)
    words = [one for request in requests for one in (request.reason_id, request.answer_id) if one]
    personal = Envelope.objects.filter(recipient__purpose=VaultKey.Purpose.PERSONAL, item__in=words)
    personal.delete()
    transaction.on_commit(fold_wal)
    if custody_owner(item) == report.holder_id:
        CarryOver.objects.filter(report=report).delete()
    else:
        CarryOver.objects.get_or_create(report=report, defaults={"since": now})


def staff_changed(staff: Staff, *, by: str, now: dt.datetime) -> None:
    """Somebody may do less than before: end those of their requests they could not make today.

    Call in the transaction that changes them.
    """
    rows = IdentityRequest.objects.filter(requester=staff.pk, state__in=OPEN_STATES)
    reports = _locked_reports(rows.values_list("report", flat=True))
    for request in rows.order_by("report"):
        report = reports[request.report_id]
        if not may_ask(staff, report):
            close(request, report, "identity_closed", why=ClosedFor.LEFT, by=by, now=now)


def _locked_reports(ids: Iterable[object]) -> dict[object, Report]:
    rows = Report.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    return {report.pk: report for report in rows}


def _take_half(request: IdentityRequest, report: Report) -> None:
    if report.identity_id is not None:
        take_lent_halves(SealedItem(pk=report.identity_id), owner=f"staff:{request.requester_id}")
        transaction.on_commit(fold_wal)


def _owner(key: VaultKey | None) -> str:
    return key.path.rpartition("/")[2] if key else ""

"""What every act on a request passes through: whose is it, does the row hold, was nobody faster?

Locks are taken in one order, as everywhere: report, audit chain, request.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from portal.accounts.models import Staff
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn
from portal.audit.actions import record
from portal.common.errors import Invalid, NotFound, Stale
from portal.identity.custodians import decides_for
from portal.identity.marks import check_mark, set_mark
from portal.identity.models import IdentityRequest, State
from portal.intake.marks import check_mark as check_report_mark
from portal.intake.models import Report
from portal.intake.queries import visible_to
from portal.vault.models import SealedItem


def may_ask(staff: Staff, report: Report) -> bool:
    """Whether this person holds the other half: a queue role at the organ that holds the report."""
    return staff.active and staff.organ_id == report.holder_id and bool(staff.roles & QUEUE_ROLES)


def requests_of(actor: SignedIn) -> QuerySet[IdentityRequest]:
    """The person's own requests about reports they still see and hold the other half of."""
    if not actor.staff.roles & QUEUE_ROLES:
        return IdentityRequest.objects.none()
    reports = visible_to(actor.staff).filter(holder=actor.staff.organ_id)
    return IdentityRequest.objects.filter(requester=actor.staff.pk, report__in=reports)


def requests_to_decide(actor: SignedIn) -> QuerySet[IdentityRequest]:
    """The requests a custodian decides or has decided: of reports held where they answer for identities."""
    return IdentityRequest.objects.filter(report__holder__in=decides_for(actor))


def own_request(actor: SignedIn, request_id: UUID) -> IdentityRequest:
    """One of the person's own requests. Raises `NotFound`, and `Tampered` for a row not ours."""
    return _checked(requests_of(actor), request_id)


def request_to_decide(actor: SignedIn, request_id: UUID) -> IdentityRequest:
    """One of the requests a custodian decides. Raises `NotFound`, and `Tampered` for a row not ours."""
    return _checked(requests_to_decide(actor), request_id)


def _checked(rows: QuerySet[IdentityRequest], request_id: UUID) -> IdentityRequest:
    found = rows.select_related("report__identity", "requester", "decided_by").filter(pk=request_id).first()
    if found is None:
        raise NotFound
    check_mark(found)
    check_report_mark(found.report)
    return found


def identity_item(request: IdentityRequest) -> SealedItem:
    """The sealed identity the request is about. Raises `NotFound` where there is none."""
    if request.report.identity is None:
        raise NotFound
    return request.report.identity


def require_state(request: IdentityRequest, state: State) -> None:
    """Raises `Invalid` for a request that stands elsewhere."""
    if request.state != state:
        raise Invalid(f"这份申请现为“{State(request.state).label}”，不能进行这项操作。")


def locked_report(request: IdentityRequest) -> Report:
    """The report, locked, first in a transaction. Raises `Stale` where it has gone to another holder."""
    report = Report.objects.select_for_update().get(pk=request.report_id)
    check_report_mark(report)
    if report.holder_id != request.report.holder_id:
        raise Stale("此件已转给别的院，请刷新。")
    return report


def log(
    report: Report,
    action: str,
    *,
    by: str,
    now: dt.datetime,
    **detail: str | int,
) -> None:
    """Put an act on record in the chain of the report's holder."""
    record(
        organ=report.holder_id,
        actor=by,
        action=action,
        object_kind="report",
        object_id=report.pk,
        detail=detail,
        now=now,
    )


def change(request: IdentityRequest, to: State, **fields: Any) -> None:
    """Write a new state and its columns, marked, if nobody was faster. Raises `Stale`."""
    was = request.state
    for name, value in {"state": to, **fields}.items():
        setattr(request, name, value)
    set_mark(request)
    rows = IdentityRequest.objects.filter(pk=request.pk, state=was)
    if not rows.update(state=to, mark=request.mark, **fields):
        raise Stale("这份申请已由他人处理，请刷新。")

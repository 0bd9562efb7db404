"""Reading accounts: whom an administrator administers; what went wrong at one's own sign-in."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn
from portal.audit.queries import history_of
from portal.common.errors import NotFound
from portal.organs.queries import organ_tree


def administered_by(actor: SignedIn) -> QuerySet[Staff]:
    """The accounts a sysadmin or secadmin looks after; nobody's for others."""
    if not (actor.staff.sysadmin or actor.staff.secadmin):
        return Staff.objects.none()
    tree, own = organ_tree(), actor.staff.organ_id
    organs = [code for code in tree.nodes if own in (code, *tree.ancestors(code))]
    return Staff.objects.filter(organ_id__in=organs)


def administered(actor: SignedIn, staff_id: UUID) -> Staff:
    """One of them. Raises `NotFound`."""
    found = administered_by(actor).select_related("organ").filter(pk=staff_id).first()
    if found is None:
        raise NotFound
    return found


def colleague(actor: SignedIn, staff_id: UUID) -> Staff:
    """An active member of staff of the same organ, or of one directly below. Raises `NotFound`."""
    near = (actor.staff.organ_id, *organ_tree().children(actor.staff.organ_id))
    found = Staff.objects.filter(pk=staff_id, organ_id__in=near, active=True).first()
    if found is None:
        raise NotFound
    return found


FAILURES_SHOWN = dt.timedelta(days=30)
_FAILED = ("second_factor_failed", "factor_counter_back")


@dataclass(frozen=True)
class FactorFailures:
    """How often a second factor of this person was wrong lately, and when last."""

    count: int
    last_at: dt.datetime


def factor_failures(staff: Staff, *, now: dt.datetime) -> FactorFailures | None:
    """Those of the last 30 days, for the person to see whether it was them; `None` for none."""
    entries = history_of(kind="staff", object_id=staff.pk, organs=frozenset({staff.organ_id}))
    times = list(entries.filter(action__in=_FAILED, at__gt=now - FAILURES_SHOWN).values_list("at", flat=True))
    return FactorFailures(len(times), times[-1]) if times else None

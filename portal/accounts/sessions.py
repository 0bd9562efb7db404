"""The life of a session after it began: used, locked when nobody is there, listed, ended."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.models import Staff, StaffSession
from portal.accounts.signed_in import SignedIn
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.errors import NotFound
from portal.common.sqlite.wal import fold_wal

_SEEN_STEP = dt.timedelta(seconds=30)
"""Between two notes of activity: not every request writes."""


def idle_time() -> dt.timedelta:
    """How long a session may lie unused before it is locked."""
    return dt.timedelta(minutes=settings.YANLU_IDLE_MINUTES)


def is_idle(row: StaffSession, now: dt.datetime) -> bool:
    """Whether nobody has used it for too long."""
    return now - row.seen_at > idle_time()


def note_activity(row: StaffSession, *, now: dt.datetime) -> None:
    """Somebody is there. What was locked in the meantime stays locked."""
    if now - row.seen_at <= _SEEN_STEP:
        return
    StaffSession.objects.filter(pk=row.pk, stored_key__isnull=False).update(seen_at=now)
    lasts = now + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    Session.objects.filter(pk=row.pk).update(expire_date=lasts)


def lock_session(row: StaffSession, *, now: dt.datetime) -> None:
    """Destroy the stored key, unless somebody came back in this very moment."""
    idle = StaffSession.objects.filter(pk=row.pk, seen_at__lt=now - idle_time())
    if idle.update(stored_key=None):
        row.stored_key = None
        fold_wal()  # or the key would still lie in SQLite's log


def lock_idle_sessions(*, now: dt.datetime) -> int:
    """Lock the sessions nobody touches any more; how many."""
    idle = StaffSession.objects.filter(seen_at__lt=now - idle_time(), stored_key__isnull=False)
    return idle.update(stored_key=None)


def live_sessions(staff: Staff, *, now: dt.datetime) -> Sequence[StaffSession]:
    """A person's sessions, open or locked, the one used last first."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    rows = StaffSession.objects.filter(staff=staff, session_key__in=alive)
    return list(rows.order_by("-seen_at", "handle"))


def end_session(*, actor: SignedIn, handle: UUID, now: dt.datetime | None = None) -> None:
    """End one of one's own sessions, at once. Raises `NotFound`."""
    now = now or present()
    with transaction.atomic():
        if not _end(StaffSession.objects.filter(staff_id=actor.staff.pk, handle=handle)):
            raise NotFound
        _audit(actor, actor.staff, 1, now)
        transaction.on_commit(fold_wal)


def end_other_sessions(*, actor: SignedIn, this: str, now: dt.datetime | None = None) -> int:
    """End one's own sessions but this one (its session key), at once; how many."""
    now = now or present()
    with transaction.atomic():
        ended = _end(StaffSession.objects.filter(staff_id=actor.staff.pk).exclude(session_key=this))
        if ended:
            _audit(actor, actor.staff, ended, now)
        transaction.on_commit(fold_wal)
    return ended


def end_sessions_of(*, actor: SignedIn, staff: Staff, now: dt.datetime | None = None) -> int:
    """A sysadmin ends all sessions of somebody they administer; how many. Raises `Forbidden`.

    The caller has found `staff` among those the actor administers.
    """
    now = now or present()
    actor.require("sysadmin")
    with transaction.atomic():
        ended = end_all_sessions(staff)
        _audit(actor, staff, ended, now)
        transaction.on_commit(fold_wal)
    return ended


def end_all_sessions(staff: Staff) -> int:
    """End whatever somebody has open, within the caller's transaction; how many sessions."""
    return _end(StaffSession.objects.filter(staff=staff))


def _end(rows: QuerySet[StaffSession]) -> int:
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    ended, _ = StaffSession.objects.filter(session_key__in=keys).delete()
    return ended


def _audit(actor: SignedIn, staff: Staff, count: int, now: dt.datetime) -> None:
    record(
        organ=staff.organ_id,
        actor=actor.staff.username,
        action="sessions_ended",
        object_kind="staff",
        object_id=staff.pk,
        detail={"count": count},
        now=now,
    )

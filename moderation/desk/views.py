"""The first page of the desk."""

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from moderation.desk.queries import Day, reads_the_queue, the_day
from moderation.triage.showing import Row, rows
from moderation.triage.views import DECIDERS
from portal.accounts.admitting import own_fingerprint, waiting_for
from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn, visible_holders
from portal.audit.actions import record
from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.identity.queries import custodians_day
from portal.organs.queries import organ_tree
from portal.shell.navigation import KEY_HOLDERS


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What awaits this person today; titles shown are on record."""
    actor = signed_in(request)
    now, staff = present(), actor.staff
    day = _read_day(actor, now) if reads_the_queue(staff) else None
    context = {
        "day": day,
        "lists": _lists(day, actor, now) if day else {},
        "works": bool(staff.roles & QUEUE_ROLES),
        "decides": bool(staff.roles & DECIDERS),
        "several_holders": len(visible_holders(staff)) > 1,
        "today": local_date(now),
        "waiting": waiting_for(actor) if staff.roles & KEY_HOLDERS else [],
        "fingerprint": own_fingerprint(actor),
        "identity": custodians_day(actor) if staff.custodian else None,
        "roles": staff.roles,
        "claim_minutes": settings.YANLU_CLAIM_MINUTES,
    }
    return render(request, "desk/home.html", context)


def _lists(day: Day, actor: SignedIn, now: dt.datetime) -> dict[str, list[Row]]:
    tree = organ_tree()
    lists = {"mine": day.mine, "upcoming": day.upcoming, "owed": day.owed}
    return {name: rows(lines, staff=actor.staff, tree=tree, now=now) for name, lines in lists.items()}


def _read_day(actor: SignedIn, now: dt.datetime) -> Day:
    day = the_day(actor, now=now)
    if day.opened:
        record(
            organ=actor.staff.organ_id,
            actor=actor.staff.username,
            action="queue_read",
            object_kind="queue",
            object_id=actor.staff.organ_id,
            detail={"count": day.opened, "searched": False},
            now=now,
        )
    return day

"""What every act on an item passes through: may it be done now, by this person, on this version?

Locks are always taken in one order, as at intake: report, audit chains by organ, item. So two people never
wait for each other.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from moderation.triage.models import State, TriageItem
from moderation.triage.queries import visible_item
from moderation.triage.transitions import DESPITE_A_CLAIM, TRANSITIONS
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn, at_home
from portal.audit.actions import record
from portal.common.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.intake.models import Report

UNCLAIMED: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
REOPENED: dict[str, Any] = {
    **UNCLAIMED,
    "outcome": "",
    "reason": "",
    "decided_at": None,
    "merged_into": None,
    "void_proposed_by": None,
    "voided_by": None,
}
"""Every column that a decision, a merge or a voiding has set, as it is without one."""

Detail = Mapping[str, str | int | bool | None]


@dataclass(frozen=True)
class Act:
    """One entry for the log of one organ."""

    organ: str
    item: UUID
    action: str
    detail: Detail = field(default_factory=dict)


def roles_over(actor: SignedIn, item: TriageItem) -> frozenset[str]:
    """The roles that count for this item: queue roles at the organ that holds it, else oversight."""
    if at_home(actor.staff, item.holder_id):
        return actor.staff.roles & (QUEUE_ROLES | {"supervisor"})
    return actor.staff.roles & {"supervisor"}


def ready(*, actor: SignedIn, item_id: UUID, version: int, act: str, now: dt.datetime) -> TriageItem:
    """The item, if this person may do this to it as it stands.

    Raises `NotFound` for what they may not know of, `Forbidden` for a role that never does this, `Stale`
    for another version or somebody else's live claim, `Invalid` for a state it cannot be done in.
    """
    item = visible_item(actor.staff, item_id)
    steps, roles = TRANSITIONS[act], roles_over(actor, item)
    if not any(step.roles & roles for step in steps.values()):
        raise Forbidden
    if item.version != version:
        raise changed_meanwhile(item, actor, now)
    step = steps.get(item.state)
    if step is None:
        raise Invalid(
            f"此件现为“{State(item.state).label}”，不能进行这项操作。", fields={"state": item.state}
        )
    if not step.roles & roles:
        raise Forbidden
    if act not in DESPITE_A_CLAIM and claimed_by_other(item, actor, now):
        raise changed_meanwhile(item, actor, now)
    return item


def claimed_by_other(item: TriageItem, actor: SignedIn, now: dt.datetime) -> bool:
    """Whether somebody else's claim is still running."""
    live = item.claimed_until is not None and item.claimed_until > now
    return live and item.claimed_by_id != actor.staff.pk


def lock_report(item: TriageItem) -> Report:
    """The item's report, locked; the first step of a transaction that touches it."""
    return Report.objects.select_for_update().get(pk=item.pk)


def log(actor: SignedIn, acts: Iterable[Act], now: dt.datetime) -> None:
    """Put acts on record, chain by chain in the order of their organs."""
    for act in sorted(acts, key=lambda act: act.organ):
        record(
            organ=act.organ,
            actor=actor.staff.username,
            action=act.action,
            object_kind="report",
            object_id=act.item,
            detail=act.detail,
            now=now,
        )


def change(
    item: TriageItem, actor: SignedIn, now: dt.datetime, *, only_if: Q | None = None, **fields: Any
) -> None:
    """Write fields if nobody was faster. Raises `Stale` with how it stands now, `NotFound` if it is gone."""
    rows = TriageItem.objects.filter(pk=item.pk, version=item.version, holder_id=item.holder_id)
    if only_if is not None:
        rows = rows.filter(only_if)
    if not rows.update(version=F("version") + 1, **fields):
        raise changed_meanwhile(item, actor, now)


def changed_meanwhile(item: TriageItem, actor: SignedIn, now: dt.datetime) -> Refusal:
    """What to answer somebody who was slower: how the item stands now, or nothing if they may not know."""
    try:
        current = visible_item(actor.staff, item.pk)
    except NotFound as gone:
        return gone
    fields = {"version": str(current.version), "state": current.state}
    if current.claimed_by is not None and claimed_by_other(current, actor, now):
        fields["claimed_by"] = current.claimed_by.username
        return Stale(f"此件已由{current.claimed_by.display_name}认领，请刷新后再操作。", fields)
    label = State(current.state).label
    return Stale(f"此件已被他人更新，现为“{label}”，请刷新后再操作。", fields)

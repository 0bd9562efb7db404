"""Who works on an item, and the acts about hold and void.

This module is the door to every act of triage: decisions, merges and moves have their own modules and are
handed on here. All raise `NotFound`, `Forbidden`, `Stale` and `Invalid` as `gate.ready` does.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from moderation.deadlines.actions import cancel_clocks
from moderation.deadlines.models import Obligation
from moderation.triage.deciding import ask, decide, reply
from moderation.triage.gate import REOPENED, UNCLAIMED, Act, change, lock_report, log, ready
from moderation.triage.indexing import leave
from moderation.triage.merging import merge, unmerge
from moderation.triage.models import State, TriageItem, TriageNote
from moderation.triage.moving import lift, refer
from moderation.triage.notes import check_note, draft_note
from moderation.triage.queries import visible_item
from moderation.triage.reopening import resume_story
from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Invalid

__all__ = [
    "ask",
    "claim",
    "decide",
    "lift",
    "merge",
    "open_item",
    "refer",
    "release",
    "reply",
    "take_over",
    "unmerge",
    "void",
]


def claim(*, actor: SignedIn, item_id: UUID, version: int, now: dt.datetime | None = None) -> TriageItem:
    """Take the item on for `YANLU_CLAIM_MINUTES`; claiming one's own again extends it.

    Of two people exactly one gets it; the other's `Stale` says who has it.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="claim", now=now)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now) | Q(claimed_by=actor.staff)
    with transaction.atomic():
        log(actor, [Act(item.holder_id, item.pk, "item_claim")], now)
        change(item, actor, now, only_if=free, **_claim_of(actor, now))
    return visible_item(actor.staff, item.pk)


def release(*, actor: SignedIn, item_id: UUID, version: int, now: dt.datetime | None = None) -> TriageItem:
    """Give one's own claim back. Raises `Invalid` where there is none."""
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="release", now=now)
    if item.claimed_by_id != actor.staff.pk:
        raise Invalid("此件并非由您认领。")
    with transaction.atomic():
        log(actor, [Act(item.holder_id, item.pk, "item_release")], now)
        change(item, actor, now, **UNCLAIMED)
    return visible_item(actor.staff, item.pk)


def take_over(*, actor: SignedIn, item_id: UUID, version: int, now: dt.datetime | None = None) -> TriageItem:
    """Take the item on although somebody else has it; on record with whose it was."""
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="take_over", now=now)
    before = item.claimed_by.username if item.claimed_by else ""
    with transaction.atomic():
        log(actor, [Act(item.holder_id, item.pk, "item_take_over", {"from": before})], now)
        change(item, actor, now, **_claim_of(actor, now))
    return visible_item(actor.staff, item.pk)


def open_item(*, actor: SignedIn, item_id: UUID, version: int, now: dt.datetime | None = None) -> TriageItem:
    """Put the item (back) into the queue: from hold, a proposed or done voiding, waiting, or a decision.

    A lead that came of it stays in the ledger.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="open", now=now)
    was = item.state
    with transaction.atomic():
        report = lock_report(item)
        log(actor, [Act(item.holder_id, item.pk, "item_open", {"from": was})], now)
        change(item, actor, now, state=State.OPEN, **REOPENED)
        resume_story(report=report, was=was, now=now)
    return visible_item(actor.staff, item.pk)


def void(
    *, actor: SignedIn, item_id: UUID, version: int, reason: str = "", now: dt.datetime | None = None
) -> TriageItem:
    """Propose to void the item, with a reason; called by somebody else on a proposal, void it.

    Nothing is deleted, and `open_item` undoes it. The proposer cannot confirm: `Invalid`.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="void", now=now)
    confirming = item.state == State.VOID_PROPOSED
    if confirming and item.void_proposed_by_id == actor.staff.pk:
        raise Invalid("作废须由另一人确认，您是提出人。")
    check_note(reason, field="reason", required=not confirming)
    note = (
        draft_note(
            item=item.pk,
            holder=item.holder_id,
            kind=TriageNote.Kind.VOID,
            author=actor.staff,
            text=reason,
            now=now,
        )
        if reason.strip()
        else None
    )
    with transaction.atomic():
        report = lock_report(item)
        if confirming:
            log(actor, [Act(item.holder_id, item.pk, "item_void")], now)
            change(item, actor, now, state=State.VOID, voided_by=actor.staff, indexed=False, **UNCLAIMED)
            leave([item.pk])
            cancel_clocks(report=report, reason=Obligation.CancelledFor.VOID, now=now)
        else:
            log(actor, [Act(item.holder_id, item.pk, "item_void_propose")], now)
            change(item, actor, now, state=State.VOID_PROPOSED, void_proposed_by=actor.staff, **UNCLAIMED)
        if note:
            note.save()
    return visible_item(actor.staff, item.pk)


def _claim_of(actor: SignedIn, now: dt.datetime) -> dict[str, Any]:
    until = now + dt.timedelta(minutes=settings.YANLU_CLAIM_MINUTES)
    return {"claimed_by": actor.staff, "claimed_until": until}

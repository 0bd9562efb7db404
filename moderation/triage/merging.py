"""Several filings of the same matter as one, and apart again. Every copy and every receipt stays."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from moderation.triage.gate import REOPENED, UNCLAIMED, Act, change, lock_report, log, ready
from moderation.triage.models import Outcome, State, TriageItem
from moderation.triage.queries import visible_item
from moderation.triage.reopening import resume_story
from moderation.triage.transitions import OUTCOMES
from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotFound
from portal.intake.actions import set_status
from portal.intake.models import Status


def merge(
    *, actor: SignedIn, item_id: UUID, version: int, into: UUID, now: dt.datetime | None = None
) -> TriageItem:
    """Call the item a repeat of another one in the same queue, which governs from now on.

    Its reporter sees a report accepted like any other, and is still owed a reply. Raises as `gate.ready`,
    and `Invalid` for a main item that is not there, void, itself merged, or this one.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="merge", now=now)
    with transaction.atomic():
        report = lock_report(item)
        acts = [
            Act(item.holder_id, item.pk, "item_merge", {"into": str(into)}),
            Act(item.holder_id, into, "item_merged", {"repeat": str(item.pk)}),
        ]
        log(actor, acts, now)
        # Read behind the log, on which all acts of this organ queue: it cannot change any more.
        main = _main_item(item, actor, into)
        if TriageItem.objects.filter(merged_into=item.pk).exists():
            raise Invalid(fields={"into": "已有其他件并入此件，请先撤销，或反向并件。"})
        repeat = {"outcome": Outcome.REPEAT, "decided_at": now, "merged_into_id": main.pk}
        change(item, actor, now, state=State.DECIDED, **UNCLAIMED | repeat)
        if report.status != Status.ANSWERED:
            set_status(report=report, status=OUTCOMES[Outcome.REPEAT].status, now=now)
    return visible_item(actor.staff, item.pk)


def unmerge(*, actor: SignedIn, item_id: UUID, version: int, now: dt.datetime | None = None) -> TriageItem:
    """Take the item out of the one it was merged into; it is open again. Raises `Invalid` if it was not."""
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="unmerge", now=now)
    main = item.merged_into_id
    if main is None:
        raise Invalid("此件没有并入其他件。")
    with transaction.atomic():
        report = lock_report(item)
        acts = [
            Act(item.holder_id, item.pk, "item_unmerge", {"into": str(main)}),
            Act(item.holder_id, main, "item_unmerged", {"repeat": str(item.pk)}),
        ]
        log(actor, acts, now)
        change(item, actor, now, state=State.OPEN, **REOPENED)
        resume_story(report=report, was=State.DECIDED, now=now)
    return visible_item(actor.staff, item.pk)


def _main_item(item: TriageItem, actor: SignedIn, into: UUID) -> TriageItem:
    try:
        main = visible_item(actor.staff, into)
    except NotFound:
        raise Invalid(fields={"into": "没有找到要并入的件。"}) from None
    if main.pk == item.pk or main.holder_id != item.holder_id:
        raise Invalid(fields={"into": "只能并入本院队列中的另一件。"})
    if main.state in {State.VOID, State.VOID_PROPOSED} or main.merged_into_id is not None:
        raise Invalid(fields={"into": "要并入的件已作废或已并入他件。"})
    return main

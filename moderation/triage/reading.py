"""Reading with a record of it: every page of the queue and every opened item is somebody's act."""

import datetime as dt
from functools import partial
from uuid import UUID

from django.db import transaction

from moderation.triage.filters import QueueFilters
from moderation.triage.indexing import IndexDraft, draft_entry, enter, newest_key
from moderation.triage.letters import QueuePage, letter_of
from moderation.triage.queries import ItemDetail, item_detail, queue_page
from portal.accounts.signed_in import SignedIn
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.paging import USUAL_PAGE
from portal.vault.keyring import Keyring


def read_queue(
    *,
    actor: SignedIn,
    filters: QueueFilters,
    cursor: str | None = None,
    limit: int = USUAL_PAGE,
    now: dt.datetime | None = None,
) -> QueuePage:
    """A page of the queue, on record in the reader's own chain with how many items it showed.

    Somebody without a part in any queue gets an empty page, which is no reading. Raises `Invalid`.
    """
    now = now or present()
    page = queue_page(
        staff=actor.staff, keyring=actor.keyring, filters=filters, cursor=cursor, limit=limit, now=now
    )
    if page.lines or filters.q:
        record(
            organ=actor.staff.organ_id,
            actor=actor.staff.username,
            action="queue_read",
            object_kind="queue",
            object_id=actor.staff.organ_id,
            detail={"count": len(page.lines), "searched": bool(filters.q)},
            now=now,
        )
    return page


def read_item(*, actor: SignedIn, item_id: UUID, now: dt.datetime | None = None) -> ItemDetail:
    """One item opened, on record in its holder's chain; with that it enters the index. Raises `NotFound`."""
    detail = item_detail(staff=actor.staff, keyring=actor.keyring, item_id=item_id)
    draft = _draft(detail, actor.keyring)
    on_record = partial(
        record,
        organ=detail.item.holder_id,
        actor=actor.staff.username,
        action="item_read",
        object_kind="report",
        object_id=item_id,
        now=now,
    )
    if draft is None:
        on_record()
        return detail
    with transaction.atomic():
        on_record()
        enter([draft])
    return detail


def _draft(detail: ItemDetail, keyring: Keyring) -> IndexDraft | None:
    """The item's entry where it has none that knows everything, and these keys open all of it."""
    letter = letter_of(detail.content, detail.messages)
    if detail.item.indexed or letter is None:
        return None
    key = newest_key(detail.item.holder_id, keyring)
    return draft_entry(detail.item, letter, key) if key else None

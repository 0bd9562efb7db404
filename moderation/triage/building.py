"""Building what is missing in the index, in the session of somebody who holds the key, a piece at a time."""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from moderation.triage.filters import NEWEST_FIRST
from moderation.triage.indexing import INDEXABLE, IndexDraft, draft_entry, enter, index_keys
from moderation.triage.letters import SHOWN_WITH, opened_letters
from moderation.triage.models import TriageItem
from moderation.triage.queries import visible_to
from portal.accounts.signed_in import SignedIn, visible_holders
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.paging import keyset_page
from portal.vault.index_key import IndexKey
from portal.vault.models import IndexEntry

SECONDS = 2.0
"""How long one request works before it answers how far it came."""
_STEP = 25


@dataclass(frozen=True)
class Built:
    """One piece of the work. `next` is where to go on, `None` at the end; `unopened` have no entry still."""

    entered: int
    unopened: int
    next: str | None


def missing(actor: SignedIn) -> QuerySet[TriageItem]:
    """The items this person could enter: those without a whole entry, and those under an old generation."""
    return _missing(actor, _newest(actor)[1])


def build(
    *, actor: SignedIn, cursor: str | None = None, seconds: float = SECONDS, now: dt.datetime | None = None
) -> Built:
    """Open items for some seconds, newest first, and enter them into the index, on record with how many.

    Ended at any moment, nothing is lost but this piece. Two people may do it at once: what one has
    entered the other passes over, or enters again alike. Raises `Invalid` for a foreign cursor.
    """
    now, started = now or present(), time.monotonic()
    newest, older = _newest(actor)
    drafts, unopened = list[IndexDraft](), 0
    while True:
        rows = _missing(actor, older)
        page = keyset_page(rows, order=NEWEST_FIRST, cursor=cursor, limit=_STEP, related=SHOWN_WITH)
        made = _drafts(page.items, actor, newest)
        drafts += made
        unopened += len(page.items) - len(made)
        cursor = page.next
        if cursor is None or time.monotonic() - started > seconds:
            break
    return Built(_enter(drafts, actor, now), unopened, cursor)


def _drafts(items: Sequence[TriageItem], actor: SignedIn, newest: dict[str, IndexKey]) -> list[IndexDraft]:
    made = []
    for item, letter, whole in opened_letters(items, actor.keyring):
        key = newest.get(item.holder_id)
        draft = draft_entry(item, letter, key) if letter and whole and key else None
        if draft is not None:
            made.append(draft)
    return made


def _enter(drafts: Sequence[IndexDraft], actor: SignedIn, now: dt.datetime) -> int:
    if not drafts:
        return 0
    with transaction.atomic():
        record(
            organ=actor.staff.organ_id,
            actor=actor.staff.username,
            action="index_built",
            object_kind="queue",
            object_id=actor.staff.organ_id,
            detail={"count": len(drafts)},
            now=now,
        )
        return enter(drafts)


def _newest(actor: SignedIn) -> tuple[dict[str, IndexKey], list[IndexKey]]:
    """The key new entries are made under, by organ, and all older generations that can be reached."""
    newest, older = dict[str, IndexKey](), list[IndexKey]()
    for holder in visible_holders(actor.staff):
        keys = index_keys([holder], actor.keyring)
        if keys:
            newest[holder] = keys[0]
            older += keys[1:]
    return newest, older


def _missing(actor: SignedIn, older: Sequence[IndexKey]) -> QuerySet[TriageItem]:
    wanted = Q(indexed=False)
    if older:
        outdated = IndexEntry.objects.filter(key_id__in=[key.key for key in older])
        wanted |= Q(pk__in=outdated.values("report"))
    return visible_to(actor.staff).filter(INDEXABLE, wanted)

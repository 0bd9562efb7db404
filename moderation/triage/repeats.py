"""Items that may be repeats of one another: the index points to them, opening them decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Coalesce

from moderation.triage.filters import NEWEST_FIRST
from moderation.triage.indexing import index_keys
from moderation.triage.letters import SHOWN_WITH, QueueLine, opened_letters
from moderation.triage.likeness import likeness, pairs
from moderation.triage.models import State, TriageItem
from moderation.triage.queries import visible_to
from moderation.triage.search_words import shingles_of
from portal.accounts.models import Staff
from portal.vault.index_key import IndexKey
from portal.vault.keyring import Keyring
from portal.vault.models import IndexEntry
from portal.vault.word_index import find_bands

ALIKE = 0.5
"""The least likeness of what is called a possible repeat."""
NEAR, COMPARED, OPENED = 1000, 200, 30
"""Of so many that share a band, the newest are compared by how many, and the nearest of these opened."""
_OUT = (State.VOID, State.VOID_PROPOSED)


@dataclass(frozen=True)
class Alike:
    """An item that says much the same as another one, and how much of it, from 0 to 1."""

    line: QueueLine
    words: str
    likeness: float


def likely_repeats(staff: Staff, keyring: Keyring, item: TriageItem, body: str) -> list[Alike]:
    """Items of the same queue that were opened before and are much like this one, the likest first.

    Of several merged into one the main item stands for all. Seven queries at most, none for an empty text.
    """
    found = _nearest(staff, index_keys([item.holder_id], keyring), item, shingles_of(body))
    if not found:
        return []
    mains = visible_to(staff).filter(pk__in=found).select_related(*SHOWN_WITH)
    wanted, alike = pairs(body), list[Alike]()
    for one, letter, _ in opened_letters(list(mains), keyring):
        share = likeness(wanted, pairs(letter.body)) if letter else 0.0
        if letter and share >= ALIKE:
            alike.append(Alike(QueueLine(one, letter.content.title), letter.content.text, share))
    return sorted(alike, key=lambda one: -one.likeness)


def _nearest(staff: Staff, keys: Sequence[IndexKey], item: TriageItem, shingles: Sequence[int]) -> list[UUID]:
    """Main items of those that share most bands with the text."""
    hits = find_bands(shingles, keys, most=NEAR)
    if not hits:
        return []
    rows = visible_to(staff).filter(holder_id=item.holder_id, pk__in=hits).exclude(state__in=_OUT)
    newest = rows.exclude(pk=item.pk).order_by(*NEWEST_FIRST)[:COMPARED]
    mains = dict(newest.annotate(main=Coalesce("merged_into_id", "pk")).values_list("pk", "main"))
    shared = _shared(mains, keys, shingles) if mains else {}
    ranked = dict.fromkeys(mains[pk] for pk in sorted(mains, key=lambda pk: -shared.get(pk, 0)))
    return [main for main in ranked if main not in {item.pk, item.merged_into_id}][:OPENED]


def _shared(reports: Iterable[UUID], keys: Sequence[IndexKey], shingles: Sequence[int]) -> dict[UUID, int]:
    bands = {key.key: key.bands(shingles) for key in keys}
    entries = IndexEntry.objects.filter(report__in=list(reports), key_id__in=list(bands))
    rows = entries.values_list("report", "key_id", "bands")
    return {report: len(bands[key] & theirs) for report, key, theirs in rows}

"""When an item goes into the index, and when it leaves: with the act that opens it or takes it away.

In it are the items that staff have opened, as long as they stand in the queue or are decided. Held and
voided ones are not, nor those that moved up and wait for their earlier parts. `TriageItem.indexed` says
whether all of an item is in; a new message unsets it until the item is opened again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from moderation.triage.letters import Letter
from moderation.triage.models import State, TriageItem
from moderation.triage.search_words import shingles_of, words_of
from portal.common.sqlite.wal import fold_wal
from portal.vault import word_index
from portal.vault.index_key import IndexKey, index_key
from portal.vault.keyring import Keyring
from portal.vault.models import IndexEntry, VaultKey
from portal.vault.word_index import Indexed

UNINDEXED_STATES = (State.HELD, State.VOID)
INDEXABLE = Q(awaits_lift=False) & ~Q(state__in=UNINDEXED_STATES)
_TRIAGE = VaultKey.Purpose.TRIAGE.value


@dataclass(frozen=True)
class IndexDraft:
    """One item's entry, all worked out; only the writing is left."""

    item: TriageItem
    entry: Indexed


def index_keys(holders: Iterable[str], keyring: Keyring) -> list[IndexKey]:
    """The index keys of these organs that can be reached, all generations of each, the newest first."""
    return [
        index_key(opened) for holder in sorted(holders) for opened in keyring.generations(holder, _TRIAGE)
    ]


@dataclass(frozen=True)
class Reach:
    """How far somebody's keys reach into the index.

    `beyond`: newer generations that they do not hold yet. What is entered under those, older keys of theirs
    may open all the same, but they have to look themselves.
    """

    keys: Sequence[IndexKey]
    beyond: Sequence[UUID] = ()

    def unread(self) -> Q:
        """The items the index says nothing about to these keys."""
        unread = Q(indexed=False)
        if self.beyond:
            entered = IndexEntry.objects.filter(key_id__in=self.beyond)
            unread |= Q(pk__in=entered.values("report"))
        return unread


def reach_of(holders: Collection[str], keyring: Keyring) -> Reach:
    """The index keys of these organs, and what lies beyond them. One query."""
    keys = index_keys(holders, keyring)
    rows = VaultKey.objects.filter(owner__in=list(holders), purpose=_TRIAGE)
    held = {key.key for key in keys}
    known = list(rows.values_list("id", "owner", "generation"))
    newest = {owner: generation for one, owner, generation in sorted(known, key=_generation) if one in held}
    return Reach(keys, [one for one, owner, number in known if owner in newest and number > newest[owner]])


def _generation(row: tuple[UUID, str, int]) -> int:
    return row[2]


def newest_key(holder: str, keyring: Keyring) -> IndexKey | None:
    """The key new entries of this organ are made under."""
    return next(iter(index_keys([holder], keyring)), None)


def draft_entry(item: TriageItem, letter: Letter, key: IndexKey) -> IndexDraft | None:
    """Work out the entry of an item opened in whole, before any transaction; `None` where it gets none."""
    if item.awaits_lift or item.state in UNINDEXED_STATES:
        return None
    words = words_of(letter.texts, names=letter.names)
    entry = word_index.indexed(
        item.pk,
        received_at=item.received_at,
        key=key,
        words=words,
        shingles=shingles_of(letter.body),
    )
    return IndexDraft(item, entry)


def enter(drafts: Sequence[IndexDraft]) -> int:
    """Write the entries of those items that are still as they were read; how many. Call in a transaction.

    Somebody else's act in between makes a new version: then the item stays as it is, to be entered when it
    is next opened. Two people may enter the same item; the second one writes the same again.
    """
    still = [draft for draft in drafts if _unchanged(draft.item).update(indexed=True)]
    word_index.put([draft.entry for draft in still])
    return len(still)


def leave(reports: Sequence[UUID]) -> None:
    """Take the items' entries out, leaving nothing behind in the database. Call in a transaction.

    The caller unsets `indexed` with whatever else it changes.
    """
    if word_index.drop(reports):
        transaction.on_commit(fold_wal)


def _unchanged(item: TriageItem) -> QuerySet[TriageItem]:
    same = TriageItem.objects.filter(pk=item.pk, version=item.version, holder_id=item.holder_id)
    return same.filter(INDEXABLE)

"""The office's own words about an item, sealed to the organ that holds it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from moderation.triage.models import TriageItem, TriageNote
from portal.accounts.models import Staff
from portal.accounts.signed_in import key_path
from portal.common.errors import Invalid
from portal.common.ids import new_id
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key
from portal.vault.items import Binding, SealedDraft, can_open, open_json, seal_json
from portal.vault.keyring import Keyring
from portal.vault.models import VaultKey

PURPOSE = "triage_note"
LONGEST = 2000
"""Characters of one note."""


@dataclass(frozen=True)
class NoteDraft:
    """A note that only needs saving: the sealing is done."""

    note: TriageNote
    words: SealedDraft

    def save(self) -> None:
        """Insert it, in the caller's transaction."""
        self.note.words = self.words.save()
        self.note.save(force_insert=True)


@dataclass(frozen=True)
class OpenedNote:
    """One note as staff read it. `organs`: those a lift named."""

    kind: str
    author: str
    at: dt.datetime
    text: str
    organs: tuple[str, ...]


def note_binding(note: UUID, item: UUID) -> Binding:
    """The place of a note's words, at one item."""
    return Binding("triage_note", note, "words", parent=item)


def check_note(text: str, *, field: str, required: bool = False) -> None:
    """Raises `Invalid` naming `field` for a note that is too long, not text, or missing where required."""
    if required and not text.strip():
        raise Invalid(fields={field: "请说明理由。"})
    if len(text) > LONGEST:
        raise Invalid(fields={field: f"最多 {LONGEST} 个字，现有 {len(text)} 个字。"})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(fields={field: "含有无法保存的字符，请删去后重试。"}) from None


def draft_note(
    *,
    item: UUID,
    holder: str,
    kind: str,
    author: Staff,
    text: str,
    organs: Collection[str] = (),
    now: dt.datetime,
) -> NoteDraft:
    """Seal a note to the holder's triage key. Raises `NotReady`, `Tampered`."""
    note = TriageNote(id=new_id(), item_id=item, kind=kind, author=author, at=now)
    words = seal_json(
        {"text": text, "organs": sorted(organs)},
        purpose=PURPOSE,
        binding=note_binding(note.id, item),
        recipients=[certified_key(key_path(organ_tree(), holder), VaultKey.Purpose.TRIAGE)],
    )
    return NoteDraft(note, words)


def notes_of(item: UUID) -> list[TriageNote]:
    """The notes of an item, oldest first, ready to be opened."""
    rows = TriageNote.objects.filter(item=item).select_related("author", "words")
    return list(rows.prefetch_related("words__envelopes").order_by("at", "id"))


def open_notes(item: TriageItem, keyring: Keyring) -> list[OpenedNote]:
    """The notes these keys open, oldest first; those of an organ the item has left are not among them."""
    opened = []
    for note in notes_of(item.pk):
        if can_open(note.words, keyring):
            binding = note_binding(note.id, note.item_id)
            value = open_json(note.words, purpose=PURPOSE, binding=binding, opener=keyring)
            organs = tuple(value["organs"])
            opened.append(OpenedNote(note.kind, note.author.username, note.at, value["text"], organs))
    return opened

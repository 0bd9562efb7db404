"""Items opened with all that was written in them, several at a time, for search and likeness."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from moderation.triage.models import TriageItem
from moderation.triage.wording import FIXED
from portal.intake.content import Content
from portal.intake.queries import StaffEntry, open_original, opened_message
from portal.vault.keyring import Keyring
from portal.vault.primitives import Tampered

SHOWN_WITH = ("report__original", "claimed_by")
_SEALED = ("report__original__envelopes", "report__messages__item__envelopes")


@dataclass(frozen=True)
class QueueLine:
    """One line of the queue; `title` is `None` where these keys do not open it (yet)."""

    item: TriageItem
    title: str | None


@dataclass(frozen=True)
class QueuePage:
    """Lines in order and the cursor of the next page (`None` at the end).

    `capped`: a search stopped after opening as many items as it may; the cursor goes on from there.
    `unread`: so many items are in no index and were not looked at up to here; the cursor leads to them.
    """

    lines: tuple[QueueLine, ...]
    next: str | None
    capped: bool = False
    unread: int = 0


@dataclass(frozen=True)
class Letter:
    """What was written in one item, both by its reporter and by the office, less the office's fixed words."""

    content: Content
    messages: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text, subjects as they are described included."""
        content = self.content
        return (content.title, content.text, content.place, content.occurred, *self.names, *self.messages)

    @property
    def names(self) -> tuple[str, ...]:
        """Whom and what the subjects name."""
        parts = ((one.name, one.organ_text, one.post) for one in self.content.subjects)
        return tuple(part for three in parts for part in three if part)

    @property
    def body(self) -> str:
        """What is compared with other letters."""
        return f"{self.content.title}\n{self.content.text}"


def letter_of(content: Content | None, messages: Sequence[StaffEntry]) -> Letter | None:
    """The letter, or `None` where not all of it opens."""
    if content is None or any(entry.text is None for entry in messages):
        return None
    return _letter(content, messages)


def opened_letters(
    items: Sequence[TriageItem], keyring: Keyring
) -> Iterator[tuple[TriageItem, Letter | None, bool]]:
    """Each item with its letter as far as it opens, and whether that is all of it. Five queries at most."""
    prefetch_related_objects(items, *_SEALED)
    for item in items:
        letter, entries = None, list[StaffEntry]()
        try:
            content = open_original(item.report, keyring)
            if content is not None:
                entries = [opened_message(row, keyring) for row in item.report.messages.all()]
                letter = _letter(content, entries)
        except Tampered:
            letter = None
        yield item, letter, letter is not None and all(entry.text is not None for entry in entries)


def _letter(content: Content, messages: Sequence[StaffEntry]) -> Letter:
    texts = (entry.text for entry in messages if entry.text is not None)
    return Letter(content, tuple(text for text in texts if text not in FIXED))

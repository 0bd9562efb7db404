"""Searching the queue: the index says where to look, and what it points to is opened and looked through.

Items that are in no index are opened one by one. Where they are few that happens at once, newest first
together with the others; where they are many, what the index finds comes first and they follow behind, page
by page. So a search read to its end has seen everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from moderation.screening.folding import plain
from moderation.triage.filters import NEWEST_FIRST
from moderation.triage.indexing import Reach
from moderation.triage.letters import SHOWN_WITH, Letter, QueueLine, QueuePage, opened_letters
from moderation.triage.models import TriageItem
from moderation.triage.search_words import MOST_TERMS, alternatives, terms_of
from portal.common.errors import Invalid
from portal.common.paging import decode_cursor, encode_cursor, keyset_page
from portal.vault.index_key import IndexKey
from portal.vault.keyring import Keyring
from portal.vault.word_index import with_words

MOST_SEARCHED, SEARCH_STEP = 300, 100
"""Items one page of a search opens, and how many of them at a time; the page says when it stopped there."""
FEW = 300
"""So many items without an entry are opened together with what the index finds."""
_MOST_COUNTED = 10_000

TOGETHER, INDEXED, REST = "together", "indexed", "rest"


@dataclass(frozen=True)
class _Place:
    """Where in which part of a search a page begins."""

    part: str
    cursor: str | None = None


@dataclass(frozen=True)
class _Look:
    """What looking through the next items of one part gave."""

    lines: tuple[QueueLine, ...]
    next: str | None
    capped: bool = False


def search_page(
    rows: QuerySet[TriageItem],
    *,
    keyring: Keyring,
    reach: Reach,
    q: str,
    cursor: str | None,
    limit: int,
) -> QueuePage:
    """The next items of `rows` that contain every word of `q`, and where to go on.

    What was merged into another item is left out. Raises `Invalid` for a foreign cursor.
    """
    rows, terms = rows.filter(merged_into__isnull=True), terms_of(q)
    place = _place(cursor) if cursor else _start(rows, terms, reach)
    look = _look_through(_part(rows, place.part, terms, reach), keyring, terms, place.cursor, limit)
    if look.next is not None:
        return QueuePage(look.lines, _cursor(place.part, look.next), capped=look.capped)
    unread = _unread(rows, reach) if place.part == INDEXED else 0
    return QueuePage(look.lines, _cursor(REST, None) if unread else None, unread=unread)


def candidates(terms: Sequence[str], keys: Sequence[IndexKey]) -> QuerySet[TriageItem, UUID] | None:
    """Ids of reports that may contain all terms, as a subquery; `None` if the index can't be asked."""
    asked = [words for term in terms if (words := alternatives(term))][:MOST_TERMS]
    if not asked:
        return None
    return with_words(asked, keys).values_list("report", flat=True)  # type: ignore[return-value]


def contains(letter: Letter, terms: Sequence[str]) -> bool:
    """Whether every term stands somewhere in the letter."""
    text = "\n".join(plain(part) for part in letter.texts)
    return all(term in text for term in terms)


def _start(rows: QuerySet[TriageItem], terms: Sequence[str], reach: Reach) -> _Place:
    if not any(alternatives(term) for term in terms):
        return _Place(TOGETHER)
    return _Place(TOGETHER if _unread(rows, reach, FEW + 1) <= FEW else INDEXED)


def _part(rows: QuerySet[TriageItem], part: str, terms: Sequence[str], reach: Reach) -> QuerySet[TriageItem]:
    if part == REST:
        return rows.filter(reach.unread())
    hits = candidates(terms, reach.keys)
    if hits is None:
        return rows
    found = Q(indexed=True, pk__in=hits)
    return rows.filter(found | reach.unread() if part == TOGETHER else found)


def _look_through(
    rows: QuerySet[TriageItem], keyring: Keyring, terms: Sequence[str], cursor: str | None, limit: int
) -> _Look:
    """Open up to `MOST_SEARCHED` items behind the cursor and keep those that contain the terms."""
    found, seen = list[QueueLine](), 0
    while seen < MOST_SEARCHED:
        page = keyset_page(rows, order=NEWEST_FIRST, cursor=cursor, limit=SEARCH_STEP, related=SHOWN_WITH)
        for item, letter, _ in opened_letters(page.items, keyring):
            seen += 1
            cursor = encode_cursor([item.received_at, item.pk])
            if letter and contains(letter, terms):
                found.append(QueueLine(item, letter.content.title))
                if len(found) == limit:
                    at_end = page.next is None and item.pk == page.items[-1].pk
                    return _Look(tuple(found), None if at_end else cursor)
        if page.next is None:
            return _Look(tuple(found), None)
    return _Look(tuple(found), cursor, capped=True)


def _unread(rows: QuerySet[TriageItem], reach: Reach, most: int = _MOST_COUNTED) -> int:
    return rows.filter(reach.unread()).order_by()[:most].count()


def _cursor(part: str, cursor: str | None) -> str:
    return encode_cursor([part, *(decode_cursor(cursor, 2) if cursor else (None, None))])


def _place(cursor: str) -> _Place:
    part, *values = decode_cursor(cursor, 3)
    if part not in {TOGETHER, INDEXED, REST}:
        raise Invalid(fields={"cursor": "翻页标记无效。"})
    return _Place(str(part), None if values == [None, None] else encode_cursor(values))

"""Searching the queue: the index says where to look, and what it points to is opened and looked through.

Items that are in no index are opened one by one. Where they are few that happens at once, newest first
together with the others; where they are many, what the index finds comes first and they follow behind, page
by page. So a search read to its end has seen everything.
"""

import datetime as dt
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
from portal.vault.index_key import week_begins, week_of
from portal.vault.keyring import Keyring
from portal.vault.word_index import Term, find_words

MOST_SEARCHED, SEARCH_STEP = 300, 100
"""Items one page of a search opens, and how many of them at a time; the page says when it stopped there."""
MOST_CANDIDATES = 10_000
"""Items the index names at once; of a word more common than that the newest weeks come first."""
FEW = 300
"""So many items without an entry are opened together with what the index finds."""
_MOST_COUNTED = 10_000

_LAST = UUID(int=2**128 - 1)

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
    part, before = _part(rows, place, terms, reach)
    look = _look_through(part, keyring, terms, place.cursor, limit)
    if look.next is not None:
        return QueuePage(look.lines, _cursor(place.part, look.next), capped=look.capped)
    if before is not None:
        return QueuePage(look.lines, _cursor(place.part, _begins(before)), capped=True)
    unread = _unread(rows, reach) if place.part == INDEXED else 0
    return QueuePage(look.lines, _cursor(REST, None) if unread else None, unread=unread)


def asked_of(terms: Sequence[str]) -> list[Term]:
    """What the index is asked for these terms; nothing where all are too short for it."""
    asked: list[Term] = [words for term in terms if (words := alternatives(term))]
    return asked[:MOST_TERMS]


def contains(letter: Letter, terms: Sequence[str]) -> bool:
    """Whether every term stands somewhere in the letter."""
    text = "\n".join(plain(part) for part in letter.texts)
    return all(term in text for term in terms)


def _start(rows: QuerySet[TriageItem], terms: Sequence[str], reach: Reach) -> _Place:
    if not asked_of(terms):
        return _Place(TOGETHER)
    return _Place(TOGETHER if _unread(rows, reach, FEW + 1) <= FEW else INDEXED)


def _part(
    rows: QuerySet[TriageItem], place: _Place, terms: Sequence[str], reach: Reach
) -> tuple[QuerySet[TriageItem], dt.datetime | None]:
    """What is to be opened; the moment before which the index knows more, where it found too much at once."""
    if place.part == REST:
        return rows.filter(reach.unread()), None
    asked = asked_of(terms)
    if not asked:
        return rows, None
    hits = find_words(asked, reach.keys, until=_week(place), most=MOST_CANDIDATES)
    found = Q(indexed=True, pk__in=hits.reports)
    rows = rows.filter(found | reach.unread() if place.part == TOGETHER else found)
    if hits.before is None:
        return rows, None
    begin = week_begins(hits.before + 1)
    return rows.filter(received_at__gte=begin), begin


def _week(place: _Place) -> int | None:
    if place.cursor is None:
        return None
    moment = decode_cursor(place.cursor, 2)[0]
    if not isinstance(moment, dt.datetime):
        raise Invalid(fields={"cursor": "翻页标记无效。"})
    return week_of(moment)


def _begins(moment: dt.datetime) -> str:
    """The cursor behind everything received from this moment on: the last place before it."""
    return encode_cursor([moment - dt.timedelta(microseconds=1), _LAST])


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

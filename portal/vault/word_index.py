"""The index of words and of likeness, one row for each report that staff have opened.

It knows buckets, never words, and which key they were made under. A row is a hint: whoever searches opens
what it points to and looks. Rows are changed in the transaction of the act that changes the report.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from portal.vault.index_fields import FORGET
from portal.vault.index_key import IndexKey, week_of
from portal.vault.models import IndexEntry, VaultKey

Term = Sequence[frozenset[str]]
"""Alternatives for one thing searched for: a text has it when all words of one alternative are in it."""


@dataclass(frozen=True)
class Indexed:
    """What one report says, ready to be put into the index."""

    report: UUID
    key: UUID
    week: int
    buckets: frozenset[int]
    bands: frozenset[int]


@dataclass(frozen=True)
class Found:
    """Reports that may be what was searched for. `before`: there are more, of this week and earlier ones."""

    reports: Sequence[UUID]
    before: int | None = None


def indexed(
    report: UUID, *, received_at: dt.datetime, key: IndexKey, words: Iterable[str], shingles: Iterable[int]
) -> Indexed:
    """Make a report's buckets; the work of it, to be done before a transaction opens."""
    week = week_of(received_at)
    return Indexed(report, key.key, week, key.buckets(words, week=week), key.bands(shingles))


def put(entries: Sequence[Indexed]) -> None:
    """Enter the reports, or enter them anew. Call in a transaction."""
    rows = [
        IndexEntry(report=one.report, key_id=one.key, week=one.week, buckets=one.buckets, bands=one.bands)
        for one in entries
    ]
    IndexEntry.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["report"],
        update_fields=["key", "week", "buckets", "bands"],
    )


def drop(reports: Iterable[UUID]) -> bool:
    """Take the reports out, so that nothing of them stays in the database; whether any was there.

    Call in a transaction, and fold SQLite's log after its commit. SQLite's full-text index only marks what
    is deleted; merging all of it into one leaves the marked entries out. PostgreSQL overwrites deleted rows
    when it needs the room.
    """
    gone, _ = IndexEntry.objects.filter(report__in=list(reports)).delete()
    if gone and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(FORGET)
    return bool(gone)


def find_words(
    terms: Sequence[Term], keys: Sequence[IndexKey], *, until: int | None = None, most: int | None = None
) -> Found:
    """Reports under these keys that may have every term; at least one term must be given.

    Some have not: different words share a bucket. `until`: the last week looked at; `most`: how many reports
    are enough, the newest weeks first.
    """
    weeks = [(key, week) for key, week in _weeks(keys) if until is None or week <= until]
    wanted = Q()
    for alternatives in terms:
        either = Q(pk__in=[])
        for words in alternatives:
            each = Q()
            for word in words:
                each &= _has(word, weeks)
            either |= each
        wanted &= either
    return _found(IndexEntry.objects.filter(wanted), weeks, most)


def find_bands(shingles: Iterable[int], keys: Sequence[IndexKey], *, most: int) -> list[UUID]:
    """Reports under these keys that are probably much like the text with these shingles, newest first."""
    values = list(shingles)
    bands = frozenset[int]().union(*(key.bands(values) for key in keys))
    if not bands:
        return []
    rows = IndexEntry.objects.filter(bands__has_any=bands).order_by("-week").values_list("report", "key_id")
    ours = {key.key for key in keys}
    with _by_index():
        return [report for report, key in rows[:most] if key in ours]


def _has(word: str, weeks: Sequence[tuple[IndexKey, int]]) -> Q:
    """Rows with the word's bucket; buckets of other weeks and keys do not occur in a row."""
    buckets = [key.buckets([word], week=week) for key, week in weeks]
    return Q(buckets__has_any=frozenset[int]().union(*buckets)) if buckets else Q(pk__in=[])


def _found(rows: QuerySet[IndexEntry], weeks: Sequence[tuple[IndexKey, int]], most: int | None) -> Found:
    """The rows of these keys and weeks; some others have the same scope."""
    ours = {(key.key, week) for key, week in weeks}
    ordered = rows.order_by("-week").values_list("report", "key_id", "week")
    with _by_index():
        found = list(ordered if most is None else ordered[: most + 1])
    cut = found[-1][2] if most is not None and len(found) > most else None
    reports = [(report, week) for report, key, week in found if (key, week) in ours]
    if cut is None:
        return Found([report for report, _ in reports])
    whole = [report for report, week in reports if week > cut]  # the rest of the last one is not among them
    return Found(whole, cut) if found[0][2] > cut else Found([report for report, _ in reports], cut - 1)


@contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL takes a search over many weeks for one that finds much, and would read the whole table.

    What is asked inside must be about the buckets alone: any other condition would be another way round.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")


def _weeks(keys: Sequence[IndexKey]) -> list[tuple[IndexKey, int]]:
    """Each key with each week from its first to its last entry."""
    entries = IndexEntry.objects.filter(key_id=OuterRef("pk"))
    rows = VaultKey.objects.filter(pk__in=[key.key for key in keys]).annotate(
        first=Subquery(entries.order_by("week").values("week")[:1]),
        last=Subquery(entries.order_by("-week").values("week")[:1]),
    )
    spans = {pk: (first, last) for pk, first, last in rows.values_list("pk", "first", "last")}
    reached = ((key, spans[key.key]) for key in keys if spans.get(key.key, (None, None))[0] is not None)
    return [(key, week) for key, (first, last) in reached for week in range(first, last + 1)]

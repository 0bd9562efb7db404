"""The index of words and of likeness, one row for each report that staff have opened.

It knows buckets, never words, and which key they were made under. A row is a hint: whoever searches opens
what it points to and looks. Rows are changed in the transaction of the act that changes the report.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from portal.vault.index_fields import FORGET
from portal.vault.index_key import IndexKey
from portal.vault.models import IndexEntry

Term = Sequence[frozenset[str]]
"""Alternatives for one thing searched for: a text has it when all words of one alternative are in it."""


@dataclass(frozen=True)
class Indexed:
    """What one report says, ready to be put into the index."""

    report: UUID
    key: UUID
    buckets: frozenset[int]
    bands: frozenset[int]


def indexed(report: UUID, *, key: IndexKey, words: Iterable[str], shingles: Iterable[int]) -> Indexed:
    """Make a report's buckets; the work of it, to be done before a transaction opens."""
    return Indexed(report, key.key, key.buckets(words), key.bands(shingles))


def put(entries: Sequence[Indexed]) -> None:
    """Enter the reports, or enter them anew. Call in a transaction."""
    rows = [IndexEntry(report=e.report, key_id=e.key, buckets=e.buckets, bands=e.bands) for e in entries]
    IndexEntry.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["report"],
        update_fields=["key", "buckets", "bands"],
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


def with_words(terms: Sequence[Term], keys: Iterable[IndexKey]) -> QuerySet[IndexEntry]:
    """Entries under these keys whose reports may have every term; at least one term must be given.

    Some have not: different words share a bucket.
    """
    wanted = Q(pk__in=[])
    for key in keys:
        under = Q(key_id=key.key)
        for alternatives in terms:
            either = Q(pk__in=[])
            for words in alternatives:
                either |= Q(buckets__has_all=key.buckets(words))
            under &= either
        wanted |= under
    return IndexEntry.objects.filter(wanted)


def with_bands(shingles: Iterable[int], keys: Iterable[IndexKey]) -> QuerySet[IndexEntry]:
    """Entries under these keys whose reports are probably much like the text with these shingles."""
    wanted, values = Q(pk__in=[]), list(shingles)
    for key in keys:
        bands = key.bands(values)
        if bands:
            wanted |= Q(key_id=key.key, bands__has_any=bands)
    return IndexEntry.objects.filter(wanted)

"""The index of words and of likeness, one row for each report that staff have opened.

It knows buckets, never words, and which key they were made under. A row is a hint: whoever searches opens
what it points to and looks. Rows are changed in the transaction of the act that changes the report.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
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


def with_words(terms: Sequence[Term], keys: Sequence[IndexKey]) -> QuerySet[IndexEntry]:
    """Entries under these keys whose reports may have every term; at least one term must be given.

    Some have not: different words share a bucket. One query beforehand, for the weeks there are.
    """
    weeks = _weeks(keys)
    wanted = Q(key_id__in=[key.key for key in keys])
    for alternatives in terms:
        either = Q(pk__in=[])
        for words in alternatives:
            each = Q()
            for word in words:
                buckets = [key.buckets([word], week=week) for key, week in weeks]
                each &= Q(buckets__has_any=frozenset[int]().union(*buckets)) if buckets else Q(pk__in=[])
            either |= each
        wanted &= either
    return IndexEntry.objects.filter(wanted)


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


def with_bands(shingles: Iterable[int], keys: Sequence[IndexKey]) -> QuerySet[IndexEntry]:
    """Entries under these keys whose reports are probably much like the text with these shingles."""
    values = list(shingles)
    bands = frozenset[int]().union(*(key.bands(values) for key in keys))
    if not bands:
        return IndexEntry.objects.none()
    return IndexEntry.objects.filter(key_id__in=[key.key for key in keys], bands__has_any=bands)

"""Keyed buckets: what an index may say about a text to somebody without the holder's triage key.

The key of an index is derived from the opened triage key and never stored, one for each generation of it. A
word becomes one of 65,536 buckets, so several words share each, and it becomes another one in every week:
what somebody learns from reports of their own helps them with that week's reports only. A text's likeness
becomes some 31-bit bands of which two nearly equal texts share at least one. What they leak all the same:
`docs/security.md`.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from portal.common.clock import BEIJING, local_date
from portal.vault.keys import OpenKey
from portal.vault.models import VaultKey
from portal.vault.primitives import digest, keyed_hash

BUCKETS = 1 << 16
_SCOPES = 1 << 15
MINIMA, BANDS, ROWS = 96, 80, 6
"""MinHash: so many minima of a text, so many bands, so many minima drawn for each band. Measured: texts that
share two thirds of their shingles meet in 98 of 100 cases, those that share the usual courtesies in 0.2."""
_PRIME = (1 << 61) - 1
_HASH_BYTES = 16
_FIRST_MONDAY = dt.date(1970, 1, 5)


@dataclass(frozen=True)
class IndexKey:
    """The index key that grows from one generation of a triage key. Never stored, never printed."""

    key: UUID
    generation: int
    secret: bytes = field(repr=False)

    def buckets(self, words: Iterable[str], *, week: int) -> frozenset[int]:
        """The words' buckets in that week, each below the scope of key and week: 31 bits together.

        The scope says no more than the row does; it keeps all other rows out of an index scan.
        """
        if week not in self._weeks:
            scope = (_number(digest(self.key.bytes, week, person="yanlu-scope")) % _SCOPES) << 16
            self._weeks[week] = (scope, keyed_hash(self.secret, week, person="yanlu-week"))
        scope, secret = self._weeks[week]
        return frozenset(scope | _bucket(secret, word) for word in words)

    def bands(self, shingles: Iterable[int]) -> frozenset[int]:
        """The text's bands, none for one without shingles. The same shingles always give the same bands."""
        values = [shingle % _PRIME for shingle in frozenset(shingles)]
        if not values:
            return frozenset()
        minima = [min([(a * value + b) % _PRIME for value in values]) for a, b in self._permutations]
        return frozenset(self._band(at, [minima[one] for one in draw]) for at, draw in enumerate(self._draws))

    @cached_property
    def _weeks(self) -> dict[int, tuple[int, bytes]]:
        """Scope and secret of the weeks met so far."""
        return {}

    @cached_property
    def _permutations(self) -> list[tuple[int, int]]:
        halves = (keyed_hash(self.secret, at, person="yanlu-minhash") for at in range(MINIMA))
        return [(1 + _number(one[:16]) % (_PRIME - 1), _number(one[16:]) % _PRIME) for one in halves]

    @cached_property
    def _draws(self) -> list[list[int]]:
        """For each band the minima it is made of."""
        raw = (keyed_hash(self.secret, at, person="yanlu-draw") for at in range(BANDS))
        return [list(dict.fromkeys(byte % MINIMA for byte in one))[:ROWS] for one in raw]

    def _band(self, at: int, minima: list[int]) -> int:
        return _number(keyed_hash(self.secret, at, *minima, person="yanlu-band", size=_HASH_BYTES)) >> 97


def index_key(opened: OpenKey) -> IndexKey:
    """The index key of one generation of a triage key; whoever opens that key has it, nobody else.

    Raises `ValueError` for a key of another purpose.
    """
    if opened.purpose != VaultKey.Purpose.TRIAGE:
        raise ValueError("only triage keys have an index")
    secret = keyed_hash(opened.seed, opened.id.bytes, person="yanlu-index")
    return IndexKey(opened.id, opened.generation, secret)


def week_of(moment: dt.datetime) -> int:
    """The week of a moment in Beijing, Monday to Sunday, counted from 1970."""
    return (local_date(moment) - _FIRST_MONDAY).days // 7


def week_begins(week: int) -> dt.datetime:
    """The first moment of a week."""
    return dt.datetime.combine(_FIRST_MONDAY + dt.timedelta(weeks=week), dt.time(), tzinfo=BEIJING)


def _bucket(secret: bytes, word: str) -> int:
    return _number(keyed_hash(secret, word, person="yanlu-word", size=_HASH_BYTES)) % BUCKETS


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")

"""What a search for many words found, before anybody asks what it means."""

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class Hit(NamedTuple, Generic[Value]):
    """A word found from `start` up to `end`."""

    start: int
    end: int
    value: Value


def longest(hits: Iterable[Hit[Value]]) -> list[Hit[Value]]:
    """The hits in order, less every one that lies within a longer one."""
    kept: list[Hit[Value]] = []
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        if not kept or hit.end > kept[-1].end:
            kept.append(hit)
    return kept

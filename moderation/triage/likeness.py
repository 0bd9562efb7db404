"""How much two letters have in common, to put likely repeats first. A human decides."""

from collections.abc import Iterable
from itertools import pairwise

from moderation.triage.queries import QueueLine


def shingles(text: str) -> frozenset[str]:
    """All pairs of neighbouring letters; spaces and punctuation do not count."""
    letters = [character for character in text if character.isalnum()]
    return frozenset(first + second for first, second in pairwise(letters))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of the shorter text's pairs that the other has as well, from 0 to 1."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0


def most_alike(text: str, others: Iterable[tuple[QueueLine, str]]) -> list[tuple[QueueLine, str]]:
    """The others with their texts, the likest first; equally like ones stay in order."""
    wanted = shingles(text)
    ranked = [(likeness(wanted, shingles(f"{line.title}\n{words}")), line, words) for line, words in others]
    ranked.sort(key=lambda one: -one[0])
    return [(line, words) for _, line, words in ranked]

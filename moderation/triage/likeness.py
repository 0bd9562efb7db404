"""How much two letters have in common, to put likely repeats first. A human decides."""

from itertools import pairwise

from moderation.screening.folding import plain


def pairs(text: str) -> frozenset[str]:
    """All pairs of neighbouring letters; spelling, spaces and punctuation do not count."""
    letters = [character for character in plain(text) if character.isalnum()]
    return frozenset(first + second for first, second in pairwise(letters))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of the shorter text's pairs that the other has as well, from 0 to 1."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0

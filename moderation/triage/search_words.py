"""Which words a text goes into the index under, and which ones to look for (docs/adr/0011)."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from moderation.screening.folding import plain
from moderation.triage.surnames import name_runs, needed_runs

_HAN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
_LATIN = re.compile(r"[a-z0-9]{2,}")
_CLAUSE = re.compile(r"\w+")
MOST_TERMS = 6
"""Words of one search that the index is asked for; all of them are looked for in what it finds."""
LONGEST_WHOLE = 20
_SHINGLE, _SHINGLED = 3, 6000


@cache
def _segmenter() -> Callable[[str], list[str]]:
    """Loaded at first use: the dictionary takes 30 MB, which whoever only takes reports in never needs."""
    from rjieba import cut_for_search  # noqa: PLC0415

    return cut_for_search


def _segments(text: str) -> set[str]:
    """The words of two characters and more, longer ones with the shorter words inside them."""
    return {word for word in _segmenter()(text) if len(word) > 1 and _HAN.fullmatch(word)}


def words_of(texts: Iterable[str], *, names: Iterable[str] = ()) -> frozenset[str]:
    """The words a report is indexed under; `names` (as subjects are described) also whole."""
    words: set[str] = set()
    for text in (plain(text) for text in texts):
        words |= _segments(text)
        words.update(_LATIN.findall(text))
        for run in _HAN.findall(text):
            words |= name_runs(run)
    for name in (plain(name) for name in names):
        words.update(one for one in _CLAUSE.findall(name) if 1 < len(one) <= LONGEST_WHOLE)
    return frozenset(words)


def terms_of(q: str) -> list[str]:
    """The parts of a search, all of which a text must contain."""
    return list(dict.fromkeys(plain(word) for word in q.split() if plain(word)))


def alternatives(term: str) -> Sequence[frozenset[str]]:
    """Words of which one set is in the index of (nearly) every text that contains the term.

    Where the term may hold a personal name, the name alone decides and nothing is missed. Otherwise the term
    whole, or its segments. Empty for a term too short for the index: a single character.
    """
    latin = frozenset(_LATIN.findall(term))
    runs = frozenset(run for part in _HAN.findall(term) for run in needed_runs(part))
    if runs:
        return [runs]
    segments = _segments(term) | latin
    whole = {term} if len(term) > 1 else set()
    return [frozenset(words) for words in dict.fromkeys((frozenset(whole), frozenset(segments))) if words]


def shingles_of(text: str) -> list[int]:
    """All threes of neighbouring letters as numbers; only the first 6,000 letters count."""
    letters = [ord(character) for character in plain(text) if character.isalnum()][:_SHINGLED]
    starts = range(max(1, len(letters) - _SHINGLE + 1)) if letters else ()
    return [_packed(letters[at : at + _SHINGLE]) for at in starts]


def _packed(letters: list[int]) -> int:
    number = 0
    for letter in letters:
        number = number << 21 | letter
    return number

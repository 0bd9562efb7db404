"""Seeing through spelling: one folded form for all the ways a word is typed, and the way back.

Folding removes everything between letters (spaces, punctuation, symbols, zero-width characters), unites
full and half width, upper and lower case, traditional and simplified characters, and the misspelling 检查院
for 检察院.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat

from opencc import OpenCC

# 查 stands for 察 in the commonest misspelling of all; names and words are folded alike, so nothing is lost.
_SAME = str.maketrans({"查": "察"})

_GAP = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")

# Characters kept folded: far more than Chinese prose uses, and a bound for texts made of the rest of Unicode.
_MOST_KEPT = 20_000


class _Fold(dict[str, str]):
    """Each character's folded form, worked out when first met."""

    def __missing__(self, character: str) -> str:
        letters = filter(_is_letter, unicodedata.normalize("NFKC", character))
        folded = "".join(letters).casefold()
        if folded and not folded.isascii():
            folded = _simplifier().convert(folded).translate(_SAME)
        if len(self) < _MOST_KEPT:
            self[character] = folded
        return folded


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in folded form, and for each original character the folded ones it became."""

    text: str
    pieces: tuple[str, ...]

    def origins(self) -> list[int]:
        """For each folded character, the position of the original one it came from."""
        return list(chain.from_iterable(repeat(at, len(piece)) for at, piece in enumerate(self.pieces)))


_fold = _Fold()


def fold(text: str) -> Folded:
    """The text in folded form. Any text is accepted."""
    pieces = tuple(map(_fold.__getitem__, text))
    return Folded("".join(pieces), pieces)


class _Plain(dict[str, str]):
    """Each character in its one spelling, worked out when first met."""

    def __missing__(self, character: str) -> str:
        kept = (one for one in unicodedata.normalize("NFKC", character) if unicodedata.category(one) != "Cf")
        spelt = "".join(kept).casefold()
        if spelt and not spelt.isascii():
            spelt = _simplifier().convert(spelt)
        if len(self) < _MOST_KEPT:
            self[character] = spelt
        return spelt


_plain = _Plain()


def plain(text: str) -> str:
    """The text in one spelling, punctuation kept: half width, lower case, simplified characters.

    Nothing invisible is left in it, and no space or line end between two characters that write without. A
    part of a text is spelt as it is within the whole.
    """
    return _GAP.sub("", "".join(map(_plain.__getitem__, text)))


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" and category != "Lm"


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")

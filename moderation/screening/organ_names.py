"""Every organ a text names, however it is written."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import ahocorasick

from moderation.screening.folding import Folded, fold
from moderation.screening.hits import Hit, longest
from moderation.screening.wording import (
    ADDRESSED_NAMES,
    BEFORE_A_SHORT_RELATIVE,
    DECOYS,
    JOINED,
    LAST_NAMED,
    LINKED_NAMES,
    NO_PRONOUN_AFTER,
    NOT_AN_OFFICE,
    NOT_LINKED,
    OWN_RELATIVE_NAMES,
    RELATIVE_NAMES,
    SWALLOWED_STARTS,
)
from portal.organs.names import BARE_SPECIAL_NAMES, names_of, place_names_of
from portal.organs.tree import OrganTree


@dataclass(slots=True)
class _Word:
    """What one folded name stands for. `alone`: it can be a mention without another word's help."""

    organs: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    linkable: set[str] = field(default_factory=set)
    relative: str = ""
    addressed: bool = False
    alone: bool = False
    linked: bool = False
    last_named: bool = False
    bare_special: bool = False
    short: bool = False
    not_after: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mention:
    """Organs named between two positions of the original text; several where the name is not unique.

    `relative` is the kind of division (市, 州, 县, 区) where only the reader addressed knows which organ is
    meant; then `organs` is empty, as it is where `addressed` says that 贵院 or the like means that reader.
    """

    start: int
    end: int
    organs: frozenset[str]
    relative: str = ""
    addressed: bool = False


class OrganNames:
    """The names of all organs of one tree, ready to be searched for. Building takes tens of milliseconds."""

    def __init__(self, tree: OrganTree) -> None:
        self._tree = tree
        self._words = _words(tree)
        self._automaton = ahocorasick.Automaton()
        for name, word in self._words.items():
            self._automaton.add_word(name, (len(name), word))
        self._automaton.make_automaton()

    def mentions(self, text: str) -> list[Mention]:
        """Every organ the text names, in order. The longest name wins over those it contains."""
        folded = fold(text)
        found = [
            (last - length + 1, last + 1, word) for last, (length, word) in self._automaton.iter(folded.text)
        ]
        if not any(word.alone or word.linked for _, _, word in found):
            return []
        hits = _with_linked(text, longest(self._plausible(text, folded, found)))
        hits = [hit for hit in hits if hit.value.alone or hit.value.places]
        return self._listed_places(text, _without_own_teams(self._tree, text, hits))

    def resolve_place(self, text: str) -> frozenset[str]:
        """The organs of a place that makes up the whole text, as in 锦江区 where an organ was asked for."""
        word = self._words.get(fold(text).text)
        return frozenset(word.places) if word else frozenset()

    def _plausible(self, text: str, folded: Folded, found: list[tuple[int, int, _Word]]) -> list[Hit[_Word]]:
        """The hits in positions of the original text, less those the characters around them rule out."""
        origins = folded.origins()
        hits = [Hit(origins[start], origins[end - 1] + 1, word) for start, end, word in found]
        return [hit for hit in hits if not _ruled_out(text, hit)]

    def _listed_places(self, text: str, hits: list[Hit[_Word]]) -> list[Mention]:
        """The hits as mentions; places listed before an office become mentions of their offices."""
        mentions: list[Mention] = []
        following: Hit[_Word] | None = None
        for hit in reversed(hits):
            word = hit.value
            organs = frozenset(word.organs)
            if word.addressed:
                mentions.append(Mention(hit.start, hit.end, frozenset(), addressed=True))
                following = None
                continue
            if not organs and not word.relative:
                if following is None or not JOINED.fullmatch(text, hit.end, following.start):
                    continue
                organs = frozenset(word.places)
            mentions.append(Mention(hit.start, hit.end, organs, "" if organs else word.relative))
            following = hit
        return mentions[::-1]


def _words(tree: OrganTree) -> dict[str, _Word]:
    words: defaultdict[str, _Word] = defaultdict(_Word)
    for decoy in DECOYS:
        words[fold(decoy).text] = _Word()
    for name, kind in (RELATIVE_NAMES | OWN_RELATIVE_NAMES).items():
        words[fold(name).text].relative = kind
    for name in ADDRESSED_NAMES | LAST_NAMED:
        words[fold(name).text].addressed = True
    for name in LAST_NAMED:
        words[fold(name).text].last_named = True
    for name in LINKED_NAMES:
        words[fold(name).text].linked = True
    for organ in tree:
        for name in names_of(tree, organ.code):
            words[fold(name).text].organs.add(organ.code)
        for name in place_names_of(tree, organ.code):
            words[fold(name).text].places.add(organ.code)
            if organ.level != "province" and name not in NOT_LINKED:
                words[fold(name).text].linkable.add(organ.code)
    for name in BARE_SPECIAL_NAMES:
        words[fold(name).text].bare_special = True
    for name, word in words.items():
        word.alone = bool(word.organs or word.relative or word.addressed)
        word.short = re.search(r"(?<![察检])院$", name) is not None
        starts = (NO_PRONOUN_AFTER, name[:1]) if word.addressed else (SWALLOWED_STARTS, name[:2])
        word.not_after = starts[0].get(starts[1], frozenset())
    words.pop("", None)
    return dict(words)


def _ruled_out(text: str, hit: Hit[_Word]) -> bool:
    before = text[hit.start - 1 : hit.start]
    if before and before in hit.value.not_after:
        return True
    if hit.value.last_named and text.find("院", 0, hit.start) >= 0:
        return True
    if not hit.value.short:
        return False
    if NOT_AN_OFFICE.match(text, hit.end):
        return True
    return bool(hit.value.relative and before and not BEFORE_A_SHORT_RELATIVE.match(before))


def _with_linked(text: str, hits: list[Hit[_Word]]) -> list[Hit[_Word]]:
    """The hits with “锦江区” and “那个检察院” right after it made one.

    “锦江区，这个检察院” may mean two organs; then both stay.
    """
    merged: list[Hit[_Word]] = []
    for hit in hits:
        place = merged[-1] if merged and hit.value.linked else None
        if place is not None and place.value.linkable and not place.value.alone:
            gap = text[place.end : hit.start]
            if not gap or not fold(gap).text:
                merged[-1] = Hit(place.start, hit.end, _Word(organs=place.value.linkable, alone=True))
                if not gap or not hit.value.addressed:
                    continue
        merged.append(hit)
    return merged


def _without_own_teams(tree: OrganTree, text: str, hits: list[Hit[_Word]]) -> list[Hit[_Word]]:
    """The hits less “派驻纪检监察组” right after an organ below the top: that means the organ's own team."""
    own = {
        id(second)
        for first, second in pairwise(hits)
        if second.value.bare_special
        and text[first.end : second.start].strip() in {"", "的"}
        and any(tree.parent(code) is not None for code in first.value.organs)
    }
    return [hit for hit in hits if id(hit) not in own]

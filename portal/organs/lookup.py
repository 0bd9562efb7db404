"""Finding an organ by what people type: a part of its name, an alias, pinyin, first letters, its code."""

import unicodedata
from dataclasses import dataclass

from portal.organs.names import division_forms, division_stem, names_of, place_names_of
from portal.organs.tree import LEVELS, OrganNode, OrganTree

MAX_QUERY = 40
"""Characters of a query that are looked at; no name is longer."""


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    order: tuple[int, str]
    places: frozenset[str]
    names: frozenset[str]
    titles: tuple[str, ...]
    initials: tuple[str, ...]
    spellings: tuple[str, ...]


class OrganIndex:
    """The lookup over one tree. Building it takes some milliseconds, a search well under one."""

    def __init__(self, tree: OrganTree) -> None:
        self._tree = tree
        self._entries = tuple(
            sorted(
                (_entry(tree, organ) for organ in tree if organ.kind != "outside"),
                key=lambda entry: entry.order,
            )
        )

    def find(self, text: str, limit: int = 10) -> list[OrganNode]:
        """Up to `limit` organs in force, the best match first; equal matches by level, then code.

        A former name finds the organ that does its work today. Nothing usable typed finds nothing.
        """
        wanted = _plain(text)
        if not wanted:
            return []
        ranked: dict[str, tuple[int, tuple[int, str]]] = {}
        for entry in self._entries:
            rank = _rank(entry, wanted)
            if rank is None:
                continue
            code = self._tree.current(entry.code)
            if self._tree.node(code).in_force:
                ranked[code] = min((rank, entry.order), ranked.get(code, (rank, entry.order)))
        best = sorted(ranked, key=lambda code: (ranked[code], code))
        return [self._tree.node(code) for code in best[:limit]]


def _entry(tree: OrganTree, organ: OrganNode) -> _Entry:
    prefecture = tree.prefecture_of(organ.code)
    city_spellings, city_initials = [""], [""]
    if prefecture is not None and prefecture.level != organ.level:
        stem = len(division_stem(prefecture.division_name))
        city_spellings += [prefecture.pinyin, prefecture.pinyin.removesuffix("shi")]
        city_initials += [prefecture.initials, prefecture.initials[:stem]]
    return _Entry(
        code=organ.code,
        order=(LEVELS.index(organ.level), organ.code),
        places=frozenset((*division_forms(organ.division_name), division_stem(organ.division_name))) - {""},
        names=frozenset(map(_plain, names_of(tree, organ.code) | place_names_of(tree, organ.code))),
        titles=tuple(map(_plain, (organ.name, organ.display_name, *organ.other_names))),
        initials=tuple(city + organ.initials for city in city_initials) if organ.initials else (),
        spellings=tuple(city + organ.pinyin for city in city_spellings) if organ.pinyin else (),
    )


def _rank(entry: _Entry, wanted: str) -> int | None:
    """How well an organ answers, lower is better; None: not at all."""
    if wanted.isascii():
        tests = (
            wanted == entry.code.casefold(),
            wanted in entry.initials,
            any(initials.startswith(wanted) for initials in entry.initials),
            any(spelling.startswith(wanted) for spelling in entry.spellings),
            entry.code.casefold().startswith(wanted),
            len(wanted) > 2 and any(wanted in spelling for spelling in entry.spellings),
        )
    else:
        tests = (
            wanted in entry.places,
            wanted in entry.names,
            any(place.startswith(wanted) for place in entry.places),
            any(name.startswith(wanted) for name in entry.names),
            any(wanted in title for title in entry.titles),
            any(wanted in name for name in entry.names),
        )
    return next((rank for rank, passed in enumerate(tests) if passed), None)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[: 4 * MAX_QUERY]).casefold()
    return "".join(character for character in folded if character.isalnum())[:MAX_QUERY]

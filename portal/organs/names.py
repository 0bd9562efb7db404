"""What people call an organ: every usual form of its name, made from its name and that of its city.

Rules instead of a stored list, so that an organ added tomorrow is recognised tomorrow. Used by the lookup
and by screening; the display names of the reference data are checked against the rules here.
"""

import re
from itertools import product

from portal.organs.tree import OrganNode, OrganTree

LONG_SUFFIXES = ("人民检察院", "检察院")
SHORT_SUFFIXES = ("检院", "院")
"""Staff and press say 锦江区院 and 市检院. 院 alone only after the kind of division, or city and stem."""

# District names that say nothing without their city.
_NEED_CITY = frozenset({"市中区", "东区", "西区"})
# “市中检察院” reads as some city's middle instance, and one character is no name at all.
_NO_STEM = frozenset({"市中"})

_AUTONOMOUS = re.compile(r"(?P<stem>.{2,}?)(?:(?:藏|羌|彝|苗|回|土家|蒙古|傈僳|纳西)族)+自治(?P<kind>[州县])")

_SPECIAL_POSTING = ("派驻", "驻")
_SPECIAL_HOST = ("四川省人民检察院", "四川省检察院", "四川省院", "省人民检察院", "省检察院", "省院")
_SPECIAL_TEAM = ("纪检监察组", "纪检组")
BARE_SPECIAL_NAMES = tuple(posting + team for posting, team in product(_SPECIAL_POSTING[:1], _SPECIAL_TEAM))
"""Names of the special office that do not say where it sits; right after another organ they mean its team."""


def division_forms(division: str) -> tuple[str, ...]:
    """The forms of a division's name that keep its kind: 阿坝藏族羌族自治州 is also 阿坝州."""
    short = _AUTONOMOUS.fullmatch(division)
    return (division, short["stem"] + short["kind"]) if short else (division,)


def division_stem(division: str) -> str:
    """The division's name without its kind, or an empty text where that would not be understood."""
    stem = division_forms(division)[-1][:-1]
    return "" if len(stem) < 2 or stem in _NO_STEM else stem


def needs_city(division: str) -> bool:
    """Whether the division must always be shown with its city: 市中区 exists twice, 东区 says nothing."""
    return division in _NEED_CITY


def short_name(division: str, *, city: str = "") -> str:
    """What staff call the organ: 成都市院, 锦江区院, 阿坝州院; with the city's stem where needed."""
    prefix = division_stem(city) if needs_city(division) else ""
    return prefix + division_forms(division)[-1] + "院"


def display_name(division: str, *, city: str = "") -> str:
    """What pages show: 锦江区检察院; with its city where needed: 乐山市市中区检察院."""
    return (city if needs_city(division) else "") + division + "检察院"


def names_of(tree: OrganTree, code: str) -> frozenset[str]:
    """Every name by which a text can mean this organ; a name may mean others too. Raises UnknownOrgan."""
    organ = tree.node(code)
    if organ.kind == "outside":
        return frozenset(organ.other_names)
    names = {organ.name, *organ.other_names}
    if organ.kind == "special_office":
        names.update(
            map("".join, product(_SPECIAL_POSTING, _SPECIAL_HOST, _SPECIAL_TEAM)), BARE_SPECIAL_NAMES
        )
        return frozenset(names)
    names.update(name for name in (organ.short_name, organ.display_name) if name)
    if organ.division_name:
        prefecture = tree.prefecture_of(code)
        names.update(_procuratorate_names(organ, prefecture.division_name if prefecture else ""))
    return frozenset(names)


def place_names_of(tree: OrganTree, code: str) -> frozenset[str]:
    """The names of the place an organ serves, as people give them for the organ. Raises UnknownOrgan."""
    organ = tree.node(code)
    if organ.kind != "procuratorate" or not organ.division_name:
        return frozenset()
    prefecture = tree.prefecture_of(code)
    places = _with_stem(organ.division_name)
    return frozenset(
        city + place
        for city in ("", *_with_stem(prefecture.division_name if prefecture else ""))
        for place in places
    )


def _procuratorate_names(organ: OrganNode, city: str) -> set[str]:
    forms = list(division_forms(organ.division_name))
    stem = division_stem(organ.division_name)
    if organ.level == "province":
        forms.append(organ.division_name[-1])
    if organ.level == "county" and stem and organ.division_name[-1] in "区市":
        # Many were counties until lately, and people go on saying 双流县 and 会理县.
        forms.append(stem + "县")
    cities = ("", *_with_stem(city))
    names = {"".join(parts) for parts in product(cities, forms, (*LONG_SUFFIXES, *SHORT_SUFFIXES))}
    if stem:
        names |= {"".join(parts) for parts in product(cities, (stem,), (*LONG_SUFFIXES, SHORT_SUFFIXES[0]))}
        # 成都锦江院 says which; 锦江院 may be a clinic, and 成都院 is a house of engineers.
        names |= {f"{place}{stem}{SHORT_SUFFIXES[1]}" for place in cities if place}
    return names


def _with_stem(division: str) -> tuple[str, ...]:
    if not division:
        return ()
    stem = division_stem(division)
    return (*division_forms(division), stem) if stem else division_forms(division)

"""Finding an organ by what people type."""

from dataclasses import replace
from functools import cache

import pytest

from portal.organs.lookup import OrganIndex
from portal.organs.tree import OrganTree
from tests.portal.organs.sichuan import sichuan


@cache
def index() -> OrganIndex:
    return OrganIndex(sichuan())


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("jjq", ["锦江区检察院"]),
        ("jj", ["锦江区检察院", "夹江县检察院"]),
        ("ＪＪＱ", ["锦江区检察院"]),
        ("cdjj", ["锦江区检察院"]),
        ("jinj", ["锦江区检察院"]),
        ("chengdujinjiang", ["锦江区检察院"]),
        ("锦江", ["锦江区检察院"]),
        ("成都 锦江区", ["锦江区检察院"]),
        ("锦江区院", ["锦江区检察院"]),
        ("510104", ["锦江区检察院"]),
        ("市中区", ["内江市市中区检察院", "乐山市市中区检察院"]),
        ("阿坝", ["阿坝藏族羌族自治州检察院", "阿坝县检察院", "马尔康市检察院"]),
        ("成都", ["成都市检察院", "锦江区检察院", "青羊区检察院"]),
        ("郫县", ["郫都区检察院"]),
        ("会理县", ["会理市检察院"]),
        ("yingjing", ["荥经县检察院"]),
        ("都江堰市人民检察院", ["都江堰市检察院"]),
        ("派驻纪检监察组", ["派驻四川省人民检察院纪检监察组"]),
        ("省院", ["四川省检察院", "派驻四川省人民检察院纪检监察组"]),
    ],
)
def test_find_best_first(typed: str, found: list[str]) -> None:
    assert [organ.display_name for organ in index().find(typed, 3)] == found


@pytest.mark.parametrize("typed", ["", "  ", "…", "zzzz", "北京", "上级受理机关", "检察院" * 40])
def test_find_nothing_usable_finds_nothing(typed: str) -> None:
    assert index().find(typed) == []


def test_find_never_gives_more_than_the_limit() -> None:
    assert len(index().find("检察院", 4)) == 4


def test_find_former_name_gives_the_organ_at_work_today() -> None:
    renamed = replace(sichuan().node("510104"), in_force=False, renamed_to="510105")
    tree = OrganTree.of(renamed if organ.code == "510104" else organ for organ in sichuan())

    assert [organ.code for organ in OrganIndex(tree).find("锦江区")] == ["510105"]


def test_find_organ_abolished_without_successor_is_not_offered() -> None:
    gone = replace(sichuan().node("510104"), in_force=False)
    tree = OrganTree.of(gone if organ.code == "510104" else organ for organ in sichuan())

    assert OrganIndex(tree).find("锦江区") == []

"""What an organ is called, and how its shipped names and pinyin follow from its place."""

import pytest

from portal.organs.names import (
    display_name,
    division_forms,
    division_stem,
    names_of,
    place_names_of,
    short_name,
)
from portal.organs.pinyin import spell
from tests.portal.organs.sichuan import sichuan


@pytest.mark.parametrize(
    ("code", "some"),
    [
        (
            "510104",
            {
                *("成都市锦江区人民检察院", "锦江区人民检察院", "锦江区检察院", "锦江检察院", "锦江区院"),
                *("成都市锦江区检察院", "成都锦江区检察院", "成都锦江检察院", "锦江区检院"),
            },
        ),
        ("510100", {"成都市人民检察院", "成都市检察院", "成都检察院", "成都市院"}),
        (
            "510000",
            {
                "四川省人民检察院",
                "四川省检察院",
                "四川检察院",
                "四川省院",
                "省人民检察院",
                "省检察院",
                "省院",
            },
        ),
        ("513200", {"阿坝藏族羌族自治州人民检察院", "阿坝州检察院", "阿坝检察院", "阿坝州院"}),
        ("510726", {"北川羌族自治县人民检察院", "北川县检察院", "北川检察院", "绵阳市北川县检察院"}),
        ("513402", {"会理市检察院", "会理县检察院", "凉山州会理市检察院"}),
        ("510117", {"郫都区检察院", "郫县检察院"}),
        (
            "510000D",
            {"派驻纪检监察组", "驻省检察院纪检组", "派驻四川省人民检察院纪检监察组", "派驻省院纪检监察组"},
        ),
    ],
)
def test_names_of_organ_include_the_usual_forms(code: str, some: set[str]) -> None:
    assert some - names_of(sichuan(), code) == set()


@pytest.mark.parametrize(
    ("code", "misleading"),
    [
        ("511102", {"市中院", "市中检察院", "乐山市中检察院"}),  # “市中院” is a court
        ("510521", {"泸检察院", "泸院"}),
        ("510104", {"锦江", "锦江区", "锦江院", "检察院"}),
        ("510000D", {"纪检监察组", "驻纪检组", "派驻院纪检监察组", "驻检察院纪检组"}),
        ("outside", {"上级受理机关（系统外）"}),
    ],
)
def test_names_of_organ_exclude_what_means_something_else(code: str, misleading: set[str]) -> None:
    assert misleading & names_of(sichuan(), code) == set()


def test_place_names_of_organ_are_its_division_with_and_without_the_city() -> None:
    assert place_names_of(sichuan(), "510104") == {
        *("锦江区", "锦江", "成都市锦江区", "成都市锦江", "成都锦江区", "成都锦江"),
    }
    assert place_names_of(sichuan(), "510000D") == frozenset()


def test_division_forms_and_stems() -> None:
    assert division_forms("峨边彝族自治县") == ("峨边彝族自治县", "峨边县")
    assert division_forms("锦江区") == ("锦江区",)
    assert [division_stem(name) for name in ("锦江区", "阿坝藏族羌族自治州", "泸县", "市中区", "")] == [
        *("锦江", "阿坝", "", "", ""),
    ]


def test_shipped_names_follow_the_rules() -> None:
    tree = sichuan()
    for organ in tree:
        if organ.kind != "procuratorate":
            continue
        prefecture = tree.prefecture_of(organ.code)
        city = prefecture.division_name if prefecture else ""
        assert organ.short_name == short_name(organ.division_name, city=city)
        assert organ.display_name == display_name(organ.division_name, city=city)


def test_shipped_display_names_are_unique_and_the_two_city_centres_carry_their_city() -> None:
    shown = [organ.display_name for organ in sichuan()]

    assert len(set(shown)) == len(shown)
    assert {organ.display_name for organ in sichuan() if organ.division_name == "市中区"} == {
        *("内江市市中区检察院", "乐山市市中区检察院"),
    }


def test_shipped_pinyin_is_what_the_speller_says() -> None:
    for organ in sichuan():
        assert (organ.pinyin, organ.initials) == spell(organ.division_name or organ.short_name)


@pytest.mark.parametrize(
    ("place", "spelled"),
    [
        ("筠连县", ("junlianxian", "jlx")),
        ("荥经县", ("yingjingxian", "yjx")),
        ("郫都区", ("piduqu", "pdq")),
        ("什邡市", ("shifangshi", "sfs")),
        ("长宁县", ("changningxian", "cnx")),
        ("锦江区", ("jinjiangqu", "jjq")),
        ("乐至县", ("lezhixian", "lzx")),
    ],
)
def test_spell_local_readings(place: str, spelled: tuple[str, str]) -> None:
    assert spell(place) == spelled

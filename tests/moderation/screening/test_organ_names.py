"""Which organs a text names, and where exactly it does."""

import time
import unicodedata
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.screening.folding import fold
from moderation.screening.organ_names import OrganNames
from moderation.screening.wording import ADDRESSED_NAMES, LAST_NAMED, LINKED_NAMES, NOT_LINKED
from portal.organs.names import names_of, place_names_of
from portal.organs.tree import OrganTree
from tests.portal.organs.sichuan import sichuan

PROVINCE, SPECIAL = "510000", "510000D"
CHENGDU, JINJIANG, QINGYANG = "510100", "510104", "510105"

CENTRES = {"511002", "511102"}  # 内江市 and 乐山市 both have a 市中区


@cache
def names() -> OrganNames:
    return OrganNames(sichuan())


def found(text: str) -> list[tuple[str, set[str]]]:
    """The pieces of the text that name organs, with the codes they name."""
    return [(text[one.start : one.end], set(one.organs)) for one in names().mentions(text)]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        # every usual form of one name
        ("成都市锦江区人民检察院的张某", [("成都市锦江区人民检察院", {JINJIANG})]),
        ("在锦江区检察院办事大厅", [("锦江区检察院", {JINJIANG})]),
        ("锦江检察院的人说", [("锦江检察院", {JINJIANG})]),
        ("锦江区院的领导", [("锦江区院", {JINJIANG})]),
        ("成都市锦江区检察院某科长", [("成都市锦江区检察院", {JINJIANG})]),
        ("我去锦江区检查院反映", [("锦江区检查院", {JINJIANG})]),
        ("我去锦江区人民检查院反映", [("锦江区人民检查院", {JINJIANG})]),
        ("成都市院答复我", [("成都市院", {CHENGDU})]),
        ("成都市检察院收到了", [("成都市检察院", {CHENGDU})]),
        ("四川省检察院", [("四川省检察院", {PROVINCE})]),
        ("向省检察院寄过信", [("省检察院", {PROVINCE})]),
        ("向省人民检察院寄过信", [("省人民检察院", {PROVINCE})]),
        ("省院来人", [("省院", {PROVINCE})]),
        ("四川省院来人", [("四川省院", {PROVINCE})]),
        ("阿坝州检察院", [("阿坝州检察院", {"513200"})]),
        ("峨边县检察院", [("峨边县检察院", {"511132"})]),
        ("都江堰市检察院", [("都江堰市检察院", {"510181"})]),
        ("锦江检院的人", [("锦江检院", {JINJIANG})]),
        ("成都检院的人", [("成都检院", {CHENGDU})]),
        ("成都锦江院的人", [("成都锦江院", {JINJIANG})]),
        ("成都市锦江院的人", [("成都市锦江院", {JINJIANG})]),
        # the place, a word between, the office
        ("锦江区的检察院收钱", [("锦江区的检察院", {JINJIANG})]),
        ("锦江的检察院收钱", [("锦江的检察院", {JINJIANG})]),
        ("锦江区那个检察院收钱", [("锦江区那个检察院", {JINJIANG})]),
        ("成都锦江区这个检查院收钱", [("成都锦江区这个检查院", {JINJIANG})]),
        ("成都市的人民检察院收钱", [("成都市的人民检察院", {CHENGDU})]),
        ("锦 江 区 的 那*个 检察院", [("锦 江 区 的 那*个 检察院", {JINJIANG})]),
        ("市中区的检察院", [("市中区的检察院", CENTRES)]),
        ("青羊区和锦江区的检察院", [("青羊区", {QINGYANG}), ("锦江区的检察院", {JINJIANG})]),
        # former names, kept by rule or by hand
        ("会理县检察院", [("会理县检察院", {"513402"})]),
        ("郫县检察院", [("郫县检察院", {"510117"})]),
        # the special office
        ("派驻纪检监察组", [("派驻纪检监察组", {SPECIAL})]),
        ("驻省检察院纪检组的人", [("驻省检察院纪检组", {SPECIAL})]),
        ("省纪委监委派驻四川省人民检察院纪检监察组", [("派驻四川省人民检察院纪检监察组", {SPECIAL})]),
        ("省检察院派驻纪检监察组", [("省检察院", {PROVINCE}), ("派驻纪检监察组", {SPECIAL})]),
        ("锦江区检察院派驻纪检监察组", [("锦江区检察院", {JINJIANG})]),  # the district's own team
        # the longest name wins
        ("四川省成都市锦江区人民检察院", [("成都市锦江区人民检察院", {JINJIANG})]),
        ("广安市广安区检察院", [("广安市广安区检察院", {"511602"})]),
        ("乐山市市中区检察院", [("乐山市市中区检察院", {"511102"})]),
        ("内江市中区检察院", [("内江市中区检察院", {"511002"})]),
        # names that are not unique
        ("市中区检察院", [("市中区检察院", CENTRES)]),
        ("阿坝检察院", [("阿坝检察院", {"513200", "513231"})]),
        # several
        ("锦江区检察院和省院都不管", [("锦江区检察院", {JINJIANG}), ("省院", {PROVINCE})]),
        ("锦江区、青羊区检察院", [("锦江区", {JINJIANG}), ("青羊区检察院", {QINGYANG})]),
        ("锦江和青羊区检察院", [("锦江", {JINJIANG}), ("青羊区检察院", {QINGYANG})]),
        # tricks
        ("锦 江 区 检 察 院", [("锦 江 区 检 察 院", {JINJIANG})]),
        ("锦*江/区【检】察—院", [("锦*江/区【检】察—院", {JINJIANG})]),
        ("锦\u200b江\u2060区检\ufeff察院", [("锦\u200b江\u2060区检\ufeff察院", {JINJIANG})]),
        ("锦江\n区检察院", [("锦江\n区检察院", {JINJIANG})]),
        ("錦江區檢察院", [("錦江區檢察院", {JINJIANG})]),
        ("瀘縣檢查院", [("瀘縣檢查院", {"510521"})]),
        ("⾦堂县检察院", [("⾦堂县检察院", {"510121"})]),  # a Kangxi radical in place of 金
        # what only looks like an organ's name
        ("我家住成都市锦江区，在四川省工作", []),
        ("被评为省院士", []),
        ("四川省院士工作站", []),
        ("锦江区院坝坝宴", []),
        ("锦江区院落改造", []),
        ("全省检察院和全市检察院", []),
        ("贵州省检察院", []),
        ("重庆市检察院", []),
        ("最高人民检察院", []),
        ("成都铁路运输检察院", []),
        ("锦江区法院、锦江区纪委", []),
        ("华西医院成都锦江院区，成都锦江院子火锅，成都院的设计图", []),
        ("南部的检察院，四川的检察院，各区的检察院，别处那个检察院", []),
        ("锦江区，住户说检察院", []),
        ("", []),
    ],
)
def test_mentions(text: str, mentions: list[tuple[str, set[str]]]) -> None:
    assert found(text) == mentions


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("市检察院的王某", [("市检察院", "市")]),
        ("我找了县检查院", [("县检查院", "县")]),
        ("区人民检察院", [("区人民检察院", "区")]),
        ("州院领导", [("州院", "州")]),
        ("反映到市院以后", [("市院", "市")]),
        ("办理县检察院移送的案件", [("县检察院", "县")]),  # across two words, not 理县
        ("我们区的检察院", [("我们区的检察院", "区")]),
        ("我市那个检察院", [("我市那个检察院", "市")]),
        ("区检院的人", [("区检院", "区")]),
        ("小区院内停车，超市院墙倒了，城市院线", []),
    ],
)
def test_mentions_relative_to_the_reader_addressed(text: str, relative: list[tuple[str, str]]) -> None:
    mentions = names().mentions(text)

    assert [(text[one.start : one.end], one.relative) for one in mentions] == relative
    assert not any(one.organs for one in mentions)


@pytest.mark.parametrize(
    "word",
    [
        *("你院", "您院", "贵院", "本院", "你们院", "你们检察院", "你们人民检察院", "贵检察院", "本检察院"),
        *("你检查院", "貴院", "贵 院", "你-们*院", "这个检察院", "這家檢察院", "该院", "该检察院"),
    ],
)
def test_mentions_of_the_organ_addressed(word: str) -> None:
    mentions = names().mentions(f"反映{word}张某收钱")

    assert [(one.start, one.end, one.addressed) for one in mentions] == [(2, 2 + len(word), True)]
    assert [(one.organs, one.relative) for one in mentions] == [(frozenset(), "")]


@pytest.mark.parametrize(
    "text",
    [
        *("你院子里的树", "本院士工作站", "贵院墙", "收费太贵院方不管", "日本检察院", "样本院", "迷你院"),
        *(
            "应该院里解决",
            "应该检察院管",
            "县法院判了。该院张某收钱",
            "我去过华西医院，该院乱收费",
            "你们单位",
        ),
    ],
)
def test_mentions_of_what_only_sounds_addressed(text: str) -> None:
    assert names().mentions(text) == []


def test_mentions_of_a_place_and_then_this_office_may_be_two() -> None:
    mentions = names().mentions("我住锦江区，这个检察院不管")

    assert [(set(one.organs), one.addressed) for one in mentions] == [({JINJIANG}, False), (set(), True)]


def test_mentions_of_a_place_beside_the_organ_addressed_stay_a_place() -> None:
    assert found("建议锦江区和贵院") == [("贵院", set())]


def test_mentions_of_one_character_county() -> None:
    assert found("办理理县检察院的案件") == [("理县检察院", {"513222"})]
    assert found("提高县院办案质量") == []
    assert found("荣县检察院和高县院") == [("荣县检察院", {"510321"}), ("高县院", {"511525"})]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("锦江区", {JINJIANG}),
        (" 成都 锦江 ", {JINJIANG}),
        ("錦江區", {JINJIANG}),
        ("市中区", {"511002", "511102"}),
    ],
)
def test_resolve_place(text: str, codes: set[str]) -> None:
    assert names().resolve_place(text) == codes


@pytest.mark.parametrize("text", ["", "锦江区法院", "某地", "四川省成都市锦江区某街道"])
def test_resolve_place_text_that_is_more_or_less_than_a_place(text: str) -> None:
    assert names().resolve_place(text) == frozenset()


def test_mentions_of_renamed_organ_by_either_name() -> None:
    renamed = replace(
        sichuan().node(JINJIANG), code="old", name="成都市东城区人民检察院", division_name="东城区"
    )
    old = replace(renamed, short_name="", display_name="", in_force=False, renamed_to=JINJIANG)
    searched = OrganNames(OrganTree.of((*sichuan(), old)))

    assert [set(one.organs) for one in searched.mentions("东城区检察院，锦江区检察院")] == [
        {"old"},
        {JINJIANG},
    ]


# --- laws ---

ALIASES = sorted((name, organ.code) for organ in sichuan() for name in names_of(sichuan(), organ.code))
SEPARATORS = st.text(
    st.characters(categories=("Z", "P", "S", "Cc", "Cf", "Mn", "Me", "Lm")).filter(
        lambda one: not fold(one).text
    ),
    max_size=3,
)


@settings(max_examples=500)
@given(alias=st.sampled_from(ALIASES), data=st.data(), lead=st.sampled_from(["", "我要举报", "。", "\n"]))
def test_separators_between_characters_never_hide_a_name(
    alias: tuple[str, str], data: st.DataObject, lead: str
) -> None:
    name, code = alias
    gaps = data.draw(st.lists(SEPARATORS, min_size=len(name) - 1, max_size=len(name) - 1))
    text = lead + name[0] + "".join(gap + character for gap, character in zip(gaps, name[1:], strict=True))

    mentions = [one for one in names().mentions(text) if code in one.organs]

    assert [(one.start, one.end) for one in mentions] == [(len(lead), len(text))]


PLACES = sorted(
    (place, organ.code)
    for organ in sichuan()
    for place in place_names_of(sichuan(), organ.code)
    if organ.level != "province" and place not in NOT_LINKED
)


@settings(max_examples=300)
@given(place=st.sampled_from(PLACES), linked=st.sampled_from(sorted(LINKED_NAMES)), data=st.data())
def test_separators_never_hide_a_place_with_its_office(
    place: tuple[str, str], linked: str, data: st.DataObject
) -> None:
    name, code = place[0] + linked, place[1]
    gaps = data.draw(st.lists(SEPARATORS, min_size=len(name) - 1, max_size=len(name) - 1))
    text = name[0] + "".join(gap + character for gap, character in zip(gaps, name[1:], strict=True))

    mentions = [one for one in names().mentions(text) if code in one.organs]

    assert [(one.start, one.end) for one in mentions] == [(0, len(text))]


@given(word=st.sampled_from(sorted(ADDRESSED_NAMES | LAST_NAMED)), data=st.data())
def test_separators_never_hide_the_organ_addressed(word: str, data: st.DataObject) -> None:
    gaps = data.draw(st.lists(SEPARATORS, min_size=len(word) - 1, max_size=len(word) - 1))
    text = word[0] + "".join(gap + character for gap, character in zip(gaps, word[1:], strict=True))

    assert [(one.start, one.end, one.addressed) for one in names().mentions(text)] == [(0, len(text), True)]


def test_folding_drops_every_separator_of_unicode() -> None:
    for character in map(chr, range(0x110000)):
        separates = unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me", "Pd", "Po"}
        # a few stand for letters, as the sound marks of Japanese or the abbreviation c/o
        if separates and not any(one.isalnum() for one in unicodedata.normalize("NFKC", character)):
            assert fold(character).text == "", hex(ord(character))


@given(text=st.text())
@example("\ud800检察院")
@example("㍿㌀Å")
def test_folding_takes_any_text_and_knows_the_way_back(text: str) -> None:
    folded = fold(text)

    assert len(folded.origins()) == len(folded.text)
    assert folded.origins() == sorted(folded.origins())
    assert len(folded.pieces) == len(text)


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_mentions_lie_within_the_text_and_in_order(before: str, after: str) -> None:
    text = f"{before}锦江区检察院{after}"
    mentions = names().mentions(text)

    assert all(0 <= one.start < one.end <= len(text) for one in mentions)
    assert mentions == sorted(mentions, key=lambda one: one.start)


def test_mentions_of_long_text_stay_quick() -> None:
    text = ("锦江区检察院、市院、办理县检察院，锦江区的检察院贵院该院" * 1200)[:20_000]
    started = time.perf_counter()

    names().mentions(text)

    assert time.perf_counter() - started < 1

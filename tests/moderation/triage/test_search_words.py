"""Which words go into the index, and that a search asks for words that are there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.triage.search_words import alternatives, shingles_of, terms_of, words_of
from moderation.triage.surnames import SURNAMES, name_runs, needed_runs

TEXT = (
    "今年三月，锦江区检察院检察长王建国在城东某茶楼收受當事人親屬现金五万元，车牌川Ａ12345，和欧阳娜娜一起。"
)
HAN = st.text(alphabet="王建国李四欧阳娜司马光的在检察院长于是说收受张", min_size=2, max_size=12)


def found_in(text: str, q: str, **more: tuple[str, ...]) -> bool:
    """Whether the index of the text would point to it."""
    words = words_of([text], **more)
    return all(any(one <= words for one in alternatives(term)) for term in terms_of(q))


@pytest.mark.parametrize(
    "q",
    [
        *("王建国", "王建", "检察长王建国", "欧阳娜娜", "现金", "茶楼", "检察院", "锦江区检察院"),
        *("当事人", "親屬", "a12345", "Ａ12345", "现金 王建国"),
    ],
)
def test_search_words_are_in_the_index_of_a_text_that_contains_them(q: str) -> None:
    assert found_in(TEXT, q)


@pytest.mark.parametrize("q", ["李四", "游泳馆", "王建军", "现金 李四"])
def test_search_words_are_not_in_the_index_of_a_text_without_them(q: str) -> None:
    assert not found_in(TEXT, q)


@pytest.mark.parametrize("text", ["和王 建 国一起", "和王\n建国一起", "和王\u200b建国一起"])
def test_names_are_found_across_gaps_and_invisible_characters(text: str) -> None:
    assert found_in(text, "王建国")


def test_names_of_subjects_are_indexed_whole_whatever_they_are() -> None:
    assert not found_in("有人收钱。", "万向阿")
    assert found_in("有人收钱。", "万向阿", names=("万向阿",))


@pytest.mark.parametrize("q", ["王", "的", "a", "，"])
def test_a_single_character_cannot_be_asked_for(q: str) -> None:
    assert alternatives(q) == []


def test_terms_are_spelt_as_texts_are_and_each_once() -> None:
    assert terms_of(" 現金　现金 ＡＢ ") == ["现金", "ab"]


@given(before=HAN, name=HAN, after=HAN)
def test_a_name_with_a_family_name_in_it_is_never_missed(before: str, name: str, after: str) -> None:
    assert needed_runs(name) <= name_runs(before + name + after)


def test_family_names_are_single_characters() -> None:
    assert {len(name) for name in SURNAMES} == {1}
    assert len(SURNAMES) == 250


def test_shingles_do_not_see_spelling_spaces_or_punctuation() -> None:
    assert shingles_of("現 金，五萬Ａ") == shingles_of("现金五万a")
    assert len(shingles_of("现金五万a")) == 3
    assert len(shingles_of("现金")) == 1
    assert shingles_of("，。") == []
    assert len(shingles_of("现金五" * 5000)) == 5998

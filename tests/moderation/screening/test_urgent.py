"""Words that ask for a look today."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.screening.urgent import ALONE, MOST, urgent_spans


def spans(text: str) -> list[str]:
    return [text[start:end] for start, end in urgent_spans(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("再不处理我就自杀", ["自杀"]),
        ("他扬言要报复", ["扬言"]),
        ("准备上京反映", ["上京"]),
        ("说要引起爆炸", ["爆炸"]),
        ("今晚就带着孩子去", ["今晚就带着孩子"]),
        ("孩子明天要出事", ["孩子明天"]),
        ("自 杀", ["自 杀"]),
        ("跳\u200b樓", ["跳\u200b樓"]),
        ("案件数量爆炸式增长", []),
        ("今晚加班", []),
        ("别拿道德绑架我", []),
        ("孩子上学的问题", []),
        ("建议检察院增设窗口", []),
        ("", []),
    ],
)
def test_urgent_spans(text: str, pieces: list[str]) -> None:
    assert spans(text) == pieces


def test_urgent_time_far_from_person_does_not_raise() -> None:
    assert spans("今晚" + "我去了检察院反映情况" * 6 + "孩子") == []


def test_urgent_spans_are_bounded() -> None:
    assert len(urgent_spans("自杀，" * 500)) == MOST


@given(word=st.sampled_from(ALONE), before=st.text(max_size=10), after=st.text(max_size=10))
def test_urgent_word_raises_wherever_it_stands(word: str, before: str, after: str) -> None:
    assert urgent_spans(f"{before}。{word}。{after}")


def test_urgent_spans_of_long_text_stay_quick() -> None:
    text = ("孩子今晚爆炸式" * 3000)[:20_000]
    started = time.perf_counter()

    urgent_spans(text)

    assert time.perf_counter() - started < 1

"""Questions to people, and columns of Chinese."""

import pytest
from django.core.management import CommandError, call_command

from portal.management.terminal import ask_new_passphrase, padded, table, width
from portal.vault.cards import check_card_passphrase


class Typed:
    """Somebody who types these lines one after the other."""

    def __init__(self, *lines: str) -> None:
        self.lines, self.heard = list(lines), list[str]()

    def say(self, text: str = "") -> None:
        """A line."""
        self.heard.append(text.strip())

    def ask(self, question: str) -> str:
        """The next line."""
        return self.lines.pop(0)

    def ask_secret(self, question: str) -> str:
        """The next line."""
        return self.lines.pop(0)


def test_new_passphrase_is_asked_until_it_is_good_and_agrees() -> None:
    good = "一二三四五六七八九十十一"
    typed = Typed("短", good, "别的", good, good)

    assert ask_new_passphrase(typed, "口令", check_card_passphrase) == good
    assert typed.heard == [
        "卡片口令至少 12 个字符，且不要过于简单重复。",
        "两次输入不一致，请重来。",
    ]


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("监督", 4), ("第1代", 5), ("（）", 4), ("é", 1), ("", 0)]
)
def test_width_counts_two_for_every_chinese_character(text: str, columns: int) -> None:
    assert width(text) == columns


def test_padded_fills_and_cuts_to_the_columns() -> None:
    assert [padded("监督", 6), padded("派驻纪检监察组", 7), padded("abc", 3)] == ["监督  ", "派驻纪…", "abc"]


def test_table_columns_stand_below_each_other() -> None:
    assert table([["代码", "名", "数"], ["510000D", "派驻组", "1"]]) == [
        "  代码     名      数",
        "  510000D  派驻组  1",
    ]
    assert table([]) == []


@pytest.mark.parametrize(
    "words",
    [
        ["ceremony", "--cards", "/nowhere/cards"],
        ["renew", "--cards", "a", "--cards", "b"],
        ["replace-card", "1", "--cards", "a", "--cards", "b", "--new", "/nowhere"],
        ["accept-directory"],
    ],
)
def test_acts_of_people_are_refused_without_a_terminal(house: None, words: list[str]) -> None:
    with pytest.raises(CommandError, match="要由人在终端前办理"):
        call_command("vault", *words)

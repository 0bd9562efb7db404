"""Talking with people at the server's terminal: questions, hidden passphrases, columns of Chinese."""

import getpass
import sys
import unicodedata
from collections.abc import Callable
from typing import Protocol

from django.core.management.base import CommandError

from portal.common.errors import Invalid, Refusal


class Terminal(Protocol):
    """What a command needs of the people before it."""

    def say(self, text: str = "") -> None:
        """A line."""

    def ask(self, question: str) -> str:
        """What somebody types, without blanks around it."""

    def ask_secret(self, question: str) -> str:
        """What somebody types while nothing shows."""


class Console:
    """The terminal this process runs at. Raises `CommandError` where there is none, or nobody goes on."""

    def __init__(self, write: Callable[[str], object]) -> None:
        if not sys.stdin.isatty():
            raise CommandError("这一步要由人在终端前办理，不能从文件或管道读取。")
        self._write = write

    def say(self, text: str = "") -> None:
        """A line."""
        self._write(text)

    def ask(self, question: str) -> str:
        """What somebody types, without blanks around it."""
        return _typed(lambda: input(question)).strip()

    def ask_secret(self, question: str) -> str:
        """What somebody types while nothing shows."""
        return _typed(lambda: getpass.getpass(question))


def _typed(read: Callable[[], str]) -> str:
    try:
        return read()
    except (EOFError, KeyboardInterrupt):
        raise CommandError("已中止，没有做任何改动。") from None
    except UnicodeDecodeError:
        raise CommandError("终端的字符编码不是 UTF-8，没有做任何改动。") from None


def ask_new_passphrase(terminal: Terminal, question: str, check: Callable[[str], None]) -> str:
    """A new passphrase, typed twice; asked again until both agree and `check` raises no `Invalid`."""
    while True:
        first = terminal.ask_secret(f"{question}：")
        try:
            check(first)
        except Invalid as refusal:
            terminal.say(f"  {refusal.detail}")
            continue
        if terminal.ask_secret(f"{question}（再输一次）：") == first:
            return first
        terminal.say("  两次输入不一致，请重来。")


def agreed(terminal: Terminal, question: str, word: str) -> bool:
    """Whether somebody types exactly this word."""
    return terminal.ask(f"{question}请输入“{word}”：") == word


def in_words(refusal: Refusal) -> str:
    """A refusal in one line."""
    return "；".join(refusal.fields.values()) or refusal.detail


# --- columns -------------------------------------------------------------------------------------------


def width(text: str) -> int:
    """How many columns a terminal gives to a text: two to every Chinese character."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, columns: int) -> str:
    """The text with blanks after it; cut with … where it is too long."""
    if width(text) > columns:
        kept = ""
        for character in text:
            if width(kept + character) > columns - 1:
                break
            kept += character
        text = f"{kept}…"
    return text + " " * (columns - width(text))


def table(rows: list[list[str]], *, indent: str = "  ") -> list[str]:
    """Rows in columns as wide as their widest text, the last one as long as it is."""
    if not rows:
        return []
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    return [
        indent + "  ".join([*(padded(text, wide) for text, wide in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]

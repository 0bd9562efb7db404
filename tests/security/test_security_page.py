"""`docs/security.md` claims nothing that no test shows: a block names its tests or says that it is a limit.

The convention: a paragraph or bullet of any section names, in backquotes, whole files (`tests/…/test_x.py`)
or tests (`tests/…/test_x.py::test_y`), or holds the word "(limit)". Tables stand beside such a paragraph.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PAGE = Path("docs/security.md")
LIMIT = "(limit)"
HOW = "name the test that shows it as `tests/…/test_x.py::test_y`, or end a limit with (limit)"
_REFERENCE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_LOOSE = re.compile(r"`(?:\w+/)*(test_\w+)[^`]*`")
_BULLET = re.compile(r"^- ", re.MULTILINE)
_LEFT_OUT = {"skip", "xfail"}


def blocks(text: str) -> list[str]:
    """The paragraphs and bullets of all sections; neither headings nor tables, nor the page's beginning."""
    sections = text.split("\n## ")[1:]
    found = []
    for section in sections:
        for part in section.partition("\n")[2].split("\n\n"):
            pieces = _BULLET.split(part.strip())
            found += [
                " ".join(piece.split()) for piece in pieces if piece.strip() and not piece.startswith("|")
            ]
    return found


def unshown(text: str) -> list[str]:
    """The blocks that neither name a test nor call themselves a limit, but for headings of bullets."""
    return [
        block
        for block in blocks(text)
        if LIMIT not in block and not _REFERENCE.search(block) and not _introduces(block)
    ]


def _introduces(block: str) -> bool:
    return block.startswith("**") and block.endswith("**")


def missing(text: str) -> list[str]:
    """References to what is not there, is left out of every run, or is not written in full."""
    wrong = [match.group() for match in _LOOSE.finditer(text) if not _REFERENCE.fullmatch(match.group())]
    for file, test in _REFERENCE.findall(text):
        known = _tests_of(file)
        if not known or (test and test not in known):
            wrong.append(f"`{file}::{test}`" if test else f"`{file}`")
    return wrong


@cache
def _tests_of(file: str) -> frozenset[str]:
    """The tests of a file as pytest collects them: functions `test_…` in files `test_….py`."""
    path = Path(file)
    if not path.is_file() or not path.name.startswith("test_"):
        return frozenset()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    return frozenset(one.name for one in functions if one.name.startswith("test_") and not _left_out(one))


def _left_out(function: ast.FunctionDef) -> bool:
    nodes = [node for mark in function.decorator_list for node in ast.walk(mark)]
    return any(isinstance(node, ast.Attribute) and node.attr in _LEFT_OUT for node in nodes)


def test_security_page_every_block_names_its_test_or_is_a_limit() -> None:
    assert unshown(PAGE.read_text(encoding="utf-8")) == [], HOW


def test_security_page_every_test_it_names_is_there_and_runs() -> None:
    assert missing(PAGE.read_text(encoding="utf-8")) == [], HOW


def test_security_page_speaks_of_every_adversary() -> None:
    text = PAGE.read_text(encoding="utf-8")
    section = text.split("\n## Per adversary\n")[1].split("\n## ")[0]

    assert len(re.findall(r"^\*\*[^*]+\*\*", section, re.MULTILINE)) >= 10
    assert len(_REFERENCE.findall(section)) >= 20


SHOWN = """
## A

Claim (`tests/security/test_security_page.py`).

- other (limit)
- third `tests/security/test_thief.py`
"""


@pytest.mark.parametrize(
    ("change", "unshown_blocks", "missing_tests"),
    [
        ("", [], []),
        ("\nBare claim.\n", ["Bare claim."], []),
        ("- bare bullet\n", ["bare bullet"], []),
        ("\nSee `tests/security/test_no_such.py`.\n", [], ["`tests/security/test_no_such.py`"]),
        (
            "\nSee `tests/security/test_thief.py::test_no_such`.\n",
            [],
            ["`tests/security/test_thief.py::test_no_such`"],
        ),
        ("\nSee `test_thief.py` (limit).\n", [], ["`test_thief.py`"]),
        ("\nSee `tests/rest.py`.\n", [], ["`tests/rest.py`"]),
        ("\n| a | table |\n", [], []),
    ],
)
def test_security_page_gaps_are_noticed(
    change: str, unshown_blocks: list[str], missing_tests: list[str]
) -> None:
    text = SHOWN + change

    assert unshown(text) == unshown_blocks
    assert missing(text) == missing_tests

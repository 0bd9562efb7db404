"""A soak that was stopped goes on where it was, starts over on other code, and says what broke."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.concurrency.kill_rounds import BrokenPromise
from tests.soak.__main__ import BROKEN, FINISHED, UNFINISHED, run
from tests.soak.parts import Figures, Part
from tests.soak.state import State, code_fingerprint

played: list[int] = []


def _count(numbers: range) -> Iterator[Figures]:
    for number in numbers:
        played.append(number)
        yield {"kept": 2}


def _break_in_second(numbers: range) -> Iterator[Figures]:
    for number in numbers:
        if number == 1:
            raise BrokenPromise("one is missing")
        yield {"kept": 1}


COUNTING = Part("counting", "counts", 3, _count)
BREAKING = Part("breaking", "breaks", 3, _break_in_second)


@pytest.fixture(autouse=True)
def _nothing_played() -> None:
    played.clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "soak" / "state.json"


def test_soak_out_of_time_goes_on_with_the_next_round(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(COUNTING, State(file, code="a"), minutes=0)
    second = run(COUNTING, State(file, code="a"))

    assert (first, second, played) == (UNFINISHED, FINISHED, [0, 1, 2])
    assert capsys.readouterr().out.splitlines()[-1] == "--- counting: 3 rounds kept, 0 s; kept 6"


def test_soak_finished_is_not_played_again(file: Path) -> None:
    run(COUNTING, State(file, code="a"))

    assert run(COUNTING, State(file, code="a")) == FINISHED
    assert played == [0, 1, 2]


def test_soak_on_other_code_starts_over(file: Path) -> None:
    run(COUNTING, State(file, code="a"), minutes=0)

    run(COUNTING, State(file, code="b"))

    assert played == [0, 0, 1, 2]


def test_soak_made_afresh_starts_over(file: Path) -> None:
    run(COUNTING, State(file, code="a"))
    State(file, code="a").forget("counting")

    run(COUNTING, State(file, code="a"), minutes=0)

    assert played == [0, 1, 2, 0]


def test_soak_says_what_broke_and_tries_that_round_again(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = [run(BREAKING, State(file, code="a")) for _ in range(2)]

    assert ends == [BROKEN, BROKEN]
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "!!! breaking: BROKEN in round 1",
        "one is missing",
    ]


def test_code_fingerprint_changes_with_the_code(tmp_path: Path) -> None:
    source = tmp_path / "portal" / "one.py"
    source.parent.mkdir()
    source.write_text("1", encoding="ascii")
    before = code_fingerprint(tmp_path)

    source.write_text("2", encoding="ascii")

    assert (before == code_fingerprint(tmp_path), len(before)) == (False, 16)

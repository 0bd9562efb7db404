"""The parts of a soak. Each is a number of rounds; a round that returns has kept every promise."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from tests.concurrency.examiner import examiner
from tests.concurrency.filing import BEHIND_PROXY
from tests.concurrency.kill_rounds import kill_rounds
from tests.server import running_server
from tests.services import services

Figures = dict[str, int]
KILLS = 200
ROUNDS_PER_HOUSE = 20
"""Then a new house: examining a house takes longer the more is in it."""


@dataclass(frozen=True)
class Part:
    """One part: what it is for, how many rounds it has, and how they are played from a given one on."""

    name: str
    promise: str
    rounds: int
    play: Callable[[range], Iterator[Figures]]


def kill9(numbers: range) -> Iterator[Figures]:
    """SIGKILL to every process of the server while people file, on SQLite."""
    for first in range(numbers.start, numbers.stop, ROUNDS_PER_HOUSE):
        some = range(first, min(first + ROUNDS_PER_HOUSE, numbers.stop))
        with (
            running_server(web_workers=2, environment=BEHIND_PROXY) as server,
            examiner(server.environment) as books,
        ):
            for one in kill_rounds(server, books, seed="soak", numbers=some):
                yield {name: value for name, value in asdict(one).items() if name != "number"}


def kill9_on_postgres(numbers: range) -> Iterator[Figures]:
    """The same on PostgreSQL; its own server lives on, as it does on a machine of its own."""
    with services() as variables, _environment(variables):
        yield from kill9(numbers)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


PARTS = {
    part.name: part
    for part in (
        Part("kill9", "kill -9 on SQLite: nothing acknowledged is lost, nothing halved", KILLS, kill9),
        Part(
            "kill9-postgres",
            "kill -9 on PostgreSQL: nothing acknowledged is lost, nothing halved",
            KILLS,
            kill9_on_postgres,
        ),
    )
}

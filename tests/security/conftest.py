"""One house that everybody has used, with every text a canary; made once and then only looked at."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.concurrency.filing import BEHIND_PROXY
from tests.security.places import traces_in_use
from tests.security.story import accounts, commands, desk, identity, keys, public, trouble
from tests.security.story.stage import SECRET, Stage, stage_on
from tests.security.traces import Hound, Trace
from tests.server import Server, new_house


@dataclass(frozen=True)
class LivedIn:
    """The house after the story, and what was found right after the power cut and at the end."""

    stage: Stage
    hound: Hound
    after_the_cut: frozenset[Trace]
    at_the_end: frozenset[Trace]


@pytest.fixture(scope="session")
def lived_in() -> Iterator[LivedIn]:
    """The house; its server has been stopped, its database is still there."""
    with new_house(passphrases=SECRET) as (home, database):
        (home / "tmp").mkdir()
        settings = {**BEHIND_PROXY, "YANLU_LOG_LEVEL": "DEBUG", "TMPDIR": str(home / "tmp")}
        server = Server(home, database, web_workers=2, worker=True, extra=settings)
        try:
            server.start()
            with stage_on(server) as stage:
                yield _played(stage)
        finally:
            server.stop()


def _played(stage: Stage) -> LivedIn:
    home = stage.server.home
    remains = home.parent / f"{home.name}-cut"
    for play in (public.play, desk.play, identity.play, accounts.play, keys.play, commands.play):
        play(stage)
    for go_wrong in (trouble.broken, trouble.flooded, trouble.without_database):
        go_wrong(stage)
    try:
        trouble.killed(stage, lambda: _copy(home, remains))
        hound = Hound(stage.aviary.all.values())
        after_the_cut, at_the_end = hound.in_folder(remains), traces_in_use(hound, stage.server)
    finally:
        shutil.rmtree(remains, ignore_errors=True)
    stage.server.stop()
    return LivedIn(stage, hound, frozenset(after_the_cut), frozenset(at_the_end))


def _copy(home: Path, remains: Path) -> None:
    shutil.copytree(home, remains, ignore=shutil.ignore_patterns("static"))

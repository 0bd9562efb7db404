"""One house that everybody has used, with every text a canary; made once and then only looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.concurrency.filing import BEHIND_PROXY
from tests.security.places import traces_at_rest, traces_in_use
from tests.security.story import accounts, commands, desk, public, trouble
from tests.security.story.stage import SECRET, Stage, stage_on
from tests.security.traces import Hound, Trace
from tests.server import Server, new_house


@dataclass(frozen=True)
class LivedIn:
    """The house after the story: who took part, and what was found right after the power cut and at the end."""

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
    seen: list[set[Trace]] = []

    def look() -> None:
        seen.append(traces_at_rest(Hound(stage.aviary.all.values()), stage.server))

    for play in (public.play, desk.play, accounts.play, commands.play):
        play(stage)
    for go_wrong in (trouble.broken, trouble.flooded, trouble.without_database):
        go_wrong(stage)
    trouble.killed(stage, look)
    hound = Hound(stage.aviary.all.values())
    at_the_end = traces_in_use(hound, stage.server)
    stage.server.stop()
    return LivedIn(stage, hound, frozenset(seen[0]), frozenset(at_the_end))

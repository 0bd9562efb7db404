"""The measurements: real and bare by turns, so that whatever else the machine does meets both alike."""

import json
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from tests.bench.cores import CpuSeconds, resident_megabytes
from tests.bench.load import (
    Connection,
    Load,
    Request,
    closed_loop,
    getting,
    getting_each,
    open_arrival,
    posting,
)
from tests.server import Server

REPORTS, REPORT, BARE = "/api/v1/reports", "/api/v1/report", "/bare/reports"
CONNECTIONS = 8
_SENTENCES = (
    "今年三月，该干警在茶楼收受当事人亲属现金，并承诺打听案情。",
    "四月我到窗口递交材料，工作人员一直没有给我回执，也不说明原因。",
    "请托人多次打电话催问，对方回答说再等等，事情已经安排好了。",
    "案件在锦江区检察院审查期间，承办人两次单独会见请托人。",
)


@dataclass(frozen=True)
class Pace:
    """How long everything takes."""

    rounds: int
    seconds: float
    arriving_seconds: float
    starts: int


USUAL = Pace(rounds=5, seconds=4.0, arriving_seconds=20.0, starts=3)
QUICK = Pace(rounds=3, seconds=1.5, arriving_seconds=5.0, starts=1)


class Unexpected(Exception):
    """A request was not answered as it should be; no figure means anything then."""


@dataclass
class Pair:
    """Real and bare rounds of one thing."""

    real: list[Load] = field(default_factory=list)
    bare: list[Load] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second, the median round."""
        return statistics.median(load.rate for load in self.real)

    @property
    def bare_rate(self) -> float:
        """The same of the bare reference."""
        return statistics.median(load.rate for load in self.bare)

    @property
    def ratio(self) -> float:
        """The median of the rounds' own ratios."""
        return statistics.median(
            real.rate / bare.rate for real, bare in zip(self.real, self.bare, strict=True)
        )

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time the server spends on one request, the median round."""
        return statistics.median(load.server_cpu / len(load.latencies) for load in self.real) * 1000

    @property
    def bare_cpu_ms(self) -> float:
        """The same of the bare reference."""
        return statistics.median(load.server_cpu / len(load.latencies) for load in self.bare) * 1000


def filing(characters: int) -> dict[str, object]:
    """A tip of this length as people write them, naming another office and one person."""
    text = "".join(_SENTENCES) * (characters // 20)
    return {
        "kind": "tip",
        "organ": "510100",
        "about_organ": False,
        "title": "锦江区院一名干警收受请托人财物",
        "content": text[:characters],
        "subjects": [{"name": "王某", "organ": "510104", "organ_text": "", "post": "检察官助理"}],
        "occurred": "2026年3月",
        "place": "城东某茶楼",
    }


def accept(server: Server, characters: int, pace: Pace) -> Pair:
    """Filing as fast as it goes, on the API and on the bare view."""
    body = filing(characters)
    return _by_turns(server, posting(REPORTS, body), posting(BARE, body), 201, pace)


def read(server: Server, pace: Pace) -> Pair:
    """Reading by receipt, and reading one row by its key."""
    receipts = [str(row["receipt"]) for row in _filed(server, posting(REPORTS, filing(300)), 50)]
    rows = [f"{BARE}/{row['id']}" for row in _filed(server, posting(BARE, filing(300)), 50)]
    return _by_turns(server, getting(REPORT, receipts), getting_each(rows), 200, pace)


def accept_arriving(server: Server, pace: Pace, *, rate: float, characters: int = 300) -> Load:
    """Filing at a rate that does not wait for the server."""
    load = open_arrival(
        server.url,
        posting(REPORTS, filing(characters)),
        expected=201,
        seconds=pace.arriving_seconds,
        rate=rate,
        connections=4 * CONNECTIONS,
    )
    return _checked(load)


def start_seconds(server: Server, pace: Pace) -> float:
    """From the command to the first report that would be taken; the median start."""
    taken = []
    for _ in range(pace.starts):
        server.stop()
        begun = time.perf_counter()
        server.start()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def largest_worker(server: Server) -> float:
    """Resident memory of the largest web worker."""
    return max(map(resident_megabytes, server.web_processes()))


def warm_up(server: Server, pace: Pace) -> None:
    """Let every worker load what it loads once."""
    for request, expected in ((posting(REPORTS, filing(300)), 201), (posting(BARE, filing(300)), 201)):
        _checked(
            closed_loop(
                server.url, request, expected=expected, seconds=pace.seconds / 2, connections=CONNECTIONS
            )
        )


def _by_turns(server: Server, real: Request, bare: Request, expected: int, pace: Pace) -> Pair:
    pair = Pair()
    for number in range(pace.rounds):
        turns: list[tuple[Request, list[Load]]] = [(real, pair.real), (bare, pair.bare)]
        for request, loads in reversed(turns) if number % 2 else turns:
            before = CpuSeconds.now(server)
            load = closed_loop(
                server.url, request, expected=expected, seconds=pace.seconds, connections=CONNECTIONS
            )
            load.server_cpu = CpuSeconds.now(server).server - before.server
            loads.append(_checked(load))
    return pair


def _filed(server: Server, request: Request, count: int) -> list[dict[str, Any]]:
    connection = Connection(server.url)
    try:
        return [json.loads(connection.ask(request())[1]) for _ in range(count)]
    finally:
        connection.close()


def _checked(load: Load) -> Load:
    if load.failures or not load.latencies:
        raise Unexpected(f"{len(load.failures)} failures: {load.failures[:3]}")
    return load

"""`make bench`: what Yanlu takes and answers, beside a bare Django view that does the same writing."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.bench import measures
from tests.bench.cores import CpuSeconds
from tests.bench.measures import QUICK, USUAL, Pace, Pair, Unexpected
from tests.concurrency.filing import BEHIND_PROXY
from tests.server import ROOT, DidNotStart, Server, running_server

ARRIVING = 50
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.bench.settings", **BEHIND_PROXY}


@dataclass(frozen=True)
class Row:
    """One figure beside its budget (DESIGN §10)."""

    what: str
    value: float
    unit: str
    budget: float
    at_least: bool = True
    note: str = ""

    @property
    def meets(self) -> bool:
        """Whether the figure keeps within the budget."""
        return self.value >= self.budget if self.at_least else self.value <= self.budget


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where a request failed, and with --strict where a budget was missed."""
    options = _options(arguments)
    pace = QUICK if options.quick else USUAL
    begun = time.monotonic()
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with running_server(web_workers=options.workers, environment=SETTINGS, under=folder) as server:
            rows, shares = measure(server, pace)
    except (Unexpected, DidNotStart) as problem:
        print(f"!!! {problem}", file=sys.stderr)
        return 1
    machine = _machine(options.workers) | shares
    if options.json:
        shown = [asdict(row) | {"meets": row.meets} for row in rows]
        print(json.dumps({"machine": machine, "rows": shown}, ensure_ascii=False, indent=1))
    else:
        _print_table(rows, machine, time.monotonic() - begun)
    return 1 if options.strict and not all(row.meets for row in rows) else 0


def measure(server: Server, pace: Pace) -> tuple[list[Row], dict[str, object]]:
    """Every figure, in the order of the table, and who used the processors meanwhile."""
    measures.warm_up(server, pace)
    before = CpuSeconds.now(server)
    short, long = measures.accept(server, 300, pace), measures.accept(server, 2000, pace)
    reading = measures.read(server, pace)
    arriving = measures.accept_arriving(server, pace, rate=ARRIVING)
    after = CpuSeconds.now(server)
    resident = measures.largest_worker(server)
    median = arriving.percentile(0.5) * 1000
    rows = [
        Row("accept, 300 characters", short.rate, "/s", 150, note=_beside(short)),
        Row("accept, 300 characters, of bare", short.ratio * 100, "%", 50),
        Row("accept, 2,000 characters", long.rate, "/s", 90, note=_beside(long)),
        Row("accept, 2,000 characters, of bare", long.ratio * 100, "%", 50),
        Row(
            f"accept, {ARRIVING}/s arriving, p95",
            arriving.percentile(0.95) * 1000,
            "ms",
            50,
            at_least=False,
            note=f"median {median:.0f} ms, {len(arriving.latencies)} requests",
        ),
        Row("read by receipt, of bare", reading.ratio * 100, "%", 40, note=_beside(reading)),
        Row("start to first report", measures.start_seconds(server, pace), "s", 3, at_least=False),
        Row("resident memory per worker", resident, "MB", 200, at_least=False),
    ]
    seconds = after.clock - before.clock
    return rows, {
        "client took % of a core": round((after.client - before.client) / seconds * 100, 1),
        "others took % of the machine": round(after.others_since(before) * 100, 1),
    }


def _beside(pair: Pair) -> str:
    return (
        f"{pair.rate:.0f}/s beside bare {pair.bare_rate:.0f}/s; "
        f"processor {pair.cpu_ms:.1f} ms beside {pair.bare_cpu_ms:.1f} ms"
    )


def _machine(workers: int) -> dict[str, object]:
    backend = os.environ.get("YANLU_TEST_BACKEND", "sqlite")
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "python": platform.python_version(), "database": backend, "workers": workers}


def _print_table(rows: list[Row], machine: dict[str, object], seconds: float) -> None:
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"The client runs on the same {machine['cores']} cores. Medians; real and bare by turns.\n")
    for row in rows:
        sign, verdict = ("≥" if row.at_least else "≤"), ("meets" if row.meets else "misses")
        print(f"{row.what:36}{row.value:8.1f} {row.unit:3} {sign} {row.budget:<6g}{verdict:8}{row.note}")
    print(f"\n{seconds:.0f} s")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="rough figures within a minute")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--strict", action="store_true", help="fail where a budget is missed")
    parser.add_argument("--workers", type=int, default=2, help="web workers (2, as in the Procfile)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

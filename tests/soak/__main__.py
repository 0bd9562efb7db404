"""`make soak`: long runs with faults. A part ends where a promise breaks; one that was stopped goes on.

`make soak ARGS="--part kill9 --fresh"`
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing

from tests.concurrency.kill_rounds import BrokenPromise
from tests.server import ROOT, DidNotStart
from tests.soak.parts import PARTS, Part
from tests.soak.state import State, code_fingerprint

MOST_MINUTES = 40.0
FINISHED, BROKEN, UNFINISHED = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run the parts asked for and return 0, or 1 for a broken promise, or 2 where time ran out."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    state = State(ROOT / "var" / "soak" / "state.json", code=code_fingerprint(ROOT))
    chosen = [PARTS[name] for name in options.part or PARTS]
    if options.fresh:
        for part in chosen:
            state.forget(part.name)
    try:
        ends = [run(part, state, rounds=options.rounds, minutes=options.minutes) for part in chosen]
    except KeyboardInterrupt:
        print("Stopped; run it again to go on.")
        return 130
    return BROKEN if BROKEN in ends else max(ends)


def run(part: Part, state: State, *, rounds: int | None = None, minutes: float = MOST_MINUTES) -> int:
    """Play what is left of one part and say how it ended."""
    progress, wanted = state.of(part.name), rounds or part.rounds
    print(f"=== {part.name}: {part.promise}", flush=True)
    if 0 < progress.rounds < wanted:
        print(f"    goes on after round {progress.rounds} of {wanted}", flush=True)
    begun = last = time.monotonic()
    try:
        with closing(part.play(range(progress.rounds, wanted))) as played:  # type: ignore[type-var]
            for figures in played:
                now = time.monotonic()
                progress.add(figures, now - last)
                state.save()
                last = now
                if progress.rounds % 10 == 0 or progress.rounds == wanted:
                    print(f"    {progress.rounds}/{wanted}  {_shown(progress.figures)}", flush=True)
                if now - begun > minutes * 60 and progress.rounds < wanted:
                    print(
                        f"--- {part.name}: out of time after {progress.rounds} rounds; run it again to go on"
                    )
                    return UNFINISHED
    except (BrokenPromise, DidNotStart) as problem:
        print(f"!!! {part.name}: BROKEN in round {progress.rounds}\n{problem}", flush=True)
        return BROKEN
    figures_shown = _shown(progress.figures)
    print(
        f"--- {part.name}: {progress.rounds} rounds kept, {progress.seconds:.0f} s; {figures_shown}",
        flush=True,
    )
    return FINISHED


def _shown(figures: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument(
        "--part", action="append", choices=list(PARTS), help="only this one (may be repeated)"
    )
    parser.add_argument("--fresh", action="store_true", help="start over")
    parser.add_argument("--rounds", type=int, help="instead of each part's own number")
    parser.add_argument("--minutes", type=float, default=MOST_MINUTES, help="at most, for each part")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

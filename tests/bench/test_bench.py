"""The bench measures what it says it measures; that it meets its budgets is for `make bench` to say."""

import pytest

from tests.bench.__main__ import SETTINGS, Row, measure
from tests.bench.load import Load
from tests.bench.measures import Pace
from tests.server import running_server


@pytest.mark.sqlite_only
def test_bench_measures_every_figure() -> None:
    pace = Pace(rounds=1, seconds=0.3, arriving_seconds=0.5, starts=1)

    with running_server(web_workers=1, environment=SETTINGS) as server:
        rows, shares = measure(server, pace)

    assert [row.what for row in rows] == [
        "accept, 300 characters",
        "accept, 300 characters, of bare",
        "accept, 2,000 characters",
        "accept, 2,000 characters, of bare",
        "accept, 50/s arriving, p95",
        "read by receipt, of bare",
        "start to first report",
        "resident memory per worker",
    ]
    assert all(row.value > 0 for row in rows)
    assert list(shares) == ["client took % of a core", "others took % of the machine"]


@pytest.mark.parametrize(
    ("value", "at_least", "meets"),
    [(9.9, True, False), (10, True, True), (10, False, True), (10.1, False, False)],
)
def test_row_meets_its_budget(value: float, at_least: bool, meets: bool) -> None:
    assert Row("it", value, "s", 10, at_least=at_least).meets is meets


def test_percentile_is_the_time_within_which_the_share_was_answered() -> None:
    load = Load(seconds=2.0, latencies=[number / 100 for number in range(100, 0, -1)])

    assert (load.percentile(0.5), load.percentile(0.95), load.percentile(1), load.rate) == (
        0.51,
        0.96,
        1.0,
        50.0,
    )

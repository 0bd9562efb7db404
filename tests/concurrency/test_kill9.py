"""Promise 1 against the worst: every process of the server is killed in mid-work, again and again."""

from tests.concurrency.examiner import examiner
from tests.concurrency.filing import BEHIND_PROXY
from tests.concurrency.kill_rounds import kill_rounds
from tests.server import running_server

ROUNDS = 8


def test_killed_server_loses_nothing_and_halves_nothing() -> None:
    with (
        running_server(web_workers=2, environment=BEHIND_PROXY) as server,
        examiner(server.environment) as books,
    ):
        rounds = list(kill_rounds(server, books, seed="make test", numbers=range(ROUNDS)))

    assert [one.number for one in rounds] == list(range(ROUNDS))
    assert all(one.answered and one.unanswered for one in rounds)

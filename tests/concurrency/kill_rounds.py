"""One round: people file, everything is killed at once, the server comes back, and nothing may be missing."""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import httpx

from tests.concurrency.examiner import Examiner
from tests.concurrency.filing import Crowd, Submission, client_of, opens, send
from tests.server import Server

PEOPLE = 6
EARLIEST, LATEST = 0.02, 0.8
"""Seconds between the first receipt of a round and the kill."""


class BrokenPromise(AssertionError):
    """Something acknowledged was lost, doubled, halved or answered otherwise; the text says what."""


@dataclass(frozen=True)
class Round:
    """What one round came to."""

    number: int
    answered: int
    unanswered: int
    committed_unanswered: int
    """Committed, but killed before the client was told: only the retry tells them."""


def kill_rounds(server: Server, examiner: Examiner, *, seed: str, numbers: Iterable[int]) -> Iterator[Round]:
    """Play the rounds on one server, which runs before and after. Raises `BrokenPromise`.

    At the end every receipt of all rounds is opened once more.
    """
    shown: list[Submission] = []
    for number in numbers:
        filed = _file_and_kill(server, f"{seed}/{number}")
        yield _examine(server, examiner, number, filed)
        shown += filed
    _all(server, shown, _must_open)


def _file_and_kill(server: Server, seed: str) -> list[Submission]:
    crowd = Crowd(server.url, people=PEOPLE, seed=seed)
    crowd.start()
    try:
        if not crowd.first_answer.wait(30):
            raise BrokenPromise(f"nobody got a receipt:\n{server.log[-2000:]}")
        time.sleep(random.Random(seed).uniform(EARLIEST, LATEST))
    finally:
        server.kill()
        crowd.join()
    return crowd.filed


def _examine(server: Server, examiner: Examiner, number: int, filed: list[Submission]) -> Round:
    unanswered = [one for one in filed if one.answer is None]
    answered = [one for one in filed if one.answer is not None]
    _must_hold(f"round {number}: books after the kill", examiner.problems())
    committed = examiner.committed([one.nonce for one in filed])
    refused = [f"{one.status} {one.answer!r}" for one in answered if one.status != 201]
    _must_hold(f"round {number}: refused", refused)
    missing = [one.nonce for one in answered if one.nonce not in committed]
    _must_hold(f"round {number}: shown but not there", missing)

    server.start()
    _all(server, answered, _must_open)
    _all(server, filed, _must_stay_the_same)
    for one in unanswered:
        before, after = committed.get(one.nonce), json.loads(one.answer or b"{}")
        if before and before != {name: after[name] for name in before}:
            raise BrokenPromise(f"round {number}: committed as {before}, answered as {after}")
    _all(server, unanswered, _must_open)
    _must_hold(f"round {number}: books after the retries", examiner.problems())
    told_later = sum(one.nonce in committed for one in unanswered)
    return Round(number, len(answered), len(unanswered), told_later)


def _must_hold(what: str, problems: list[str]) -> None:
    if problems:
        raise BrokenPromise("\n".join([what, *problems[:20]]))


def _must_open(client: httpx.Client, submission: Submission) -> None:
    receipt = json.loads(submission.answer or b"{}").get("receipt", "")
    if not opens(client, submission, receipt):
        raise BrokenPromise(f"receipt does not open its thread: {submission}")


def _must_stay_the_same(client: httpx.Client, submission: Submission) -> None:
    """Send it again; where nothing was shown before, what is shown now counts from here on."""
    again = replace(submission)
    send(client, again)
    if again.status != 201 or submission.answer not in {None, again.answer}:
        raise BrokenPromise(f"sent again, answered {again.status} {again.answer!r}: {submission}")
    submission.status, submission.answer = again.status, again.answer


def _all(server: Server, filed: list[Submission], act: Callable[[httpx.Client, Submission], None]) -> None:
    with client_of(server.url) as client, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: act(client, one), filed))

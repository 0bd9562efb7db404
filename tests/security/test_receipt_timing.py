"""A receipt that is wrong and one that nobody has get the same answer in the same time.

Measured in this process, through the whole application but without a network: over HTTP the noise of sockets
and of a second process is ten times the two percent asked for, and a stranger on a network has more of it
still. Time is the thread's own processor time, so that a busy machine counts for nothing; what PostgreSQL
does for an unknown lookup lies in another process, and is one look into an index whatever is looked for.

Each round asks every kind once, in an order drawn anew, and only ratios within a round count: whatever slows
a machine down for a while slows all kinds alike. A machine may still spoil a series (another clock speed half
way, a page fault), so a series that fails is repeated, twice at most; a real difference fails all three, as
the planted one does.
"""

import gc
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from stdnum.iso7064 import mod_11_10

from portal.intake import queries
from portal.vault import receipts
from tests.people import file_tip
from tests.rest import Rest

pytestmark = pytest.mark.django_db

ROUNDS = 1000
WITHIN = 0.02
PLANTED = 0.05
TRIES = 3
WARM_UP = 60
TIMED = ("unknown", "a known one with a wrong check digit", "malformed")
Ask = Callable[[str], Any]


def _well_formed(digits: str) -> str:
    return digits + str(mod_11_10.calc_check_digit(digits))


def _kinds(known: str) -> dict[str, Callable[[random.Random], str]]:
    """Receipts of every kind that opens nothing, by what is wrong with them."""
    digits = known.replace("-", "")[:24]

    def unknown(chance: random.Random) -> str:
        return _well_formed(f"{chance.randrange(10**24):024d}")

    def neighbour(chance: random.Random) -> str:
        at = chance.randrange(24)
        return _well_formed(
            digits[:at] + str((int(digits[at]) + chance.randrange(1, 10)) % 10) + digits[at + 1 :]
        )

    def wrong_check_digit(chance: random.Random) -> str:
        right = unknown(chance)
        return right[:-1] + str((int(right[-1]) + chance.randrange(1, 10)) % 10)

    def known_with_wrong_check_digit(chance: random.Random) -> str:
        return digits + str((int(known[-1]) + chance.randrange(1, 10)) % 10)

    def malformed(chance: random.Random) -> str:
        return unknown(chance)[:-1] + chance.choice("abc?X")

    return {
        "unknown": unknown,
        "one digit beside a known one": neighbour,
        "wrong check digit": wrong_check_digit,
        "a known one with a wrong check digit": known_with_wrong_check_digit,
        "malformed": malformed,
    }


def series(
    ask: Ask, kinds: Mapping[str, Callable[[random.Random], str]], *, seed: int, rounds: int = ROUNDS
) -> dict[str, float]:
    """How much longer each kind takes than the first, as a share: the median over all rounds."""
    chance = random.Random(seed)
    first, *others = kinds
    ratios: dict[str, list[float]] = {kind: [] for kind in others}
    gc.collect()
    gc.disable()
    try:
        for number in range(WARM_UP + rounds):
            took = _round(ask, kinds, chance)
            if number >= WARM_UP:
                for kind in others:
                    ratios[kind].append(took[kind] / took[first])
            if number % 100 == 0:
                gc.collect()
    finally:
        gc.enable()
    return {kind: statistics.median(found) - 1 for kind, found in ratios.items()}


def _round(
    ask: Ask, kinds: Mapping[str, Callable[[random.Random], str]], chance: random.Random
) -> dict[str, int]:
    receipts = {kind: make(chance) for kind, make in kinds.items()}
    order = list(receipts)
    chance.shuffle(order)
    took = {}
    for kind in order:
        start = time.thread_time_ns()
        ask(receipts[kind])
        took[kind] = time.thread_time_ns() - start
    return took


def beyond(
    ask: Ask, kinds: Mapping[str, Callable[[random.Random], str]], *, rounds: int = ROUNDS
) -> list[dict[str, float]]:
    """The series that showed a difference; fewer than `TRIES` of them mean that there is none."""
    failed = []
    for seed in range(TRIES):
        found = series(ask, kinds, seed=seed, rounds=rounds)
        if all(abs(share) <= WITHIN for share in found.values()):
            break
        failed.append({kind: round(share, 4) for kind, share in found.items()})
    return failed


def _by_api(receipt: str) -> Any:
    return CLIENT.get("/api/v1/report", headers={"Authorization": f"Receipt {receipt}"})


def _by_page(receipt: str) -> Any:
    return CLIENT.post("/track/", {"receipt": receipt})


CLIENT = Client()
DOORS: dict[str, Ask] = {"api": _by_api, "page": _by_page}


@pytest.fixture
def kinds(house: None) -> dict[str, Callable[[random.Random], str]]:
    """The kinds, around a receipt that opens a thread."""
    return _kinds(file_tip().number)


@pytest.mark.parametrize("door", DOORS)
def test_receipt_timing_all_that_open_nothing_are_answered_alike(
    kinds: dict[str, Callable[[random.Random], str]], door: str
) -> None:
    chance = random.Random(1)

    answers = {kind: DOORS[door](make(chance)) for kind, make in kinds.items()}

    typed = {kind: make(random.Random(2)) for kind, make in kinds.items()}
    again = {kind: DOORS[door](text).content.decode().replace(text, "") for kind, text in typed.items()}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({str(sorted(answer.headers.items())) for answer in answers.values()}) == 1
    assert len(set(again.values())) == 1


def test_receipt_timing_wrong_and_unknown_take_the_same_time(
    kinds: dict[str, Callable[[random.Random], str]],
) -> None:
    failed = beyond(_by_api, {kind: kinds[kind] for kind in TIMED})

    assert len(failed) < TRIES, failed


def test_receipt_timing_a_slower_kind_is_noticed(kinds: dict[str, Callable[[random.Random], str]]) -> None:
    """The test of the test: one kind made slower by a twentieth fails every series."""
    pair = {kind: kinds[kind] for kind in ("unknown", "malformed")}
    usual: deque[int] = deque([0], maxlen=25)
    parsed = receipts.parsed

    def asked(receipt: str) -> Any:
        start = time.thread_time_ns()
        answer = _by_api(receipt)
        if parsed(receipt) is not None:
            usual.append(time.thread_time_ns() - start)
        return answer

    def slower(text: str) -> str | None:
        found = parsed(text)
        pause = statistics.median(usual) * PLANTED if found is None else 0
        end = time.thread_time_ns() + pause
        while time.thread_time_ns() < end:
            pass
        return found

    with mock.patch.object(queries, "parsed", slower):
        failed = beyond(asked, pair, rounds=ROUNDS // 3)

    assert len(failed) == TRIES
    assert min(one["malformed"] for one in failed) > WITHIN


def test_receipt_timing_a_known_one_does_open(kinds: dict[str, Callable[[random.Random], str]]) -> None:
    """Otherwise all of the above would compare refusals for another reason."""
    number = file_tip().number

    assert Rest().get("report", Authorization=f"Receipt {number}").status_code == 200

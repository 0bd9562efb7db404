"""Several people at the same moment, in real threads with commits of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from moderation.triage.actions import claim, decide, lift, reply
from moderation.triage.models import TriageItem
from portal.accounts.signed_in import SignedIn, key_path
from portal.audit.queries import history_of, verify_all
from portal.common.errors import Refusal
from portal.intake.actions import Receipt
from portal.intake.content import Subject
from portal.intake.models import Message, Report
from portal.intake.thread_actions import add_message, withdraw
from portal.organs.queries import organ_tree
from portal.vault.models import Envelope
from tests.moderation.triage.items import FILED, LATER, item_of
from tests.people import CITY, PROVINCE, file_tip, signed_in

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROUNDS = 4


def together(*parts: Callable[[int], object]) -> list[list[str]]:
    """Run the parts side by side, each round begun by all at once; how it went, part by part."""
    start = Barrier(len(parts))

    def run(part: Callable[[int], object]) -> list[str]:
        said = []
        try:
            for number in range(ROUNDS):
                start.wait(timeout=30)
                said.append(attempt(part, number))
        finally:
            connection.close()
        return said

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(run, parts))


def attempt(part: Callable[[int], object], number: int) -> str:
    try:
        part(number)
    except Refusal as refusal:
        return refusal.code
    return "done"


def filings() -> list[Receipt]:
    return [file_tip(now=FILED) for _ in range(ROUNDS)]


@pytest.mark.parametrize("act", ["claim", "decide"])
def test_of_three_at_the_same_moment_exactly_one_gets_the_item(act: str) -> None:
    items = [item_of(receipt) for receipt in filings()]
    rivals = [signed_in("triager"), signed_in("triager2"), signed_in("leader")]

    def taking(actor: SignedIn) -> Callable[[int], object]:
        def take(number: int) -> object:
            item = items[number]
            if act == "claim":
                return claim(actor=actor, item_id=item.pk, version=1, now=LATER)
            return decide(actor=actor, item_id=item.pk, version=1, outcome="complaints_dept", now=LATER)

        return take

    answers = together(*(taking(actor) for actor in rivals))

    for number, item in enumerate(items):
        entries = history_of(kind="report", object_id=item.pk, organs=frozenset({CITY}))
        assert sorted(answer[number] for answer in answers) == ["done", "stale", "stale"]
        assert TriageItem.objects.get(pk=item.pk).version == 2
        assert entries.filter(action=f"item_{act}").count() == 1


def test_a_supplement_during_a_lift_is_never_left_sealed_to_the_accused() -> None:
    receipts, triager = filings(), signed_in("triager")
    accused = [Subject(name="钱某", organ=CITY)]

    def move(number: int) -> object:
        item = receipts[number].report
        return lift(actor=triager, item_id=item, version=1, subjects=accused, now=LATER)

    def add(number: int) -> object:
        return add_message(receipt=receipts[number].number, text="还有一次。", now=LATER)

    moved, added = together(move, add)

    assert (set(moved) <= {"done", "stale"}, added) == (True, ["done"] * ROUNDS)
    for number, receipt in enumerate(receipts):
        report = Report.objects.get(pk=receipt.report)
        sealed = [report.original_id, *report.messages.values_list("item_id", flat=True)]
        readers = Envelope.objects.filter(item__in=sealed, recipient__isnull=False)
        holder = PROVINCE if moved[number] == "done" else CITY
        assert (report.holder_id, item_of(receipt).holder_id) == (holder, holder)
        assert set(readers.values_list("recipient__path", flat=True)) == {key_path(organ_tree(), holder)}


def test_office_and_reporter_at_the_same_moment_never_wait_for_each_other() -> None:
    receipts, triager = filings(), signed_in("triager")

    def answer(number: int) -> object:
        return reply(actor=triager, item_id=receipts[number].report, version=1, text="已收到。", now=LATER)

    def add(number: int) -> object:
        return add_message(receipt=receipts[number].number, text="还有一次。", now=LATER)

    def take_back(number: int) -> object:
        return withdraw(receipt=receipts[number].number, now=LATER)

    answered, added, taken_back = together(answer, add, take_back)

    assert (set(answered) <= {"done", "stale"}, added, taken_back) == (
        True,
        ["done"] * ROUNDS,
        ["done"] * ROUNDS,
    )
    assert Message.objects.filter(author="reporter").count() == ROUNDS
    assert verify_all()[1] == []

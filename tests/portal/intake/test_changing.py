"""A receipt that went through staff hands can only be changed; the nonce alone never finds the new one."""

import secrets
from collections.abc import Callable

import pytest
from django.db import transaction

from portal.audit.models import AuditEntry
from portal.common.clock import now
from portal.common.errors import Invalid
from portal.intake.actions import post_office_message, set_status
from portal.intake.models import Message, Report, Status
from portal.intake.queries import ReceiptToChange, UnknownReceipt, find_by_receipt, open_thread
from portal.intake.thread_actions import add_message, change_receipt, rate, withdraw
from portal.vault.primitives import keyed_hash
from portal.vault.receipts import formatted, parsed, secrets_from_nonce
from tests.people import People, file_tip, through_staff_hands
from tests.rest import Rest, read

pytestmark = pytest.mark.usefixtures("house")
NONCE = bytes(range(16))
TO_CHANGE = {
    "code": "forbidden",
    "detail": "这份回执经工作人员转交，请先更换成只有您自己知道的新回执。",
    "fields": {"page": "/track/", "endpoint": "POST /api/v1/report/receipt"},
}


def _handed_over(people: People) -> str:
    """An answered report whose receipt a clerk has seen."""
    receipt = file_tip()
    report = Report.objects.get(pk=receipt.report)
    with transaction.atomic():
        post_office_message(report=report, actor=people.triager, text="已经办结。", act="reply", now=now())
        set_status(report=report, status=Status.ANSWERED, now=now())
    through_staff_hands(Report.objects.get().pk)
    return receipt.number


@pytest.mark.parametrize(
    "act",
    [
        find_by_receipt,
        open_thread,
        lambda receipt: add_message(receipt=receipt, text="补充"),
        lambda receipt: rate(receipt=receipt, rating=1),
        lambda receipt: withdraw(receipt=receipt),
    ],
)
def test_receipt_to_change_does_nothing_else(people: People, act: Callable[[str], object]) -> None:
    receipt = _handed_over(people)
    logged = AuditEntry.objects.count()

    with pytest.raises(ReceiptToChange):
        act(receipt)

    report = Report.objects.get()
    assert (report.rating, report.withdrawn_at, Message.objects.count()) == (None, None, 1)
    assert AuditEntry.objects.count() == logged


def test_receipt_changed_does_everything(people: People) -> None:
    receipt = change_receipt(receipt=_handed_over(people), nonce=NONCE)

    add_message(receipt=receipt, text="补充")
    rate(receipt=receipt, rating=1)
    withdraw(receipt=receipt)

    thread = open_thread(receipt)
    assert (len(thread.messages), thread.rating, thread.withdrawn) == (2, 1, True)


def test_receipt_changed_twice_with_one_nonce_is_one_change(people: People) -> None:
    receipt = _handed_over(people)

    numbers = [change_receipt(receipt=receipt, nonce=NONCE) for _ in range(3)]

    assert numbers == [numbers[0]] * 3
    assert AuditEntry.objects.filter(action="receipt_changed").count() == 1


def test_receipt_changed_is_not_found_by_its_nonce(people: People) -> None:
    own, stranger = _handed_over(people), file_tip().number
    changed = change_receipt(receipt=own, nonce=NONCE)

    from_nonce = formatted(secrets_from_nonce(NONCE)[0].digits)
    of_stranger = change_receipt(receipt=stranger, nonce=NONCE)

    with pytest.raises(UnknownReceipt):
        open_thread(from_nonce)
    for nobody in ("", "123", "00000-00000-00000-00000-00001"):
        with pytest.raises(UnknownReceipt):
            change_receipt(receipt=nobody, nonce=NONCE)
    assert of_stranger not in (changed, from_nonce)
    assert find_by_receipt(of_stranger).report != find_by_receipt(changed).report


def test_receipt_changed_already_with_another_nonce_is_unknown(people: People) -> None:
    receipt = _handed_over(people)
    change_receipt(receipt=receipt, nonce=NONCE)

    with pytest.raises(UnknownReceipt):
        change_receipt(receipt=receipt, nonce=secrets.token_bytes(16))


def test_nonce_that_another_report_used_is_refused(people: People) -> None:
    receipt = _handed_over(people)
    grown = keyed_hash(b"", str(parsed(receipt)), NONCE, person="yanlu-change", size=16)
    file_tip(nonce=grown, title="另一件")

    with pytest.raises(Invalid) as refusal:
        change_receipt(receipt=receipt, nonce=NONCE)

    assert type(refusal.value) is Invalid
    assert open_thread(change_receipt(receipt=receipt, nonce=secrets.token_bytes(16))).may_rate


def test_nonce_of_ones_own_filing_changes_the_receipt(people: People) -> None:
    filed = file_tip(nonce=NONCE).number

    changed = change_receipt(receipt=filed, nonce=NONCE)

    assert changed != filed
    assert open_thread(changed).status == "submitted"


# --- over the API -------------------------------------------------------------------------------------


def test_api_receipt_to_change_is_told_where(people: People) -> None:
    rest, carried = Rest(), {"Authorization": f"Receipt {_handed_over(people)}"}

    answers = [
        rest.get("report", **carried),
        rest.post("report/messages", {"text": "补充"}, **carried),
        rest.post("report/rating", {"rating": 1}, **carried),
        rest.post("report/withdraw", {}, **carried),
    ]

    assert [(answer.status_code, read(answer)) for answer in answers] == [(403, TO_CHANGE)] * 4


def test_api_receipt_is_changed_once_and_works(people: People) -> None:
    rest, old = Rest(), _handed_over(people)
    carried = {"Authorization": f"Receipt {old}", "Idempotency-Key": NONCE.hex()}

    answers = [rest.post("report/receipt", {}, **carried) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert read(answers[0]) == read(answers[1])
    assert sorted(read(answers[0])) == ["receipt"]
    thread = rest.get("report", Authorization=f"Receipt {read(answers[0])['receipt']}")
    assert [message["text"] for message in read(thread)["messages"]] == ["已经办结。"]
    assert rest.get("report", Authorization=f"Receipt {old}").status_code == 404


def test_api_receipt_is_changed_without_a_nonce_too(people: People) -> None:
    rest, carried = Rest(), {"Authorization": f"Receipt {_handed_over(people)}"}

    changed, again = (rest.post("report/receipt", {}, **carried) for _ in range(2))

    assert (changed.status_code, again.status_code) == (200, 404)


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"Idempotency-Key": "x"}, 400), ({"Authorization": "Receipt 123"}, 404), ({"Authorization": ""}, 401)],
)
def test_api_receipt_change_refusals(people: People, sent: dict[str, str], status: int) -> None:
    carried = {"Authorization": f"Receipt {_handed_over(people)}", **sent}

    assert Rest().post("report/receipt", {}, **carried).status_code == status

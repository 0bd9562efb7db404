"""The kill tests are worth as much as their books: each kind of damage is noticed, and nothing else is."""

from collections.abc import Callable

import pytest
from django.db import connection

from moderation.deadlines.models import Obligation
from moderation.triage.models import TriageItem
from portal.audit.findings import APPENDED, TRUNCATED
from portal.audit.models import AuditEntry, AuditHead
from portal.intake.content import Identity
from portal.intake.models import Report
from portal.vault.models import Envelope, SealedItem
from tests.concurrency import books
from tests.people import PROVINCE, file_tip

pytestmark = pytest.mark.django_db


def _orphan() -> None:
    SealedItem.objects.create(purpose="original", ciphertext=b"x")


def _raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda: Envelope.objects.filter(share="whole").delete(), "original without envelope"),
        (lambda: Envelope.objects.filter(share="custody_half").delete(), "identity not in two halves"),
        (lambda: SealedItem.objects.filter(purpose="original").update(purpose="note"), "another purpose"),
        (lambda: TriageItem.objects.all().delete(), "no triage item"),
        (lambda: TriageItem.objects.update(holder=PROVINCE), "triage item of another holder"),
        (lambda: Report.objects.update(reply_due=None), "no date promised"),
        (lambda: Obligation.objects.filter(rule_code="procedural_reply").delete(), "not two obligations"),
        (lambda: Report.objects.update(holder=PROVINCE), "missing from the chain of 510000"),
        (lambda: AuditEntry.objects.filter(action="report_filed").delete(), TRUNCATED),
        (lambda: AuditHead.objects.update(sequence=0), APPENDED),
        (_orphan, "original of nothing"),
    ],
)
def test_books_notice_damage(house: None, damage: Callable[[], object], problem: str) -> None:
    file_tip(identity=Identity(name="李某"))
    whole = books.problems()

    damage()

    assert whole == []
    assert any(problem in line for line in books.problems())


def test_committed_names_what_was_filed(house: None) -> None:
    nonces = [bytes([number]) * 16 for number in range(2)]
    receipt = file_tip(nonce=nonces[0])

    found = books.committed([nonce.hex() for nonce in nonces])

    moment = receipt.received_at.isoformat()
    assert found == {nonces[0].hex(): {"receipt": receipt.number, "received_at": moment}}

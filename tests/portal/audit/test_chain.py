"""The log: gap-free per organ, in the act's transaction, and every tampering is found and named."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F

from portal.audit.actions import record
from portal.audit.models import AuditEntry, AuditHead
from portal.audit.queries import verify_all
from portal.intake.models import Report
from portal.intake.thread_actions import add_message
from tests.moderation.ledger.browser import browser
from tests.people import CITY, COUNTY, OUTSIDER, PROVINCE, file_tip

pytestmark = pytest.mark.django_db


def _write(organ: str = CITY, count: int = 3) -> None:
    for number in range(count):
        record(organ=organ, actor="t", action="tested", object_kind="thing", object_id=number)


def test_chain_is_gap_free_per_organ(house: None) -> None:
    _write(CITY, 3)
    _write(COUNTY, 2)

    for organ, last in ((CITY, 3), (COUNTY, 2)):
        rows = AuditEntry.objects.filter(organ=organ, action="tested").order_by("sequence")
        first = rows[0].sequence
        assert [row.sequence for row in rows] == list(range(first, first + last))
    assert verify_all()[1] == []


def test_chain_rolled_back_act_leaves_no_gap(house: None) -> None:
    _write(count=1)
    with transaction.atomic():
        _write(count=1)
        transaction.set_rollback(True)
    _write(count=1)

    assert verify_all()[1] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda rows: rows.filter(sequence=2).update(actor="somebody else"), "条目被改动"),
        (lambda rows: rows.filter(sequence=2).update(detail={"count": 1}), "条目被改动"),
        (lambda rows: rows.filter(sequence=2).delete(), "缺少条目"),
        (lambda rows: rows.filter(sequence=3).delete(), "末尾被截断或追加"),
        (lambda rows: rows.filter(sequence=2).update(sequence=F("sequence") + 7), "缺少条目"),
    ],
)
def test_chain_tampering_is_named(house: None, change, problem: str) -> None:  # type: ignore[no-untyped-def]
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()
    _write(count=3)

    change(AuditEntry.objects.filter(organ=CITY))

    assert [broken.problem for broken in verify_all()[1]] == [problem]
    with pytest.raises(CommandError):
        call_command("audit", "verify")


def test_chain_whole_passes_the_command(house: None, capsys: pytest.CaptureFixture[str]) -> None:
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()
    _write(count=2)

    call_command("audit", "verify")

    assert capsys.readouterr().out == "1 条审计链完整\n"


def _forget(organ: str) -> None:
    """Take an organ's whole chain away: entries and head."""
    AuditEntry.objects.filter(organ=organ).delete()
    AuditHead.objects.filter(organ=organ).delete()


def test_chain_gone_whole_is_missed_where_it_is_expected(house: None) -> None:
    _write(CITY)
    _write(COUNTY)
    _forget(CITY)
    AuditHead.objects.filter(organ=COUNTY).delete()

    broken = verify_all(frozenset({CITY, COUNTY}))[1]

    assert [(one.organ, one.problem) for one in broken] == [(COUNTY, "链头缺失"), (CITY, "审计链缺失")]
    assert [one.organ for one in verify_all()[1]] == [COUNTY]


def test_chain_gone_whole_of_an_organ_that_holds_reports_fails_the_command(
    house: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file_tip()
    call_command("audit", "verify")
    _forget(CITY)

    with pytest.raises(CommandError):
        call_command("audit", "verify")

    assert capsys.readouterr().out.splitlines()[1:] == [f"{CITY} 第0条：审计链缺失"]


def test_chain_gone_whole_of_an_organ_at_work_fails_the_command(
    house: None, capsys: pytest.CaptureFixture[str]
) -> None:
    browser("triager-county")
    call_command("audit", "verify")
    _forget(COUNTY)

    with pytest.raises(CommandError):
        call_command("audit", "verify")

    assert capsys.readouterr().out.splitlines()[1:] == [f"{COUNTY} 第0条：审计链缺失"]


def test_chain_of_a_holder_by_a_later_message_is_there(house: None) -> None:
    receipt = file_tip()
    add_message(receipt=receipt.number, text="补充：成都市检察院的一名处长也参与了。")

    call_command("audit", "verify")

    assert Report.objects.get().holder_id == PROVINCE
    assert verify_all(frozenset({CITY, PROVINCE}))[1] == []
    assert [one.organ for one in verify_all(frozenset({OUTSIDER}))[1]] == [OUTSIDER]

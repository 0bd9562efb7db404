"""The log: gap-free per organ, in the act's transaction, and every tampering is found and named."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import QuerySet

from portal.audit.actions import chain_link, record
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


Rows = QuerySet[AuditEntry]


def _swap(rows: Rows, one: int, other: int) -> None:
    """Exchange the places of two entries, links and all."""
    rows.filter(sequence=one).update(sequence=999)
    rows.filter(sequence=other).update(sequence=one)
    rows.filter(sequence=999).update(sequence=other)


def _exchange_words(rows: Rows, one: int, other: int) -> None:
    """Exchange what two entries say, and leave the links where they are."""
    names = ("at", "actor", "action", "object_kind", "object_id", "detail")
    first, second = (rows.filter(sequence=place).values(*names).get() for place in (one, other))
    rows.filter(sequence=one).update(**second)
    rows.filter(sequence=other).update(**first)


def _append(rows: Rows) -> None:
    last = rows.order_by("-sequence").first()
    assert last is not None
    entry = AuditEntry(
        organ_id=CITY, sequence=last.sequence + 1, at=last.at, actor="x", action="x", detail={}
    )
    entry.link = chain_link(entry, bytes(last.link))
    entry.save(force_insert=True)


def _relink(rows: Rows, sequence: int) -> None:
    """Change an entry and its link, as somebody does who stops half way through rewriting."""
    entry, before = rows.get(sequence=sequence), rows.get(sequence=sequence - 1)
    entry.actor = "somebody else"
    rows.filter(sequence=sequence).update(actor=entry.actor, link=chain_link(entry, bytes(before.link)))


TAMPERING: dict[str, tuple[Callable[[Rows], object], list[str]]] = {
    "one entry changed": (
        lambda rows: rows.filter(sequence=4).update(actor="somebody else"),
        ["510100 第4条：条目被改动（或前一条连同链值被改动）"],
    ),
    "the first entry changed": (
        lambda rows: rows.filter(sequence=1).update(detail={"count": 1}),
        ["510100 第1条：条目被改动"],
    ),
    "entry changed with its link": (
        lambda rows: _relink(rows, 4),
        ["510100 第5条：条目被改动（或前一条连同链值被改动）"],
    ),
    "the last entry changed with its link": (
        lambda rows: _relink(rows, 8),
        ["510100 第8条：链头与末条不符"],
    ),
    "two apart changed": (
        lambda rows: rows.filter(sequence__in=[3, 6]).update(action="x"),
        [f"510100 第{n}条：条目被改动（或前一条连同链值被改动）" for n in (3, 6)],
    ),
    "one entry missing": (lambda rows: rows.filter(sequence=4).delete(), ["510100 第4条：缺少条目"]),
    "several missing": (
        lambda rows: rows.filter(sequence__in=[2, 3, 6]).delete(),
        ["510100 第2至3条：缺少条目", "510100 第6条：缺少条目"],
    ),
    "the first missing": (lambda rows: rows.filter(sequence=1).delete(), ["510100 第1条：缺少条目"]),
    "two neighbours swapped": (
        lambda rows: _swap(rows, 4, 5),
        [
            "510100 第4条：条目次序被调换（原为第5条）",
            "510100 第5条：条目次序被调换（原为第4条）",
        ],
    ),
    "two apart swapped": (
        lambda rows: _swap(rows, 3, 7),
        [
            "510100 第3条：条目次序被调换（原为第7条）",
            "510100 第7条：条目次序被调换（原为第3条）",
        ],
    ),
    "the words of two exchanged": (
        lambda rows: _exchange_words(rows, 3, 7),
        [
            "510100 第3条：条目次序被调换（原为第7条）",
            "510100 第7条：条目次序被调换（原为第3条）",
        ],
    ),
    "one put behind the end": (
        lambda rows: rows.filter(sequence=4).update(sequence=9),
        [
            "510100 第4条：缺少条目",
            "510100 第9条：末尾有链头以外的追加",
            "510100 第9条：条目次序被调换（原为第4条）",
        ],
    ),
    "tail cut off": (
        lambda rows: rows.filter(sequence__gt=6).delete(),
        ["510100 第7至8条：末尾被截断"],
    ),
    "everything cut off": (lambda rows: rows.all().delete(), ["510100 第1至8条：末尾被截断"]),
    "appended without the head": (_append, ["510100 第9条：末尾有链头以外的追加"]),
    "head changed": (
        lambda rows: AuditHead.objects.filter(organ=CITY).update(link=bytes(32)),
        ["510100 第8条：链头与末条不符"],
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_chain_tampering_is_named(house: None, name: str) -> None:
    change, told = TAMPERING[name]
    _write(count=8)

    change(AuditEntry.objects.filter(organ=CITY))

    assert sorted(str(broken) for broken in verify_all()[1]) == sorted(told)
    with pytest.raises(CommandError, match=f"审计日志有 {len(told)} 处不符"):
        call_command("audit", "verify")


def test_chain_changed_all_over_is_told_in_few_lines(house: None) -> None:
    _write(count=60)

    AuditEntry.objects.filter(organ=CITY).update(actor="somebody else")

    told = [str(broken) for broken in verify_all()[1]]
    assert (len(told), told[-1]) == (25, "510100 第25条：条目被改动（此后另有36条不相接）")


def test_chain_whole_passes_the_command(house: None, capsys: pytest.CaptureFixture[str]) -> None:
    _write(count=2)

    call_command("audit", "verify")

    assert capsys.readouterr().out.splitlines() == [
        "提示：还没有封签；由 manage.py housekeeping 每天封签一次",
        "1 条审计链完整",
    ]


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

    assert f"{CITY}：审计链缺失" in capsys.readouterr().out.splitlines()


def test_chain_gone_whole_of_an_organ_at_work_fails_the_command(
    house: None, capsys: pytest.CaptureFixture[str]
) -> None:
    browser("triager-county")
    call_command("audit", "verify")
    _forget(COUNTY)

    with pytest.raises(CommandError):
        call_command("audit", "verify")

    assert f"{COUNTY}：审计链缺失" in capsys.readouterr().out.splitlines()


def test_chain_of_a_holder_by_a_later_message_is_there(house: None) -> None:
    receipt = file_tip()
    add_message(receipt=receipt.number, text="补充：成都市检察院的一名处长也参与了。")

    call_command("audit", "verify")

    assert Report.objects.get().holder_id == PROVINCE
    assert verify_all(frozenset({CITY, PROVINCE}))[1] == []
    assert [one.organ for one in verify_all(frozenset({OUTSIDER}))[1]] == [OUTSIDER]

"""Sealed heads: once a day, and a chain rewritten as a whole is found by them or by a copy kept outside."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal.accounts.node_secrets import rotate_purpose
from portal.audit.actions import GENESIS, chain_link, record
from portal.audit.heads_file import heads_text, read_heads
from portal.audit.models import AuditEntry, AuditHead, AuditSeal
from portal.audit.queries import verify_all
from portal.audit.seal_check import unsealed_spans
from portal.audit.seals import Seal, audit_public_keys, newest_seals, seal_heads, seal_of, seals_since
from portal.common.clock import BEIJING
from portal.common.errors import Invalid
from portal.vault.primitives import SODIUM, PrivateHalf, new_secret
from portal.vault.purpose_keys import current_key
from tests.people import CITY, COUNTY

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)
MONDAY = dt.datetime(2026, 11, 23, 0, 20, tzinfo=BEIJING)
TUESDAY, WEDNESDAY = MONDAY + ONE_DAY, MONDAY + 2 * ONE_DAY


def _write(organ: str, count: int, now: dt.datetime) -> None:
    for number in range(count):
        record(organ=organ, actor="t", action="tested", object_kind="thing", object_id=number, now=now)


@pytest.fixture
def three_days(house: None) -> None:
    """City and county at work on three days; sealed each morning: city at 2, 4 and 6 entries."""
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        _write(CITY, 2, day - dt.timedelta(hours=2))
        _write(COUNTY, 1, day - dt.timedelta(hours=2))
        seal_heads(now=day)
    _write(CITY, 1, WEDNESDAY)


def _told(files: list[Any] | None = None, now: dt.datetime = WEDNESDAY) -> list[str]:
    return [str(one) for one in verify_all(files=files or (), now=now)[1]]


def _export(folder: Path, name: str = "heads.json") -> Path:
    path = folder / name
    path.write_text(heads_text(seals_since(dt.date(2000, 1, 1)), made_at=WEDNESDAY))
    return path


def _rewrite(organ: str, start: int, end: int | None = None) -> None:
    """Write the chain anew from one entry on, head included: what needs no key at all."""
    rows = AuditEntry.objects.filter(organ=organ).order_by("sequence")
    before = GENESIS
    for entry in rows:
        if end is not None and entry.sequence > end:
            entry.delete()
            continue
        if entry.sequence >= start:
            entry.actor = "nobody in particular"
        entry.link = before = chain_link(entry, before)
        entry.save()
    last = rows.last()
    AuditHead.objects.filter(organ=organ).update(sequence=last.sequence if last else 0, link=before)


def _seal_again(organ: str) -> None:
    """Make every seal of an organ fit its chain: what takes the node's secrets."""
    version, seed = current_key("audit")
    before = GENESIS
    links = {row.sequence: bytes(row.link) for row in AuditEntry.objects.filter(organ=organ)}
    last = max(links)
    for row in AuditSeal.objects.filter(organ=organ).order_by("number"):
        row.sequence = min(row.sequence, last)
        row.link, row.before, row.key_version = links[row.sequence], before, version
        row.signature = SODIUM.sign(SODIUM.private_half(seed), seal_of(row).statement)
        row.save()
        before = seal_of(row).fingerprint


# --- sealing ------------------------------------------------------------------------------------------


def test_seal_every_head_once_a_day_each_holding_on_to_the_one_before(three_days: None) -> None:
    assert seal_heads(now=WEDNESDAY + dt.timedelta(hours=20)) == 0

    seals = [seal_of(row) for row in AuditSeal.objects.filter(organ=CITY).order_by("number")]
    assert [(one.number, one.day.day, one.sequence) for one in seals] == [(1, 23, 2), (2, 24, 4), (3, 25, 6)]
    assert [one.before for one in seals] == [GENESIS, seals[0].fingerprint, seals[1].fingerprint]
    assert all(one.holds(audit_public_keys()) for one in seals)
    assert AuditSeal.objects.filter(organ=COUNTY).count() == 3
    assert _told() == []


def test_seal_by_housekeeping(house: None) -> None:
    _write(CITY, 1, MONDAY)

    call_command("housekeeping")
    call_command("housekeeping")

    assert AuditSeal.objects.get().sequence == 1


def test_seal_in_batches_leaves_none_out(house: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.audit.seals._BATCH", 2)
    organs = [CITY, COUNTY, "510000", "510700", "510106"]
    for organ in organs:
        _write(organ, 1, MONDAY)

    assert seal_heads(now=MONDAY) == 5

    assert sorted(AuditSeal.objects.values_list("organ_id", flat=True)) == sorted(organs)


def test_seal_interrupted_between_batches_is_completed_the_same_day(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.audit.seals._BATCH", 1)
    _write(CITY, 1, MONDAY)
    _write(COUNTY, 1, MONDAY)
    made: list[int] = []
    original = SODIUM.sign

    def power_cut(seed: PrivateHalf, message: bytes) -> bytes:
        if made:
            raise InterruptedError
        made.append(1)
        return original(seed, message)

    with monkeypatch.context() as broken:
        broken.setattr("portal.audit.seals.SODIUM.sign", power_cut)
        with pytest.raises(InterruptedError):
            seal_heads(now=MONDAY)

    assert AuditSeal.objects.count() == 1
    assert seal_heads(now=MONDAY + dt.timedelta(hours=1)) == 1
    assert _told(now=MONDAY) == []


def test_seal_by_a_clock_that_went_back_makes_none(three_days: None) -> None:
    assert seal_heads(now=MONDAY) == 0
    assert AuditSeal.objects.count() == 6


def test_seal_after_the_key_was_renewed_older_ones_still_hold(three_days: None) -> None:
    rotate_purpose(purpose="audit", now=WEDNESDAY)
    seal_heads(now=WEDNESDAY + ONE_DAY)

    assert AuditSeal.objects.get(organ=CITY, number=4).key_version == 2
    assert _told(now=WEDNESDAY + ONE_DAY) == []


# --- what somebody who writes the database does --------------------------------------------------------


def _cut_seals(organ: str, numbers: list[int]) -> None:
    AuditSeal.objects.filter(organ=organ, number__in=numbers).delete()


def _roll_back(organ: str, end: int) -> None:
    """Cut the chain off and put the head back to where it was then."""
    AuditEntry.objects.filter(organ=organ, sequence__gt=end).delete()
    last = AuditEntry.objects.get(organ=organ, sequence=end)
    AuditHead.objects.filter(organ=organ).update(sequence=end, link=last.link)


def _forge_seal() -> None:
    row = AuditSeal.objects.get(organ=CITY, number=3)
    row.signature = SODIUM.sign(SODIUM.private_half(new_secret()), seal_of(row).statement)
    row.save()


def _redate_seal() -> None:
    AuditSeal.objects.filter(organ=CITY, number=3).update(day=dt.date(2026, 11, 26))


def _forget(organ: str) -> None:
    AuditEntry.objects.filter(organ=organ).delete()
    AuditHead.objects.filter(organ=organ).delete()


ATTACKS: dict[str, tuple[Callable[[], object], list[str]]] = {
    "rewritten from the start": (
        lambda: _rewrite(CITY, 1),
        ["510100 第1至2条：整段被改写（此前没有相符的封签，2026-11-23 的封签（第2条）不符）"],
    ),
    "rewritten since a day": (
        lambda: _rewrite(CITY, 5),
        ["510100 第5至6条：整段被改写（2026-11-24 的封签（第4条）仍相符，2026-11-25 的封签（第6条）不符）"],
    ),
    "rewritten and shortened": (
        lambda: _rewrite(CITY, 3, 3),
        ["510100 第4至6条：链头被退回到封签之前（见2026-11-25 的封签（第6条））"],
    ),
    "rolled back behind a seal": (
        lambda: _roll_back(CITY, 3),
        ["510100 第4至6条：链头被退回到封签之前（见2026-11-25 的封签（第6条））"],
    ),
    "chain gone, seals left": (lambda: _forget(COUNTY), ["510104：审计链缺失"]),
    "head gone": (lambda: AuditHead.objects.filter(organ=COUNTY).delete(), ["510104：链头缺失"]),
    "seal forged": (_forge_seal, ["510100 第6条：封签系伪造（2026-11-25）"]),
    "seal moved to another day": (_redate_seal, ["510100 第6条：封签系伪造（2026-11-26）"]),
    "seal in between missing": (
        lambda: _cut_seals(CITY, [2]),
        ["510100：缺少封签（2026-11-23 之后、2026-11-25 之前少 1 枚）"],
    ),
    "first seal missing": (
        lambda: _cut_seals(CITY, [1]),
        ["510100：缺少封签（2026-11-24 之前少 1 枚）"],
    ),
    "newest seals missing": (
        lambda: _cut_seals(CITY, [2, 3]),
        ["510100：缺少封签（2026-11-24）"],
    ),
    "all seals of an organ missing": (
        lambda: _cut_seals(CITY, [1, 2, 3]),
        ["510100：缺少封签（2026-11-23、2026-11-24）"],
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_seals_attack_on_the_database_is_named(three_days: None, name: str) -> None:
    attack, told = ATTACKS[name]

    attack()

    assert _told() == told


def test_seals_that_stopped_coming_are_missed(three_days: None) -> None:
    assert _told(now=WEDNESDAY + 2 * ONE_DAY) == []
    assert _told(now=WEDNESDAY + 3 * ONE_DAY) == ["此后没有任何封签（最近的封签是 2026-11-25）"]


def test_seals_pause_of_the_house_is_a_remark_and_no_fault(three_days: None) -> None:
    seal_heads(now=WEDNESDAY + 4 * ONE_DAY)
    days = sorted(set(AuditSeal.objects.values_list("day", flat=True)))

    assert _told(now=WEDNESDAY + 4 * ONE_DAY) == []
    assert unsealed_spans(days) == [(dt.date(2026, 11, 26), dt.date(2026, 11, 28))]


# --- what somebody with the node's secrets as well does, and an old export -------------------------------


def test_export_finds_a_chain_rewritten_and_sealed_again(three_days: None, tmp_path: Path) -> None:
    kept = read_heads(_export(tmp_path))
    _rewrite(CITY, 5)
    _seal_again(CITY)

    assert _told() == []
    assert _told([kept]) == [
        "510100 第5至6条：整段被改写"
        "（heads.json中2026-11-24 的封签（第4条）仍相符，heads.json中2026-11-25 的封签（第6条）不符）",
        "510100 第6条：封签被换（2026-11-25 的封签与heads.json中的不同）",
    ]


def test_export_finds_a_chain_shortened_and_sealed_again(three_days: None, tmp_path: Path) -> None:
    kept = read_heads(_export(tmp_path))
    _roll_back(CITY, 4)
    _cut_seals(CITY, [3])
    _cut_seals(COUNTY, [3])

    assert _told() == []
    assert _told([kept]) == [
        "510100 第5至6条：链头被退回到封签之前（见heads.json中2026-11-25 的封签（第6条））",
        "510100：缺少封签（heads.json中有 2026-11-25 的，库中没有）",
        "510104：缺少封签（heads.json中有 2026-11-25 的，库中没有）",
    ]


def test_export_finds_an_organ_that_is_gone_with_all_its_seals(three_days: None, tmp_path: Path) -> None:
    kept = read_heads(_export(tmp_path))
    _forget(COUNTY)
    _cut_seals(COUNTY, [1, 2, 3])

    assert _told() == []
    assert _told([kept])[0] == "510104：审计链缺失"


def test_export_finds_a_key_that_was_exchanged(three_days: None, tmp_path: Path) -> None:
    path = _export(tmp_path)
    value = json.loads(path.read_text())
    seed = new_secret()
    value["keys"][0]["key"] = SODIUM.public_half(seed).certifying.hex()
    path.write_text(json.dumps(value))

    told = _told([read_heads(path)])

    assert told[0] == "导出文件所用公钥与本系统的不同（heads.json，第 1 版）"
    assert told[1] == "510100 第2条：封签系伪造（heads.json，2026-11-23）"


def test_export_of_whole_house_agrees_with_itself(three_days: None, tmp_path: Path) -> None:
    kept = read_heads(_export(tmp_path))

    assert (len(kept.seals), _told([kept])) == (6, [])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "文件残缺或不是导出的链头"),
        (b"\xff", "文件残缺或不是导出的链头"),
        (b"[" * 100_000, "文件残缺或不是导出的链头"),
        (b"{}", "不是导出的链头"),
        (b"[]", "不是导出的链头"),
        (b'{"format": "yanlu-audit-heads-1"}', "读不出链头"),
        (b'{"format": "yanlu-audit-heads-1", "keys": 1, "seals": []}', "读不出链头"),
        (b'{"format": "yanlu-audit-heads-1", "keys": [], "seals": [{"organ": "510100"}]}', "读不出链头"),
    ],
)
def test_export_that_is_none_is_refused_with_the_reason(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "heads.json"
    path.write_bytes(content)

    with pytest.raises(Invalid, match=told):
        read_heads(path)


def test_export_cut_off_anywhere_is_refused(three_days: None, tmp_path: Path) -> None:
    path = _export(tmp_path)
    whole = path.read_bytes()

    for end in range(0, len(whole) - 2, 97):
        path.write_bytes(whole[:end])
        with pytest.raises(Invalid):
            read_heads(path)


# --- the commands -------------------------------------------------------------------------------------


def test_export_and_verify_by_command(
    house: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(CITY, 3, MONDAY)
    with pytest.raises(CommandError, match="还没有封签"):
        call_command("audit", "export", out=tmp_path / "heads.json")
    seal_heads()

    call_command("audit", "export", out=tmp_path / "heads.json")
    written = capsys.readouterr().out.splitlines()
    call_command("audit", "verify", heads=[tmp_path / "heads.json"])

    read = capsys.readouterr().out.splitlines()
    assert written[0] == "已导出 1 枚封签。请把文件交由本机以外保管，并抄录："
    assert read == [f"heads.json 的 {written[1]}", "1 条审计链完整"]
    with pytest.raises(CommandError, match="无法写入"):
        call_command("audit", "export", out=tmp_path / "heads.json")
    with pytest.raises(CommandError, match="--out"):
        call_command("audit", "export")


def test_export_of_many_days_holds_them_all(three_days: None, tmp_path: Path) -> None:
    call_command("audit", "export", out=tmp_path / "newest.json")
    call_command("audit", "export", out=tmp_path / "all.json", days=100_000)

    newest, everything = (read_heads(tmp_path / name) for name in ("newest.json", "all.json"))
    assert (len(newest.seals), len(everything.seals)) == (2, 6)
    assert newest.seals == tuple(newest_seals(frozenset({CITY, COUNTY})).values())


def test_statement_names_one_organ_and_binds_every_field() -> None:
    seal = Seal(CITY, 1, dt.date(2026, 11, 23), 2, b"link", b"before", 1)
    changes: list[dict[str, Any]] = [
        {"organ": COUNTY},
        {"number": 2},
        {"day": dt.date(2026, 11, 24)},
        {"sequence": 3},
        {"link": b"other"},
        {"before": b"other"},
    ]

    statements = {Seal(**{**vars(seal), **change}).statement for change in changes}

    assert len(statements | {seal.statement}) == len(changes) + 1

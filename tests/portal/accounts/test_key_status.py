"""`manage.py vault status` and `accept-directory`: what a security officer is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries, Settings

from portal.accounts.actions import close_account
from portal.accounts.directory_acts import accept_directory
from portal.accounts.key_status import Behind, directory_behind, hanging_on_one, house_state
from portal.accounts.reach import OutOfReach
from portal.accounts.renewal import tend_keys
from portal.audit.models import AuditEntry
from portal.common.errors import Invalid, NotReady
from portal.intake.models import Report
from portal.management.keys import directory
from portal.management.terminal import width
from portal.vault import remembered
from portal.vault.certificates import public_half
from portal.vault.models import Grant, VaultKey
from tests.people import CITY, COUNTY, DISCIPLINE, FOUNDED, PROVINCE, People, file_tip
from tests.real_house import CARD_PHRASES, arrive, founded, staffed


def _status(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    call_command("vault", "status", *words)
    return capsys.readouterr().out.splitlines()


def _line(lines: list[str], label: str) -> str:
    (found,) = [line for line in lines if line.startswith(label)]
    return found


def test_status_of_a_house_before_the_ceremony(bare_house: None, capsys: pytest.CaptureFixture[str]) -> None:
    arrive("late", PROVINCE, "supervisor", joined=False)
    arrive("early", PROVINCE, "custodian")

    lines = _status(capsys)

    assert _line(lines, "系统") == "系统        正式"
    assert _line(lines, "根密钥") == "根密钥      尚未建立（manage.py vault ceremony）"
    assert "  四川省检察院 late（late）：监督员，还没有设置口令" in lines
    assert "  四川省检察院 early（early）：身份保管员，等待放行（核对指纹）" in lines
    assert [line for line in lines if line.startswith("须更新")] == []


def test_status_of_a_founded_house_names_root_keyholders_and_organs(
    bare_house: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staffed()
    made = founded(tmp_path / "cards")

    lines = _status(capsys)

    assert _line(lines, "根密钥") == "根密钥      2021-03-01 建立，与固定的根指纹一致"
    assert "".join(lines[2:6]).replace("根指纹", "").replace(" ", "") == made.fingerprint
    assert _line(lines, "持有人") == (
        "持有人      1号 2021-03-01  2号 2021-03-01  3号 2021-03-01；任何两张卡片可打开根密钥"
    )
    assert _line(lines, "机关") == "机关        206 个，其中三把密钥齐全有效的 206 个"
    assert _line(lines, "  510000 ").split() == [
        "510000", "四川省检察院", "第1代", "1人", "第1代", "1人", "第1代", "1人", "5",
    ]  # fmt: skip
    assert len(lines) < 40
    assert max(len(line) for line in lines) < 100
    assert [phrase for phrase in CARD_PHRASES if phrase in "".join(lines)] == []


def test_status_other_pin_says_that_no_key_counts(
    house: None, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.YANLU_ROOT_FINGERPRINT = "ab" * 32

    lines = _status(capsys)

    assert "与固定的根指纹不同" in _line(lines, "根密钥")
    assert _line(lines, "机关") == "机关        206 个，其中三把密钥齐全有效的 0 个"


def test_status_of_one_organ_and_of_none(house: None, capsys: pytest.CaptureFixture[str]) -> None:
    lines = _status(capsys, "--organ", COUNTY)

    assert lines[0] == "锦江区检察院（510104）：账号 10 个"
    assert "本机关 5 人持有（审核员、分流员或负责人）；同时存于 510100；连同上级现在共 6 人能打开" in lines[2]
    with pytest.raises(CommandError, match="没有机关 999999"):
        call_command("vault", "status", "--organ", "999999")


def test_status_all_lists_every_organ_in_even_columns(
    house: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [line for line in _status(capsys, "--all") if line.startswith("  51")]

    assert len(rows) == 206
    assert len({width(row[: row.index("第")]) for row in rows}) == 1


def test_status_json_is_the_state(house: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vault", "status", "--json")
    state: dict[str, Any] = json.loads(capsys.readouterr().out)

    assert (state["demo"], state["root"]["fingerprint"]) == (True, state["root"]["pinned"])
    assert sum(len(organ["keys"]) for organ in state["organs"]) == 206 * 3
    assert "seed" not in json.dumps(state)


def test_status_costs_the_same_however_many_organs(
    house: None, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(30):
        house_state()


def test_leaver_shows_what_is_due_and_who_brings_it(people: People) -> None:
    close_account(actor=people.sysadmin, staff=people.triager2.staff)

    assert house_state().due == (
        "成都市检察院的受理密钥：有人离岗，待更新；成都市检察院监督员或四川省检察院监督员登录时办理",
    )


def test_keys_that_nobody_opens_any_more_are_counted_with_what_they_hide(people: People) -> None:
    file_tip(organ=PROVINCE, about_organ=True)
    organs = house_state().out_of_reach
    for name in ("supervisor", "triager", "triager2", "moderator", "moderator2", "leader"):
        staff = getattr(people, f"{name}_discipline").staff
        Grant.objects.filter(to__owner=f"staff:{staff.pk}").update(revoked_at=FOUNDED, revoked_for="left")

    lost = house_state().out_of_reach

    assert organs == ()
    report = Report.objects.get()
    assert report.holder_id == DISCIPLINE
    items = VaultKey.objects.get(owner=DISCIPLINE, purpose="triage").envelopes.count()
    assert items > 0
    assert lost == (OutOfReach(DISCIPLINE, "triage", 1, in_force=True, items=items),)


def test_keys_in_one_hand_are_named_by_that_person(people: People) -> None:
    found = hanging_on_one(house_state().organs)

    one = found[f"staff:{people.supervisor_province.staff.pk}"]
    assert {key.purpose for key in one} == {"triage"}
    assert CITY not in {key.owner for key in one}  # its own triagers hold it as well
    assert f"staff:{people.triager.staff.pk}" not in found


# --- a restored backup ---------------------------------------------------------------------------------


def _restore_an_older_directory(people: People) -> int:
    """This node has met generation 2 of the city's triage key; the database is back at generation 1."""
    old = VaultKey.objects.get(owner=CITY, purpose="triage")
    half = public_half(old)
    remembered.accept({f"{CITY} triage": (2, remembered.print_of(half))})
    return old.generation


def test_restored_backup_is_told_and_accepted(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    generation = _restore_an_older_directory(people)
    assert directory_behind() == (Behind(CITY, "triage", 2, generation),)
    assert "  510100 的受理密钥：本机记得第 2 代，数据库中是第 1 代" in _status(capsys)
    with pytest.raises(NotReady):
        file_tip()

    accept_directory(now=FOUNDED)

    assert directory_behind() == ()
    assert Report.objects.filter(pk=file_tip().report).exists()
    (entry,) = AuditEntry.objects.filter(action="directory_accepted")
    assert (entry.organ_id, entry.actor, entry.detail) == (PROVINCE, "system", {"count": 0})


def test_accepting_keeps_what_was_renewed(people: People) -> None:
    close_account(actor=people.sysadmin, staff=people.triager2.staff)
    tend_keys(people.supervisor, now=FOUNDED)
    new = VaultKey.objects.get(owner=CITY, purpose="triage", superseded_at=None)

    accept_directory(now=FOUNDED)

    assert remembered.newest() == {f"{CITY} triage": (2, remembered.print_of(public_half(new)))}


class Officer:
    """Somebody at the terminal who types one word."""

    def __init__(self, word: str) -> None:
        self.word, self.heard = word, list[str]()

    def say(self, text: str = "") -> None:
        """A line."""
        self.heard.append(text)

    def ask(self, question: str) -> str:
        """The word."""
        return self.word

    def ask_secret(self, question: str) -> str:
        """Nothing is secret here."""
        raise Invalid


def test_accepting_takes_the_whole_word(people: People) -> None:
    _restore_an_older_directory(people)

    with pytest.raises(CommandError, match="已中止"):
        directory.accept(Officer("y"))
    assert directory_behind() != ()

    directory.accept(Officer("接受"))
    assert directory_behind() == ()


def test_accepting_where_nothing_is_behind_changes_nothing(people: People) -> None:
    officer = Officer("接受")

    directory.accept(officer)

    assert officer.heard == ["数据库中的密钥目录不比本机所记的旧，没有需要接受的。"]
    assert AuditEntry.objects.filter(action="directory_accepted").count() == 0


def test_memory_that_cannot_be_read_is_told_and_replaced(
    people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    remembered.file().write_text("{")

    assert "警告：本机所记的密钥目录（directory.json）读不出，密钥都不算有效" in _status(capsys)
    directory.accept(Officer("接受"))

    assert directory_behind() == ()

"""Founding a real house: who must be there, what is made, and that a failure leaves nothing."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from portal.accounts import founding
from portal.accounts.actions import join
from portal.accounts.admitting import own_fingerprint
from portal.accounts.first_accounts import open_first_account
from portal.accounts.founding import found_house, refuse_founding
from portal.accounts.models import Staff
from portal.accounts.renewal import due_keys
from portal.accounts.top_people import at_the_door, same_fingerprint, who_is_missing
from portal.audit.models import AuditEntry
from portal.audit.queries import verify_all
from portal.common.errors import Forbidden, Invalid
from portal.intake.models import Report
from portal.intake.queries import open_original
from portal.organs.queries import organ_tree
from portal.public.readiness import what_is_missing
from portal.vault import cards
from portal.vault.models import Grant, RootShare, VaultKey
from portal.vault.pin import pin_file
from tests.people import CITY, COUNTY, DISCIPLINE, FOUNDED, PROVINCE, file_tip
from tests.real_house import CARD_PHRASES, arrive, founded, signed_in, staffed

pytestmark = pytest.mark.usefixtures("bare_house")


def _nothing_founded() -> bool:
    rows = VaultKey.objects.exclude(purpose="personal").count() + Grant.objects.count()
    return rows + RootShare.objects.count() == 0 and not pin_file().exists()


# --- the first accounts --------------------------------------------------------------------------------


def test_first_account_joins_and_the_next_is_the_desks(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("account", "Root-Admin", role="sysadmin", organ=PROVINCE, name="管理员甲")
    code = re.search(r"：([0-9a-f]{20})$", capsys.readouterr().out, re.M)

    assert code is not None
    staff = join(username="root-admin", code=code[1], passphrase="春江水暖鸭先知 2026")
    assert (staff.organ_id, staff.roles) == (PROVINCE, frozenset({"sysadmin"}))
    (entry,) = AuditEntry.objects.filter(action="first_account_opened")
    assert (entry.organ_id, entry.actor, entry.detail) == (PROVINCE, "system", {"roles": "sysadmin"})
    for username in ("root-admin", "second"):
        with pytest.raises(CommandError, match="已有系统管理员（root-admin）"):
            call_command("account", username, role="sysadmin", organ=PROVINCE, name="乙")


def test_first_account_gets_a_new_code_until_its_holder_joins() -> None:
    first = open_first_account(username="a", display_name="甲", role="auditor", organ=PROVINCE)
    second = open_first_account(username="a", display_name="甲", role="auditor", organ=PROVINCE)

    with pytest.raises(Invalid):
        join(username="a", code=first.code, passphrase="春江水暖鸭先知 2026")
    assert join(username="a", code=second.code, passphrase="春江水暖鸭先知 2026").pk == first.staff.pk


def test_first_account_of_each_topmost_organ_and_of_no_other() -> None:
    for organ in (PROVINCE, DISCIPLINE):
        open_first_account(username=f"s-{organ}", display_name="甲", role="secadmin", organ=organ)

    for organ in (CITY, COUNTY, "outside", "999999"):
        with pytest.raises(Invalid) as refusal:
            open_first_account(username="x", display_name="甲", role="secadmin", organ=organ)
        assert refusal.value.fields == {"organ": "首个账号只能开在最上面的机关：510000、510000D。"}


def test_first_account_after_the_last_administrator_left() -> None:
    open_first_account(username="gone", display_name="甲", role="sysadmin", organ=PROVINCE)
    Staff.objects.update(active=False)

    again = open_first_account(username="next", display_name="乙", role="sysadmin", organ=PROVINCE)

    assert again.staff.roles == {"sysadmin"}
    with pytest.raises(Forbidden):
        open_first_account(username="third", display_name="丙", role="sysadmin", organ=PROVINCE)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "supervisor"}, "role"),
        ({"username": " "}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "a" * 41}, "username"),
        ({"display_name": " "}, "name"),
    ],
)
def test_first_account_bad_input_names_the_field(changes: dict[str, str], field: str) -> None:
    given = {"username": "a", "display_name": "甲", "role": "sysadmin", "organ": PROVINCE} | changes

    with pytest.raises(Invalid) as refusal:
        open_first_account(now=FOUNDED, **given)

    assert list(refusal.value.fields) == [field]
    assert Staff.objects.count() == 0


def test_first_account_taken_username_is_refused() -> None:
    open_first_account(username="a", display_name="甲", role="sysadmin", organ=PROVINCE)

    with pytest.raises(Invalid) as refusal:
        open_first_account(username="a", display_name="甲", role="secadmin", organ=PROVINCE)

    assert refusal.value.fields == {"username": "这个用户名已有人使用。"}
    assert Staff.objects.get().roles == {"sysadmin"}


# --- who must be there ---------------------------------------------------------------------------------


def test_missing_people_are_all_named_before_anything_is_made(tmp_path: Path) -> None:
    staffed("top-supervisor", "top-custodian", "office-supervisor", "office-triager")
    arrive("late", PROVINCE, "triager", joined=False)

    with pytest.raises(Invalid) as refusal:
        refuse_founding(tmp_path / "cards")

    office = organ_tree().node(DISCIPLINE).display_name
    assert str(refusal.value) == (
        "人员还不齐，没有建立任何密钥：四川省检察院缺审核员、分流员或负责人（late 还没有设置口令）；"
        f"{office}缺身份保管员。"
    )
    assert _nothing_founded()


def test_people_who_did_not_compare_are_not_enough(tmp_path: Path) -> None:
    staffed()
    people = [one for one in at_the_door(organ_tree()) if one.staff.username != "top-custodian"]

    with pytest.raises(Invalid, match="四川省检察院缺身份保管员"):
        found_house(passphrases=CARD_PHRASES, folder=tmp_path / "cards", people=people)

    assert _nothing_founded()
    assert list((tmp_path / "cards").iterdir()) == []


def test_fingerprint_is_what_the_persons_own_page_shows() -> None:
    staffed("top-supervisor")
    (person,) = at_the_door(organ_tree())
    shown = own_fingerprint(signed_in("top-supervisor"))

    assert person.fingerprint == shown
    assert same_fingerprint((shown or "").replace(" ", "-"), person)
    assert not same_fingerprint("", person)
    assert not same_fingerprint((shown or "")[:-1], person)


def test_key_exchanged_after_comparing_founds_nothing(tmp_path: Path) -> None:
    staffed()
    people = [replace(one, fingerprint="0000 " * 5 + "0000") for one in at_the_door(organ_tree())]

    with pytest.raises(Invalid, match="已与核对时不同"):
        found_house(passphrases=CARD_PHRASES, folder=tmp_path / "cards", people=people)

    assert _nothing_founded()


# --- what is made --------------------------------------------------------------------------------------


def test_founded_house_takes_reports_and_its_first_people_read_them(tmp_path: Path) -> None:
    staffed()
    before = what_is_missing()

    made = founded(tmp_path / "cards")

    assert (before, what_is_missing()) == ("keys", "")
    assert pin_file().read_text().strip() == made.fingerprint
    assert [path.name for path in made.cards] == [f"yanlu-card-{number}.json" for number in (1, 2, 3)]
    assert due_keys(organ_tree()) == []
    assert who_is_missing(organ_tree()) == []
    at_the_top = Report.objects.get(pk=file_tip(organ=PROVINCE, subjects=()).report)
    unstaffed = Report.objects.get(pk=file_tip().report)
    about_the_top = Report.objects.get(pk=file_tip(organ=PROVINCE, about_organ=True).report)
    readers = {
        name: [
            open_original(report, signed_in(name).keyring) is not None
            for report in (at_the_top, unstaffed, about_the_top)
        ]
        for name in ("top-triager", "top-supervisor", "top-custodian", "office-triager", "sysadmin-510000")
    }
    assert [report.holder_id for report in (at_the_top, unstaffed, about_the_top)] == [
        PROVINCE,
        CITY,
        DISCIPLINE,
    ]
    assert readers == {
        "top-triager": [True, False, False],
        "top-supervisor": [False, True, False],
        "top-custodian": [False, False, False],
        "office-triager": [False, False, True],
        "sysadmin-510000": [False, False, False],
    }


def test_founding_is_on_record_at_the_top(tmp_path: Path) -> None:
    staffed()

    made = founded(tmp_path / "cards")

    entries = AuditEntry.objects.filter(actor="keyholders")
    at_work = {(one.organ_id, one.action) for one in entries}
    assert at_work == {
        (organ, action) for organ in (PROVINCE, DISCIPLINE) for action in ("key_granted", "house_founded")
    }
    assert [one.detail for one in entries.filter(action="house_founded")] == [{"count": made.keys}] * 2
    assert verify_all()[1] == []


def test_founding_keeps_no_private_half_of_the_root(tmp_path: Path) -> None:
    staffed()

    founded(tmp_path / "cards")

    root = VaultKey.objects.get(purpose="root")
    assert Grant.objects.filter(key=root).count() == 0
    assert RootShare.objects.count() == 3


def test_founding_twice_is_refused(tmp_path: Path) -> None:
    staffed()
    founded(tmp_path / "cards")

    with pytest.raises(Invalid, match="根密钥已经建立"):
        founded(tmp_path / "others")
    assert not (tmp_path / "others").exists()


def test_pin_kept_in_the_environment_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YANLU_ROOT_FINGERPRINT", "")
    staffed()

    made = founded(tmp_path / "cards")

    assert (made.pinned, pin_file().exists()) == (False, False)


# --- all or nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["share_root", "found_keys", "let_in", "_prove", "_put_on_record", "pin"])
def test_failure_at_any_step_leaves_neither_key_nor_card_nor_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class PowerCut(Exception):
        pass

    def fail(*_args: object, **_kwargs: object) -> None:
        raise PowerCut

    staffed()
    monkeypatch.setattr(founding, step, fail)

    with pytest.raises(PowerCut):
        founded(tmp_path / "cards")

    assert _nothing_founded()
    assert list((tmp_path / "cards").iterdir()) == []
    monkeypatch.undo()
    assert founded(tmp_path / "cards").keys > 600


@pytest.mark.parametrize(
    ("phrases", "words"),
    [
        (("短", CARD_PHRASES[1], CARD_PHRASES[2]), "至少 12 个字符"),
        ((CARD_PHRASES[0], CARD_PHRASES[0], CARD_PHRASES[2]), "各不相同"),
    ],
)
def test_weak_or_shared_card_passphrases_found_nothing(
    tmp_path: Path, phrases: tuple[str, ...], words: str
) -> None:
    staffed()

    with pytest.raises(Invalid, match=words):
        found_house(passphrases=phrases, folder=tmp_path, people=at_the_door(organ_tree()))
    assert _nothing_founded()


def test_founding_over_old_cards_is_refused(tmp_path: Path) -> None:
    staffed()
    cards.card_file(tmp_path, 2).touch()

    with pytest.raises(cards.CardRefused, match="已经存在"):
        founded(tmp_path)
    assert _nothing_founded()


def test_founding_where_a_root_is_pinned_already_is_refused(tmp_path: Path, settings: Settings) -> None:
    settings.YANLU_ROOT_FINGERPRINT = "ab" * 32

    with pytest.raises(Invalid, match="请先恢复备份"):
        refuse_founding(tmp_path)


def test_founding_with_an_unusable_outside_key_is_refused(tmp_path: Path, settings: Settings) -> None:
    for text in ("zz", "00"):
        settings.YANLU_EXTERNAL_KEY = text
        with pytest.raises(Invalid, match="YANLU_EXTERNAL_KEY"):
            refuse_founding(tmp_path)


def test_founding_a_demo_is_refused(tmp_path: Path, settings: Settings) -> None:
    settings.YANLU_DEMO = True

    with pytest.raises(Invalid, match="演示系统"):
        refuse_founding(tmp_path)

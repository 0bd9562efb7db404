"""Purpose keys and the master key are renewed under a running house; interrupted anywhere, it still works."""

import contextlib
import datetime as dt
import importlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from pytest_django import Settings

from portal.accounts import node_secrets
from portal.accounts.node_secrets import (
    begin_master_rotation,
    finish_master_rotation,
    retire_outlived_keys,
    rotate_purpose,
)
from portal.audit.models import AuditEntry
from portal.common.clock import now
from portal.common.errors import NotReady
from portal.intake.content import canonical_bytes
from portal.intake.forms_archive import current_form
from portal.intake.models import Report
from portal.intake.queries import open_thread
from portal.vault import purpose_keys
from portal.vault.locks import make_personal_key, open_personal_key, renew_lock
from portal.vault.master_keys import master_keys, unwrap, wrap
from portal.vault.models import PassphraseLock, PurposeKey, VaultKey
from portal.vault.node_keys import node_key
from portal.vault.node_mac import check_node_mac, node_mac
from portal.vault.primitives import Tampered
from portal.vault.proof import check_proof, public_keys
from portal.vault.purpose_keys import RENEWABLE, active_keys, make_next, unopened
from portal.vault.receipts import parsed
from tests.people import CITY, FOUNDED, PROVINCE, Tip, file_tip, signed_in

pytestmark = pytest.mark.django_db
HALF_A_YEAR = dt.timedelta(days=180)


@pytest.fixture
def own_file(house: None, settings: Settings, tmp_path: Path) -> Path:
    """The house's master key in a file of its own, as after `vault init`, and today's node key under it."""
    path = tmp_path / "secrets" / "master.key"
    path.parent.mkdir(mode=0o700)
    path.write_text(settings.YANLU_MASTER_KEY + "\n", encoding="ascii")
    path.chmod(0o600)
    settings.YANLU_SECRETS_DIR, settings.YANLU_MASTER_KEY_FILE = path.parent, path
    settings.YANLU_DATA_DIR = tmp_path / "var"
    settings.YANLU_MASTER_KEY = ""
    node_key(now())
    return path


def _settle(file: Path) -> None:
    """Let the file have been there for a while."""
    earlier = time.time() - node_secrets.SETTLED_SECONDS - 1
    os.utime(file, (earlier, earlier))


def _house_works(receipt: str) -> None:
    """An old receipt opens, a new report is taken and opens, a member of staff signs in, marks hold."""
    assert open_thread(receipt).status == "submitted"
    assert open_thread(file_tip().number).status == "submitted"
    assert signed_in("triager").staff.username == "triager"
    assert unopened() == []
    assert len(node_key(now())) == 32


# --- purpose keys -------------------------------------------------------------------------------------


def test_purpose_new_things_take_the_new_version_and_old_ones_open(house: None) -> None:
    receipt = file_tip()
    mark = node_mac("yanlu-report", "a")
    digits = parsed(receipt.number)
    assert digits is not None

    for purpose in RENEWABLE:
        assert rotate_purpose(purpose=purpose) == 2

    _house_works(receipt.number)
    assert sorted(Report.objects.values_list("key_version", flat=True)) == [1, 2]
    check_node_mac(mark, "yanlu-report", "a")
    canonical = canonical_bytes(kind="tip", organ=CITY, form=current_form("tip"), content=Tip().content)
    assert check_proof(receipt.proof, digits=digits, canonical=canonical).key_version == 1
    assert list(public_keys()) == [2, 1]


def test_purpose_receipt_and_lookup_move_together(house: None) -> None:
    rotate_purpose(purpose="receipt")
    nonce = bytes(range(16))
    receipt = file_tip(nonce=nonce)
    rotate_purpose(purpose="receipt")

    assert [version for version, _ in active_keys("lookup")["lookup"]] == [3, 2, 1]
    assert file_tip(nonce=nonce).number == receipt.number
    assert Report.objects.get().key_version == 2
    with pytest.raises(CommandError, match="lookup 随 receipt 一同更换"):
        call_command("vault", "rotate-purpose", "lookup")


def test_purpose_turn_is_on_record_at_the_top(house: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vault", "rotate-purpose", "all")

    entries = AuditEntry.objects.filter(action="purpose_key_made")
    assert [line.split("：")[0] for line in capsys.readouterr().out.splitlines()] == list(RENEWABLE)
    assert {(one.organ_id, one.actor) for one in entries} == {(PROVINCE, "system")}
    assert sorted(one.object_id for one in entries) == sorted(f"{purpose}/2" for purpose in RENEWABLE)


def test_purpose_turn_that_fails_leaves_neither_key_nor_entry(
    house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (PurposeKey.objects.count(), AuditEntry.objects.count())

    def power_cut(*_: object, **__: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(node_secrets, "record", power_cut)

    with pytest.raises(InterruptedError):
        rotate_purpose(purpose="receipt")
    assert (PurposeKey.objects.count(), AuditEntry.objects.count()) == before


def test_purpose_older_passphrases_open_and_a_new_one_lies_under_the_new_pepper(house: None) -> None:
    old = make_personal_key(path="510100/staff:x", passphrase="从前的一句话", now=FOUNDED)
    rotate_purpose(purpose="pepper")
    new = make_personal_key(path="510100/staff:y", passphrase="现在的一句话", now=FOUNDED)

    rows = [VaultKey.objects.get(pk=key.id) for key in (old, new)]

    assert [row.lock.pepper_version for row in rows] == [1, 2]
    with pytest.raises(Tampered):
        open_personal_key(rows[0], "另一句话")
    assert PassphraseLock.objects.get(key=rows[0]).pepper_version == 1
    assert open_personal_key(rows[0], "从前的一句话").seed == old.seed
    assert open_personal_key(rows[1], "现在的一句话").seed == new.seed


def test_purpose_passphrase_moves_to_the_new_pepper_when_it_is_next_given(house: None) -> None:
    old = make_personal_key(path="510100/staff:x", passphrase="从前的一句话", now=FOUNDED)
    rotate_purpose(purpose="pepper")
    row = VaultKey.objects.select_related("lock").get(pk=old.id)
    assert renew_lock(row, open_personal_key(row, "从前的一句话"), "从前的一句话")

    moved = VaultKey.objects.get(pk=old.id)

    assert moved.lock.pepper_version == 2
    assert open_personal_key(moved, "从前的一句话").seed == old.seed


@pytest.mark.parametrize("purpose", ["receipt", "lookup", "proof", "rows", "audit"])
def test_purpose_that_older_things_need_can_never_retire(house: None, purpose: str) -> None:
    rotate_purpose(purpose="receipt" if purpose == "lookup" else purpose, now=FOUNDED)

    assert retire_outlived_keys(now=FOUNDED + 10 * HALF_A_YEAR) == []
    with pytest.raises(IntegrityError, match="vault_purpose_key_may_retire"), transaction.atomic():
        PurposeKey.objects.filter(purpose=purpose, version=1).update(retired_at=FOUNDED)


def test_purpose_device_is_destroyed_half_a_year_after_its_successor_came(house: None) -> None:
    renewed = FOUNDED + dt.timedelta(days=400)
    rotate_purpose(purpose="device", now=renewed)

    early = retire_outlived_keys(now=renewed + HALF_A_YEAR - dt.timedelta(seconds=1))
    in_time = retire_outlived_keys(now=renewed + HALF_A_YEAR)
    again = retire_outlived_keys(now=renewed + 2 * HALF_A_YEAR)

    row = PurposeKey.objects.get(purpose="device", version=1)
    assert (early, in_time, again) == ([], [("device", 1)], [])
    assert (bytes(row.wrapped), [version for version, _ in active_keys("device")["device"]]) == (b"", [2])
    assert AuditEntry.objects.get(action="purpose_key_retired").object_id == "device/1"
    assert unopened() == []


def test_purpose_that_retired_is_forgotten_by_the_process_and_old_masters_are(own_file: Path) -> None:
    rotate_purpose(purpose="device", now=FOUNDED)
    old_device, old_master = active_keys("device")["device"][1][1], master_keys()[0]
    retire_outlived_keys(now=FOUNDED + HALF_A_YEAR)
    begin_master_rotation()
    _settle(own_file)
    finish_master_rotation()

    active_keys("device")

    assert old_device not in purpose_keys._opened.keys.values()
    assert old_master not in purpose_keys._opened.masters


def test_purpose_pepper_stays_while_a_passphrase_lies_under_it(house: None) -> None:
    rotate_purpose(purpose="pepper", now=FOUNDED)
    assert retire_outlived_keys(now=FOUNDED + HALF_A_YEAR) == []

    rotate_purpose(purpose="pepper", now=FOUNDED)

    assert retire_outlived_keys(now=FOUNDED + HALF_A_YEAR) == [("pepper", 2)]
    assert signed_in("triager").staff.username == "triager"


# --- the master key -----------------------------------------------------------------------------------


def test_master_begin_and_finish_leave_everything_under_the_new_key(own_file: Path) -> None:
    receipt, old, kept = file_tip().number, master_keys()[0], node_key(now())

    call_command("vault", "rotate-master", "begin")
    both = master_keys()
    _house_works(receipt)
    _settle(own_file)
    call_command("vault", "rotate-master", "finish")

    assert (len(both), both[1], master_keys()) == (2, old, both[:1])
    assert own_file.stat().st_mode & 0o777 == 0o600
    _house_works(receipt)
    assert node_key(now()) == kept
    assert len(unopened((old,))) == PurposeKey.objects.count()
    assert [
        (one.action, one.organ_id)
        for one in AuditEntry.objects.filter(object_kind="node").order_by("sequence")
    ] == [("master_key_changed", PROVINCE), ("master_key_dropped", PROVINCE)]


def test_master_finish_is_refused_before_its_time(own_file: Path) -> None:
    with pytest.raises(CommandError, match="没有正在进行的主密钥更换"):
        call_command("vault", "rotate-master", "finish")
    begin_master_rotation()
    with pytest.raises(CommandError, match="60 秒后再运行"):
        call_command("vault", "rotate-master", "finish")
    with pytest.raises(CommandError, match="invalid choice: 'end'"):
        call_command("vault", "rotate-master", "end")

    assert len(master_keys()) == 2


def test_master_finish_names_what_still_lies_under_the_old_key(own_file: Path) -> None:
    old = own_file.read_text()
    begin_master_rotation()
    both = own_file.read_text()
    own_file.write_text(old)
    rotate_purpose(purpose="device")
    (Path(own_file.parent.parent) / "var" / "node-keys").joinpath("2999-01-01.key").write_bytes(
        wrap(bytes(32), "node/2999-01-01")
    )
    own_file.write_text(both)
    _settle(own_file)

    with pytest.raises(CommandError, match=re.escape("device/2、node/2999-01-01。请再运行一次")):
        call_command("vault", "rotate-master", "finish")

    begin_master_rotation()
    _settle(own_file)
    assert finish_master_rotation() is True


STEPS = [
    "portal.accounts.node_secrets.write_master_keys",
    "portal.accounts.node_secrets.rewrap_stored",
    "portal.accounts.node_secrets.record",
    "portal.accounts.node_secrets.rewrap_node_keys",
    "portal.vault.purpose_keys.wrap",
    "portal.vault.node_keys.wrap",
    "portal.vault.node_keys.replace_file",
    "portal.vault.master_keys.replace_file",
    "portal.common.files.sync_folder",
    "os.fsync",
    "os.replace",
    "portal.accounts.node_secrets.unopened",
]
"""Where the power may go, for either half of a rotation: before the step, and after it."""


class _PowerCut(BaseException):
    """Nothing catches this."""


def _cut(original: Callable[..., object], after: bool) -> Callable[..., object]:
    def step(*args: object, **words: object) -> object:
        if after:
            original(*args, **words)
        raise _PowerCut

    return step


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_master_interrupted_anywhere_the_house_works_and_goes_on(
    own_file: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    receipt, kept = file_tip().number, node_key(now())

    for half in (begin_master_rotation, finish_master_rotation):
        with monkeypatch.context() as broken:
            owner, _, name = step.rpartition(".")
            target = importlib.import_module(owner)
            broken.setattr(target, name, _cut(getattr(target, name), after))
            with contextlib.suppress(_PowerCut):
                half()
        _house_works(receipt)
        assert node_key(now()) == kept
        if len(master_keys()) == 1 and half is finish_master_rotation:
            break
        _settle(own_file)
        half()
        _settle(own_file)

    assert len(master_keys()) == 1
    _house_works(receipt)


def test_master_given_by_environment_is_rolled_by_its_operator(
    house: None, settings: Settings, tmp_path: Path
) -> None:
    settings.YANLU_DATA_DIR = tmp_path
    receipt, kept, old, new = file_tip().number, node_key(now()), settings.YANLU_MASTER_KEY, "a7" * 32
    with pytest.raises(CommandError, match="新密钥,旧密钥"):
        call_command("vault", "rotate-master", "begin")

    settings.YANLU_MASTER_KEY = f"{old},{new}"
    _house_works(receipt)
    settings.YANLU_MASTER_KEY = f"{new},{old}"
    assert begin_master_rotation().made is False
    _house_works(receipt)
    assert finish_master_rotation() is False
    settings.YANLU_MASTER_KEY = new

    _house_works(receipt)
    assert node_key(now()) == kept


def test_master_file_changed_under_a_running_process_is_noticed_at_once(own_file: Path) -> None:
    wrapped, old = wrap(b"secret", "x"), own_file.read_text()
    active_keys("receipt")

    own_file.write_text("b8" * 32)
    with pytest.raises(Tampered):
        active_keys("receipt")
    own_file.write_text(f"{'b8' * 32}\n{old}")

    assert active_keys("receipt")["receipt"][0][0] == 1
    assert unwrap(wrapped, "x") == b"secret"


@pytest.mark.parametrize("content", ["", "\n", "5e" * 31, "zz" * 32, ",".join(["5e" * 32] * 3), "密"])
def test_master_file_nobody_can_read_opens_nothing(own_file: Path, content: str) -> None:
    own_file.write_text(content, encoding="utf-8")

    with pytest.raises(NotReady):
        master_keys()


def test_next_version_in_a_house_without_keys_is_refused(house: None) -> None:
    PurposeKey.objects.filter(purpose="device").delete()

    with transaction.atomic(), pytest.raises(NotReady):
        make_next("device", now=FOUNDED)

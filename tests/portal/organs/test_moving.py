"""Organs are added, moved, merged: keys follow, nothing already sealed is touched, nobody is locked out."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from moderation.triage.queries import visible_to
from portal.accounts.renewal import DueKey, due_keys, tend_keys
from portal.accounts.signed_in import SignedIn
from portal.audit.models import AuditEntry
from portal.common.clock import local_date, now
from portal.intake.models import Report
from portal.intake.queries import open_original
from portal.organs import queries
from portal.organs.actions import add_organ, move_organ, retire_organ
from portal.organs.models import Organ, OrganAlias, OrganEdition
from portal.organs.queries import organ_tree
from portal.public.readiness import what_is_missing
from portal.vault.primitives import Tampered
from tests.people import CITY, COUNTY, OUTSIDER, PROVINCE, People, file_tip, hire, signed_in, triage_key_of

pytestmark = pytest.mark.django_db
NEW, SUCCESSOR = "510199", "510105"


def _plain(organ: str, title: str = "办事拖拉") -> Report:
    """A report that names nobody, so the addressed organ holds it."""
    words: dict[str, Any] = {"title": title, "text": "反映办事拖拉。", "place": ""}
    receipt = file_tip(organ=organ, about_organ=False, subjects=(), **words)
    return Report.objects.get(pk=receipt.report)


def _reads(report: Report, person: SignedIn) -> bool:
    return open_original(report, person.keyring) is not None


def _tended(*names: str) -> None:
    for name in names:
        tend_keys(signed_in(name), now=now(), most=100)


# --- added --------------------------------------------------------------------------------------------


def test_added_organ_has_its_reports_held_above_until_it_has_keys(people: People) -> None:
    add_organ(code=NEW, name="成都市天府新区人民检察院", level="county", parent=CITY)

    early = _plain(NEW)
    assert due_keys(organ_tree()) == [DueKey(NEW, p, "missing") for p in ("custody", "oversight", "triage")]
    _tended("sysadmin", "secadmin", "triager")
    assert len(due_keys(organ_tree())) == 3
    _tended("supervisor", "custodian")
    late = _plain(NEW)

    assert (early.holder_id, late.holder_id) == (CITY, NEW)
    assert due_keys(organ_tree()) == []
    assert _reads(late, signed_in("supervisor"))


# --- moved --------------------------------------------------------------------------------------------


@pytest.fixture
def outside_supervisor(people: People) -> SignedIn:
    """Who supervises 绵阳's county offices."""
    key = people.supervisor_province.keyring.holding(OUTSIDER, "oversight")
    return hire("supervisor-outsider", organ=OUTSIDER, role="supervisor", by=key)


@pytest.fixture
def outside_custodian(people: People) -> SignedIn:
    """Who keeps 绵阳's half of identities."""
    key = people.custodian_province.keyring.holding(OUTSIDER, "custody")
    return hire("custodian-outsider", organ=OUTSIDER, role="custodian", by=key)


def test_moved_organ_keeps_its_letters_and_gets_new_keys(
    people: People, outside_supervisor: SignedIn, outside_custodian: SignedIn
) -> None:
    before = _plain(COUNTY)
    move_organ(code=COUNTY, parent=OUTSIDER, on=local_date(now()))
    between = _plain(COUNTY)
    for person in (outside_supervisor, outside_custodian):
        tend_keys(person, now=now())
    after = _plain(COUNTY)

    triager = signed_in("triager-county")
    assert [one.holder_id for one in (before, between, after)] == [COUNTY, OUTSIDER, COUNTY]
    assert (_reads(before, triager), _reads(after, triager)) == (True, True)
    assert _reads(after, signed_in("supervisor")) is False
    assert _reads(after, signed_in_again(outside_supervisor)) is True
    assert due_keys(organ_tree()) == []


def signed_in_again(person: SignedIn) -> SignedIn:
    """The same person at their next request."""
    person.keyring.forget_grants()
    return person


def test_moved_organ_staff_still_sign_in(people: People, outside_supervisor: SignedIn) -> None:
    move_organ(code=COUNTY, parent=OUTSIDER, on=local_date(now()))

    assert signed_in("triager-county").staff.roles == {"triager"}
    tend_keys(outside_supervisor, now=now())
    assert signed_in("triager-county").staff.roles == {"triager"}
    assert signed_in("clerk-county").staff.roles == {"clerk"}


def test_moved_organ_old_letters_can_be_lifted_by_those_now_above(
    people: People, outside_supervisor: SignedIn
) -> None:
    before = _plain(COUNTY)
    move_organ(code=COUNTY, parent=OUTSIDER, on=local_date(now()))
    tend_keys(outside_supervisor, now=now())
    _tended("triager-county")

    assert _reads(before, signed_in_again(outside_supervisor))


def test_move_is_refused_for_a_past_day_and_for_organs_with_others_below(people: People) -> None:
    yesterday = local_date(now()) - dt.timedelta(days=1)

    with pytest.raises(ValueError, match="today or later"):
        move_organ(code=COUNTY, parent=OUTSIDER, on=yesterday)
    with pytest.raises(ValueError, match="stand below"):
        move_organ(code=CITY, parent=PROVINCE, on=local_date(now()))
    with pytest.raises(ValueError, match="higher level"):
        move_organ(code=COUNTY, parent=SUCCESSOR, on=local_date(now()))
    with pytest.raises(ValueError, match="lower level"):
        retire_organ(code=CITY, last_day=yesterday, renamed_to=COUNTY)


def test_move_planned_for_later_changes_nothing_today(people: People) -> None:
    move_organ(code=COUNTY, parent=OUTSIDER, on=local_date(now()) + dt.timedelta(days=30))

    assert organ_tree().parent(COUNTY) == CITY
    assert queries.read_tree(local_date(now()) + dt.timedelta(days=30)).parent(COUNTY) == OUTSIDER


# --- merged -------------------------------------------------------------------------------------------


def test_merged_organ_successor_sees_and_reads_what_it_held(people: People) -> None:
    before = _plain(COUNTY)
    successor = hire("triager-next", organ=SUCCESSOR, role="triager", by=triage_key_of(SUCCESSOR, people))
    retire_organ(code=COUNTY, last_day=local_date(now()) - dt.timedelta(days=1), renamed_to=SUCCESSOR)
    assert _reads(before, signed_in_again(successor)) is False

    _tended("triager-county")
    after = _plain(SUCCESSOR)

    successor = signed_in_again(successor)
    assert set(visible_to(successor.staff).values_list("pk", flat=True)) == {before.pk, after.pk}
    assert (_reads(before, successor), _reads(after, successor)) == (True, True)
    assert after.holder_id == SUCCESSOR
    assert list(before.original.envelopes.values_list("recipient__owner", flat=True)) == [COUNTY]


# --- by command ---------------------------------------------------------------------------------------


def test_command_moves_and_puts_it_on_record(people: People) -> None:
    said = StringIO()
    call_command(
        "organ", "move", COUNTY, "--parent", OUTSIDER, "--from", local_date(now()).isoformat(), stdout=said
    )

    assert "绵阳市检察院" in said.getvalue()
    assert AuditEntry.objects.get(action="organ_moved").organ_id == COUNTY


@pytest.mark.parametrize(
    "words",
    [
        ["move", "nowhere", "--parent", CITY, "--from", "2027-01-01"],
        ["move", COUNTY, "--parent", CITY, "--from", "2020-01-01"],
        ["end", COUNTY, "--last-day", "2026-01-01", "--successor", COUNTY],
        ["add", COUNTY, "--name", "重复", "--parent", CITY],
    ],
)
def test_command_refuses_what_cannot_be(people: People, words: list[str]) -> None:
    edition = OrganEdition.objects.get().stamp

    with pytest.raises(CommandError):
        call_command("organ", *words, stdout=StringIO())

    assert OrganEdition.objects.get().stamp == edition


# --- by somebody else ---------------------------------------------------------------------------------


def _newly_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As another process reads the tree, or this one after its next change."""
    monkeypatch.setattr(queries, "_kept", None)


def test_tree_changed_by_somebody_else_is_not_used_and_on_record(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    Organ.objects.filter(code=COUNTY).update(parent=PROVINCE)
    _newly_read(monkeypatch)

    with pytest.raises(Tampered):
        organ_tree()
    assert what_is_missing() == "organs"
    noticed = AuditEntry.objects.filter(action="tampering_noticed", object_kind="organs")
    assert {entry.organ_id for entry in noticed} == {PROVINCE}


def test_alias_slipped_in_by_somebody_else_is_noticed(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    OrganAlias.objects.create(organ_id=COUNTY, name="某单位")
    _newly_read(monkeypatch)

    with pytest.raises(Tampered):
        organ_tree()


def test_edition_removed_is_noticed(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    OrganEdition.objects.all().delete()
    _newly_read(monkeypatch)

    with pytest.raises(Tampered):
        organ_tree()


def test_older_tree_put_back_is_noticed(
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    before = OrganEdition.objects.values().get()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        OrganAlias.objects.filter(organ=COUNTY, name="某单位").delete()
        call_command("organ", "alias", COUNTY, "某单位", stdout=StringIO())
        organ_tree()

    OrganAlias.objects.filter(organ=COUNTY, name="某单位").delete()
    OrganEdition.objects.filter(id=1).update(**before)
    _newly_read(monkeypatch)

    with pytest.raises(Tampered):
        organ_tree()

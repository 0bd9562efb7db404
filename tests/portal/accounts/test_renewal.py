"""Somebody leaves, an office is staffed for the first time, a passphrase is forgotten: keys follow."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import transaction

from portal.accounts.actions import close_account, invite_staff, join, reset_key, set_roles
from portal.accounts.admitting import admit, own_fingerprint, waiting_for
from portal.accounts.models import Staff
from portal.accounts.renewal import DueKey, due_keys, tend_keys
from portal.accounts.signed_in import SignedIn, acting, key_owner, key_path
from portal.audit.models import AuditEntry
from portal.common.errors import Invalid
from portal.intake.models import Report
from portal.intake.queries import open_original
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key, verify
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.models import Grant, VaultKey
from portal.vault.primitives import Tampered
from tests.people import CITY, COUNTY, DISCIPLINE, FOUNDED, OUTSIDER, PROVINCE, People, file_tip, signed_in

pytestmark = pytest.mark.django_db
Callbacks = Callable[..., AbstractContextManager[list[Any]]]
PASSPHRASE = "春江水暖鸭先知 2026"
ABOVE_OUTSIDER = "510703"
"""涪城区院, a county office below 绵阳市院, where nobody works yet."""


def _plain(organ: str, title: str) -> Report:
    """A report to an organ about nobody in particular, so that nothing keeps it from there."""
    text = "反映办事拖拉。"
    tip = file_tip(organ=organ, about_organ=False, subjects=(), title=title, text=text, place="")
    return Report.objects.get(pk=tip.report)


def _arrive(people: People, name: str, organ: str, role: str) -> Staff:
    """A new account with a role and a passphrase, not yet let in."""
    invitation = invite_staff(actor=people.sysadmin, username=name, display_name=name, organ=organ)
    staff = join(username=name, code=invitation.code, passphrase=PASSPHRASE)
    return set_roles(actor=people.secadmin, staff=staff, roles=frozenset({role}))


def _in(staff: Staff) -> SignedIn:
    row = current_personal_key(key_owner(staff))
    assert row is not None
    staff = Staff.objects.select_related("organ").get(pk=staff.pk)
    return acting(staff, Keyring(open_personal_key(row, PASSPHRASE)))


def _let_in(by: SignedIn, staff: Staff) -> SignedIn:
    admit(actor=by, staff=staff, compared=own_fingerprint(_in(staff)) or "")
    return _in(staff)


def _generation(organ: str, purpose: str) -> int:
    return certified_key(key_path(organ_tree(), organ), purpose).generation


def _reads(report: Report, keyring: Keyring) -> bool:
    return open_original(report, keyring) is not None


def test_house_just_founded_owes_no_key(house: None) -> None:
    assert due_keys(organ_tree()) == []


def test_leaver_old_letters_stay_with_colleagues_new_ones_are_out_of_reach(people: People) -> None:
    before = Report.objects.get(pk=file_tip().report)
    kept = Keyring(people.triager2.keyring.personal)  # what a leaver may still have in memory
    key = people.triager2.keyring.holding(CITY, "triage")
    assert key is not None

    close_account(actor=people.sysadmin, staff=people.triager2.staff)
    due = due_keys(organ_tree())
    renewed = tend_keys(people.supervisor, now=FOUNDED)
    after = Report.objects.get(pk=file_tip(title="此后一件").report)

    assert due == [DueKey(CITY, "triage", "left")]
    assert renewed == due
    assert due_keys(organ_tree()) == []
    triager = signed_in("triager").keyring
    assert (_reads(before, triager), _reads(after, triager)) == (True, True)
    above = signed_in("supervisor-province").keyring
    assert (_reads(before, above), _reads(after, above)) == (True, True)
    assert _reads(after, kept) is False
    recipients = set(after.original.envelopes.values_list("recipient_id", flat=True))
    assert recipients != {key.id}


def test_leaver_colleagues_stay_vouched_for(people: People) -> None:
    close_account(actor=people.sysadmin, staff=people.triager2.staff)
    tend_keys(people.supervisor, now=FOUNDED)

    for name in ("moderator", "leader", "clerk", "handler", "verifier"):
        row = current_personal_key(key_owner(signed_in(name).staff))
        assert row is not None
        assert verify(row).id == row.pk


def test_leaver_without_anybody_who_may_renew_stops_nothing(people: People) -> None:
    close_account(actor=people.sysadmin, staff=people.triager2.staff)

    for name in ("sysadmin", "secadmin", "auditor", "triager", "custodian"):
        assert tend_keys(getattr(people, name), now=FOUNDED) == []
    report = Report.objects.get(pk=file_tip().report)

    assert _reads(report, signed_in("triager").keyring)


def test_supervisor_leaving_renews_what_they_could_reach(people: People) -> None:
    tree = organ_tree()
    close_account(actor=people.sysadmin, staff=people.supervisor.staff)
    assert due_keys(tree) == [DueKey(CITY, "oversight", "left")]

    tend_keys(signed_in("supervisor-province"), now=FOUNDED)
    below = [
        DueKey(code, purpose, "above") for code in sorted(tree.children(CITY)) for purpose in ("triage",)
    ]

    assert _generation(CITY, "oversight") == 2
    assert [due for due in due_keys(tree) if due.purpose == "triage"] == below


def test_supervisor_leaving_next_one_reaches_old_and_new(people: People) -> None:
    old = _plain(COUNTY, "旧件")
    assert old.holder_id == COUNTY
    close_account(actor=people.sysadmin, staff=people.supervisor.staff)
    tend_keys(signed_in("supervisor-province"), now=FOUNDED)

    newcomer = _let_in(signed_in("supervisor-province"), _arrive(people, "next", CITY, "supervisor"))
    tend_keys(newcomer, now=FOUNDED, most=100)
    newcomer = _in(newcomer.staff)
    new = _plain(COUNTY, "新件")

    assert due_keys(organ_tree()) == []
    assert _generation(COUNTY, "triage") == 2
    assert _reads(new, newcomer.keyring)
    assert _reads(old, newcomer.keyring) is False  # the former supervisor's grant reached it, not this one's


def test_first_supervisor_of_a_city_takes_its_oversight_over(people: People) -> None:
    waiting = _arrive(people, "mianyang", OUTSIDER, "supervisor")
    old = _plain(ABOVE_OUTSIDER, "旧件")
    province = people.supervisor_province
    assert _reads(old, province.keyring)  # until somebody works there it lies with the province

    first = _let_in(province, waiting)
    tend_keys(first, now=FOUNDED, most=100)
    new = _plain(ABOVE_OUTSIDER, "新件")

    first = _in(waiting)
    assert _generation(OUTSIDER, "oversight") == 2
    assert (_reads(old, first.keyring), _reads(new, first.keyring)) == (True, True)
    assert _reads(new, signed_in("supervisor-province").keyring) is False
    assert due_keys(organ_tree()) == []


def test_first_triager_and_custodian_of_an_organ_are_let_in_from_above(people: People) -> None:
    triager = _arrive(people, "first-t", OUTSIDER, "triager")
    custodian = _arrive(people, "first-c", OUTSIDER, "custodian")

    seen = {one.staff.username: one.purposes for one in waiting_for(people.supervisor_province)}
    kept = {one.staff.username: one.purposes for one in waiting_for(people.custodian_province)}

    assert (seen, kept) == ({"first-t": ("triage",)}, {"first-c": ("custody",)})
    assert _let_in(people.supervisor_province, triager).keyring.holding(OUTSIDER, "triage") is not None
    assert _let_in(people.custodian_province, custodian).keyring.holding(OUTSIDER, "custody") is not None


def test_custodian_leaving_is_renewed_by_the_custodian_above(people: People) -> None:
    close_account(actor=people.sysadmin, staff=people.custodian_county.staff)

    assert tend_keys(people.supervisor, now=FOUNDED) == []
    assert tend_keys(people.custodian, now=FOUNDED) == [DueKey(COUNTY, "custody", "left")]


def test_role_taken_away_makes_a_new_generation_due(people: People) -> None:
    set_roles(actor=people.secadmin, staff=people.moderator.staff, roles=frozenset({"clerk"}))

    assert due_keys(organ_tree()) == [DueKey(CITY, "triage", "left")]


def test_top_oversight_is_for_the_root_alone(people: People) -> None:
    close_account(actor=people.sysadmin, staff=people.supervisor_province.staff)

    assert tend_keys(people.supervisor_discipline, now=FOUNDED) == []
    assert due_keys(organ_tree()) == [DueKey(PROVINCE, "oversight", "left")]


def test_special_office_renews_its_own_triage_key(people: People) -> None:
    close = people.triager_discipline.staff
    Grant.objects.filter(to__owner=key_owner(close)).update(revoked_at=FOUNDED, revoked_for="left")

    assert tend_keys(people.supervisor_discipline, now=FOUNDED) == [DueKey(DISCIPLINE, "triage", "left")]


# --- a forgotten passphrase ---------------------------------------------------------------------------


def test_reset_gives_a_new_key_that_waits_for_a_colleague(people: People) -> None:
    report = Report.objects.get(pk=file_tip().report)
    staff = people.triager2.staff
    code = reset_key(actor=people.sysadmin, staff=staff).code
    still = signed_in("triager2")

    join(username="triager2", code=code, passphrase=PASSPHRASE)

    assert _reads(report, still.keyring)  # what was opened before stays in that memory
    assert _reads(report, _in(staff).keyring) is False
    assert _in(staff).staff.roles == frozenset()
    assert [one.staff.username for one in waiting_for(people.triager)] == ["triager2"]
    assert _reads(report, _let_in(people.triager, staff).keyring)
    assert due_keys(organ_tree()) == []


def test_reset_old_passphrase_opens_nothing_any_more(people: People) -> None:
    staff = people.triager2.staff
    old = current_personal_key(key_owner(staff))
    code = reset_key(actor=people.sysadmin, staff=staff).code

    join(username="triager2", code=code, passphrase=PASSPHRASE)

    assert old is not None
    assert VaultKey.objects.get(pk=old.pk).superseded_at is not None
    assert list(Grant.objects.filter(to=old).values_list("revoked_for", flat=True)) == ["reset"]


def test_reset_is_for_sysadmins_and_never_for_oneself(people: People) -> None:
    with pytest.raises(Invalid):
        reset_key(actor=people.sysadmin, staff=people.sysadmin.staff)


# --- nobody brings an old generation back --------------------------------------------------------------


def test_old_generation_put_back_in_force_is_refused_and_on_record(
    people: People, django_capture_on_commit_callbacks: Callbacks
) -> None:
    first = VaultKey.objects.get(owner=CITY, purpose="triage")
    close_account(actor=people.sysadmin, staff=people.triager2.staff)
    with django_capture_on_commit_callbacks(execute=True):
        tend_keys(people.supervisor, now=FOUNDED)

    VaultKey.objects.filter(owner=CITY, purpose="triage", generation=2).update(superseded_at=FOUNDED)
    VaultKey.objects.filter(pk=first.pk).update(superseded_at=None)

    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), CITY), "triage")
    noticed = AuditEntry.objects.filter(action="tampering_noticed", organ_id=CITY)
    assert list(noticed.values_list("object_kind", "object_id")) == [("key", str(first.pk))]


def test_newer_generation_deleted_is_refused(
    people: People, django_capture_on_commit_callbacks: Callbacks
) -> None:
    close_account(actor=people.sysadmin, staff=people.triager2.staff)
    with django_capture_on_commit_callbacks(execute=True):
        tend_keys(people.supervisor, now=FOUNDED)

    Grant.objects.filter(key__owner=CITY, key__purpose="triage", key__generation=2).delete()
    newer = VaultKey.objects.get(owner=CITY, purpose="triage", generation=2)
    older = VaultKey.objects.get(owner=CITY, purpose="triage", generation=1)
    VaultKey.objects.filter(issuer=newer).update(issuer=older)
    newer.delete()
    VaultKey.objects.filter(pk=older.pk).update(superseded_at=None)

    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), CITY), "triage")


def test_superseded_key_vouches_for_nothing(
    people: People, django_capture_on_commit_callbacks: Callbacks
) -> None:
    before = VaultKey.objects.get(owner=COUNTY, purpose="triage")
    close_account(actor=people.sysadmin, staff=people.supervisor.staff)
    with django_capture_on_commit_callbacks(execute=True):
        tend_keys(signed_in("supervisor-province"), now=FOUNDED)

    VaultKey.objects.filter(pk=before.pk).update(certificate=before.certificate, issuer_id=before.issuer_id)

    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), COUNTY), "triage")


def test_generation_rolled_back_bars_nothing(
    people: People, django_capture_on_commit_callbacks: Callbacks
) -> None:
    close_account(actor=people.sysadmin, staff=people.triager2.staff)
    with transaction.atomic():
        tend_keys(people.supervisor, now=FOUNDED)
        transaction.set_rollback(True)

    with django_capture_on_commit_callbacks(execute=True):
        tend_keys(people.supervisor, now=FOUNDED)

    assert _generation(CITY, "triage") == 2

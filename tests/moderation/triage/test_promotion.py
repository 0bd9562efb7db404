"""Somebody a report names gets a post here: what names them is lifted before they are given a key."""

import pytest
from django.test import Client

from moderation.triage.models import TriageItem
from moderation.triage.moving import lift
from portal.accounts.actions import invite_staff, join, set_roles
from portal.accounts.admitting import NamedInReports, admit, own_fingerprint
from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.models import Staff
from portal.accounts.renewal import due_keys, tend_keys
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.audit.models import AuditEntry
from portal.intake.content import Subject
from portal.intake.models import Report
from portal.intake.queries import open_original
from portal.organs.queries import organ_tree
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.models import Grant
from tests.people import CITY, COUNTY, FOUNDED, PROVINCE, People, file_tip, signed_in

pytestmark = pytest.mark.django_db
NAME = "王建国"
NEW_PASSPHRASE = "春江水暖鸭先知 2026"


def _promoted(people: People, role: str = "triager") -> Staff:
    invitation = invite_staff(actor=people.sysadmin, username="promoted", display_name=NAME, organ=CITY)
    staff = join(username="promoted", code=invitation.code, passphrase=NEW_PASSPHRASE)
    return set_roles(actor=people.secadmin, staff=staff, roles=frozenset({role}))


def _in(staff: Staff) -> SignedIn:
    row = current_personal_key(key_owner(staff))
    assert row is not None
    return acting(staff, Keyring(open_personal_key(row, NEW_PASSPHRASE)))


def _naming_them() -> TriageItem:
    """A tip the city holds: he works at a county office when it is filed."""
    receipt = file_tip(subjects=(Subject(name=NAME, organ=COUNTY, post="检察官"),))
    return TriageItem.objects.get(pk=receipt.report)


def test_grant_to_somebody_named_here_waits_for_the_lift(people: People) -> None:
    item, other = _naming_them(), file_tip(title="与他无关")
    staff = _promoted(people)
    compared = own_fingerprint(_in(staff)) or ""

    with pytest.raises(NamedInReports) as refusal:
        admit(actor=people.triager, staff=staff, compared=compared)
    assert [one.report for one in refusal.value.named] == [item.pk]
    assert Grant.objects.filter(to__owner=key_owner(staff)).count() == 0

    lift(
        actor=people.triager,
        item_id=item.pk,
        version=item.version,
        subjects=[Subject(name=NAME, organ=CITY, post="检察官")],
    )
    admit(actor=people.triager, staff=staff, compared=compared)

    keyring = _in(staff).keyring
    assert TriageItem.objects.get(pk=item.pk).holder_id == PROVINCE
    assert open_original(Report.objects.get(pk=item.pk), keyring) is None
    assert open_original(Report.objects.get(pk=other.report), keyring) is not None


def test_grant_to_a_namesake_is_said_and_on_record(people: People) -> None:
    _naming_them()
    staff = _promoted(people)

    admit(actor=people.triager, staff=staff, compared=own_fingerprint(_in(staff)) or "", namesake=True)

    entry = AuditEntry.objects.get(action="namesake_confirmed")
    assert (entry.organ_id, entry.detail) == (CITY, {"count": "1"})


def test_grant_of_custody_asks_for_no_name(people: People) -> None:
    _naming_them()
    staff = _promoted(people, role="custodian")

    assert admit(actor=people.custodian, staff=staff, compared=own_fingerprint(_in(staff)) or "") == (
        "custody",
    )


def test_page_lists_what_names_them_and_takes_a_namesake(people: People) -> None:
    _naming_them()
    staff = _promoted(people)
    client = Client()
    client.post("/desk/sign-in/", {"username": "triager", "passphrase": PASSPHRASE})
    form = {"staff": staff.pk, "fingerprint": own_fingerprint(_in(staff)) or "", "compared": "on"}

    refused = client.post("/desk/grants/", form)
    taken = client.post("/desk/grants/", {**form, "namesake": "on"})

    assert (refused.status_code, taken.status_code) == (400, 200)
    assert "锦江区院一名干警收受请托人财物" in refused.content.decode()
    assert f"已授权：{NAME}" in taken.content.decode()


# --- a role alone, or a row alone, is no grant --------------------------------------------------------


def _let_the_key_be_renewed(people: People) -> None:
    Grant.objects.filter(to__owner=key_owner(people.triager2.staff), key__owner=CITY).update(
        revoked_at=FOUNDED, revoked_for="left"
    )
    tend_keys(signed_in("supervisor"), now=FOUNDED)
    assert due_keys(organ_tree()) == []


def test_renewal_gives_the_new_key_to_nobody_by_role_alone(people: People) -> None:
    set_roles(actor=people.secadmin, staff=people.clerk.staff, roles=frozenset({"triager"}))

    _let_the_key_be_renewed(people)

    assert signed_in("clerk").staff.roles == frozenset()
    assert signed_in("triager").staff.roles == {"triager"}


def test_renewal_gives_the_new_key_to_nobody_by_a_forged_grant(people: People) -> None:
    set_roles(actor=people.secadmin, staff=people.clerk.staff, roles=frozenset({"triager"}))
    true = Grant.objects.get(to__owner=key_owner(people.triager.staff), key__owner=CITY)
    Grant.objects.create(
        key=true.key,
        to_id=people.clerk.keyring.personal.id,
        sealed=true.sealed,
        voucher=true.voucher,
        created_at=FOUNDED,
    )

    _let_the_key_be_renewed(people)

    assert signed_in("clerk").staff.roles == frozenset()
    assert AuditEntry.objects.filter(action="tampering_noticed", object_kind="grant").exists()

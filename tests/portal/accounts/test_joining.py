"""A new colleague: account by one administrator, roles by another, keys by a colleague who has them."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.actions import close_account, invite_staff, join, set_roles
from portal.accounts.admitting import admit, own_fingerprint, waiting_for
from portal.accounts.models import APART_ROLES, ROLES, Staff
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.intake.models import Report
from portal.intake.queries import open_original, visible_to
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.models import VaultKey
from portal.vault.primitives import CURRENT, new_secret
from tests.people import CITY, COUNTY, FOUNDED, People, file_tip, signed_in

pytestmark = pytest.mark.django_db
NEW_PASSPHRASE = "春江水暖鸭先知 2026"


def _newcomer(people: People, roles: frozenset[str] = frozenset({"triager"})) -> Staff:
    invitation = invite_staff(actor=people.sysadmin, username="newcomer", display_name="新同事", organ=CITY)
    staff = join(username="newcomer", code=invitation.code, passphrase=NEW_PASSPHRASE)
    return set_roles(actor=people.secadmin, staff=staff, roles=roles)


def _in(staff: Staff) -> SignedIn:
    row = current_personal_key(key_owner(staff))
    assert row is not None
    return acting(staff, Keyring(open_personal_key(row, NEW_PASSPHRASE)))


def _read_aloud(staff: Staff) -> str:
    """The fingerprint as the newcomer's own page shows it."""
    return own_fingerprint(_in(staff)) or ""


def test_newcomer_reads_nothing_until_admitted(people: People) -> None:
    report = Report.objects.get(pk=file_tip().report)
    staff = _newcomer(people)
    assert open_original(report, _in(staff).keyring) is None

    waiting = waiting_for(people.triager)
    admit(actor=people.triager, staff=staff, compared=_read_aloud(staff))

    assert [(one.staff.username, one.purposes) for one in waiting] == [("newcomer", ("triage",))]
    assert open_original(report, _in(staff).keyring) is not None
    assert waiting_for(people.triager) == []


@pytest.mark.parametrize("name", ["clerk", "handler", "custodian", "verifier", "sysadmin"])
def test_admit_without_the_key_is_refused(people: People, name: str) -> None:
    staff = _newcomer(people)

    with pytest.raises((Invalid, NotFound)):
        admit(actor=getattr(people, name), staff=staff, compared=_read_aloud(staff))


def test_admit_colleague_of_other_organ_is_not_found(people: People) -> None:
    staff = _newcomer(people)

    with pytest.raises(NotFound):
        admit(actor=people.triager_county, staff=staff, compared=_read_aloud(staff))


def test_roles_taken_away_take_the_key_away(people: People) -> None:
    report = Report.objects.get(pk=file_tip().report)
    staff = _newcomer(people)
    admit(actor=people.triager, staff=staff, compared=_read_aloud(staff))

    set_roles(actor=people.secadmin, staff=staff, roles=frozenset({"clerk"}))

    assert open_original(report, _in(staff).keyring) is None


def test_closed_account_loses_its_grants(people: People) -> None:
    report = Report.objects.get(pk=file_tip().report)
    staff = _newcomer(people)
    admit(actor=people.triager, staff=staff, compared=_read_aloud(staff))
    row = current_personal_key(key_owner(staff))
    assert row is not None
    personal = open_personal_key(row, NEW_PASSPHRASE)

    close_account(actor=people.sysadmin, staff=staff)

    assert open_original(report, Keyring(personal)) is None
    assert current_personal_key(key_owner(staff)) is None


@pytest.mark.parametrize("apart", APART_ROLES)
@pytest.mark.parametrize("other", ROLES)
def test_roles_apart_cannot_be_combined_even_by_sql(people: People, apart: str, other: str) -> None:
    if apart == other:
        return
    staff = signed_in("clerk").staff

    with pytest.raises(IntegrityError), transaction.atomic():
        Staff.objects.filter(pk=staff.pk).update(**{"clerk": False, apart: True, other: True})


def test_roles_forbidden_mix_is_explained(people: People) -> None:
    staff = signed_in("clerk").staff

    with pytest.raises(Invalid) as refusal:
        set_roles(actor=people.secadmin, staff=staff, roles=frozenset({"custodian", "triager"}))

    assert "单独设置" in refusal.value.fields["roles"]


def test_roles_nobody_sets_their_own_and_only_secadmins_set(people: People) -> None:
    with pytest.raises(Forbidden):
        set_roles(actor=people.secadmin, staff=people.secadmin.staff, roles=frozenset({"triager"}))
    for name in ("sysadmin", "auditor", "leader", "supervisor"):
        with pytest.raises(Forbidden):
            set_roles(actor=getattr(people, name), staff=signed_in("clerk").staff, roles=frozenset())


def test_invite_only_sysadmins_and_only_unused_names(people: People) -> None:
    with pytest.raises(Forbidden):
        invite_staff(actor=people.secadmin, username="x", display_name="x", organ=CITY)
    with pytest.raises(Invalid):
        invite_staff(actor=people.sysadmin, username="triager", display_name="x", organ=CITY)
    with pytest.raises(Invalid):
        invite_staff(actor=people.sysadmin, username="x", display_name="x", organ="999999")


def test_join_code_works_once_and_for_a_week(people: People) -> None:
    invitation = invite_staff(
        actor=people.sysadmin, username="newcomer", display_name="新同事", organ=COUNTY, now=FOUNDED
    )
    late = FOUNDED + dt.timedelta(days=8)

    for code, passphrase, when in (
        ("wrong", NEW_PASSPHRASE, FOUNDED),
        (invitation.code, "short", FOUNDED),
        (invitation.code, NEW_PASSPHRASE, late),
    ):
        with pytest.raises(Invalid):
            join(username="newcomer", code=code, passphrase=passphrase, now=when)
    join(username="newcomer", code=invitation.code, passphrase=NEW_PASSPHRASE, now=FOUNDED)
    with pytest.raises(Invalid):
        join(username="newcomer", code=invitation.code, passphrase=NEW_PASSPHRASE, now=FOUNDED)


def test_admit_key_swapped_after_comparing_is_refused(people: People) -> None:
    staff = _newcomer(people)
    compared = _read_aloud(staff)
    other = CURRENT.public_half(new_secret())
    row = VaultKey.objects.filter(owner=key_owner(staff))
    row.update(sealing_public=other.sealing, certifying_public=other.certifying)

    assert waiting_for(people.leader)[0].fingerprint != compared
    with pytest.raises(Invalid, match="指纹"):
        admit(actor=people.leader, staff=staff, compared=compared)


def test_own_fingerprint_is_of_the_key_the_passphrase_opened(people: People) -> None:
    newcomer = _in(_newcomer(people))
    before = own_fingerprint(newcomer)
    other = CURRENT.public_half(new_secret())
    row = VaultKey.objects.filter(owner=key_owner(newcomer.staff))
    row.update(sealing_public=other.sealing, certifying_public=other.certifying)

    assert own_fingerprint(newcomer) == before


def test_roles_without_the_key_see_and_do_nothing(people: People) -> None:
    report = file_tip().report
    newcomer = _in(_newcomer(people, frozenset({"leader", "moderator"})))

    assert newcomer.staff.roles == frozenset()
    assert newcomer.waiting == frozenset({"leader", "moderator"})
    assert visible_to(newcomer.staff).filter(pk=report).count() == 0


def test_special_office_is_staffed_by_nobody_else(people: People) -> None:
    with pytest.raises(Invalid):
        invite_staff(actor=people.sysadmin, username="mole", display_name="x", organ="510000D")

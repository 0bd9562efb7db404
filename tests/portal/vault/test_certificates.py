"""Keys are only sealed to when a chain of signatures leads to the pinned root; grants must prove true."""

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from portal.accounts.signed_in import key_owner, key_path
from portal.common.errors import NotReady
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key, certified_keys, verify
from portal.vault.keyring import Keyring
from portal.vault.keys import certify, grant, make_key, open_grant
from portal.vault.models import Grant, VaultKey
from portal.vault.primitives import CURRENT, Tampered, new_secret, pack
from tests.people import CITY, COUNTY, FOUNDED, PROVINCE, People

pytestmark = pytest.mark.django_db
under_both_suites = pytest.mark.usefixtures("suite")


def _row(organ: str, purpose: str = "triage") -> VaultKey:
    return VaultKey.objects.get(path=key_path(organ_tree(), organ), purpose=purpose)


@pytest.mark.parametrize("organ", [PROVINCE, CITY, COUNTY, "510000D", "outside"])
@pytest.mark.parametrize("purpose", ["triage", "custody", "oversight"])
def test_certified_every_organ_key_reaches_the_root(house: None, organ: str, purpose: str) -> None:
    key = certified_key(key_path(organ_tree(), organ), purpose)

    assert (key.path, key.purpose) == (key_path(organ_tree(), organ), purpose)


def test_certified_two_proved_keys_cost_one_query(
    house: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = key_path(organ_tree(), COUNTY)
    certified_keys([(path, "triage"), (path, "custody")])

    with django_assert_num_queries(1):
        certified_keys([(path, "triage"), (path, "custody")])


def test_certified_swapped_public_half_is_refused(house: None) -> None:
    other = _row("510700")
    VaultKey.objects.filter(pk=_row(CITY).pk).update(sealing_public=other.sealing_public)

    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), CITY), "triage")


def test_certified_swapped_whole_row_is_refused(house: None) -> None:
    other = _row("510700")
    VaultKey.objects.filter(pk=_row(CITY).pk).update(
        sealing_public=other.sealing_public,
        certifying_public=other.certifying_public,
        certificate=other.certificate,
    )

    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), CITY), "triage")


def test_certified_superseded_key_is_not_used(house: None) -> None:
    VaultKey.objects.filter(pk=_row(CITY).pk).update(superseded_at=FOUNDED)

    with pytest.raises(NotReady):
        certified_key(key_path(organ_tree(), CITY), "triage")


@under_both_suites
def test_certified_county_cannot_vouch_for_its_city(people: People) -> None:
    county = people.supervisor_county.keyring.holding(COUNTY, "oversight")
    assert county is not None
    city = _row(CITY)
    certify(city, county)

    with pytest.raises(Tampered):
        certified_key(city.path, "triage")


@under_both_suites
def test_certified_county_cannot_vouch_for_a_city_below_itself(people: People) -> None:
    county = people.supervisor_county.keyring.holding(COUNTY, "oversight")
    assert county is not None
    VaultKey.objects.filter(pk=_row(CITY).pk).update(superseded_at=FOUNDED)
    forged = make_key(
        path=f"{county.path}/{CITY}", purpose="triage", issuer=county, now=FOUNDED, generation=2
    )

    with pytest.raises(Tampered):
        verify(VaultKey.objects.get(pk=forged.id))


@override_settings(YANLU_ROOT_FINGERPRINT="00" * 32)
def test_certified_other_root_is_refused(house: None) -> None:
    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), CITY), "triage")


@override_settings(YANLU_DEMO=False)
def test_certified_demo_root_never_serves_a_real_vault(house: None) -> None:
    with pytest.raises(Tampered):
        certified_key(key_path(organ_tree(), CITY), "triage")


@under_both_suites
def test_grant_forged_seed_does_not_open(people: People) -> None:
    person = people.triager
    row = Grant.objects.get(key=_row(CITY), to_id=person.keyring.personal.id)
    message = pack("yanlu-grant-1", row.key_id.bytes, row.to_id.bytes, 1, new_secret())
    sealed = CURRENT.seal(person.keyring.personal.public.sealing, message)
    Grant.objects.filter(pk=row.pk).update(sealed=sealed)

    with pytest.raises(Tampered):
        open_grant(Grant.objects.get(pk=row.pk), person.keyring.personal)
    assert Keyring(person.keyring.personal).holding(CITY, "triage") is None


def test_grant_relabelled_for_other_key_does_not_open(people: People) -> None:
    person = people.triager_county
    row = Grant.objects.get(key=_row(COUNTY), to_id=person.keyring.personal.id)
    Grant.objects.filter(pk=row.pk).update(key=_row(CITY))

    assert Keyring(person.keyring.personal).key(_row(CITY).pk) is None


@under_both_suites
def test_grant_to_swapped_personal_key_is_refused(people: People) -> None:
    triage = people.triager.keyring.holding(CITY, "triage")
    assert triage is not None
    mine = VaultKey.objects.get(owner=key_owner(people.leader.staff))
    VaultKey.objects.filter(pk=mine.pk).update(sealing_public=CURRENT.public_half(new_secret()).sealing)

    with pytest.raises(Tampered):
        grant(triage, verify(VaultKey.objects.get(pk=mine.pk)), now=FOUNDED)


def test_grants_never_run_down_or_sideways(house: None) -> None:
    tree = organ_tree()
    for row in Grant.objects.select_related("key", "to"):
        giver, taker = row.key.path, row.to.path
        if row.to.purpose == "personal":
            assert taker.rpartition("/")[0] == giver
        elif row.to.purpose == "root":
            assert giver == "outside"
        else:
            from_organ, to_organ = giver.rpartition("/")[2], taker.rpartition("/")[2]
            assert tree.is_strictly_above(to_organ, from_organ)
            assert tree.node(from_organ).kind == "procuratorate"

"""Any flipped bit in a certificate, a grant, a half of a split key or a passphrase lock fails closed."""

import uuid
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.signed_in import SignedIn, key_path
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key, verify
from portal.vault.items import Binding, SealedDraft, seal_split
from portal.vault.keyring import Keyring
from portal.vault.keys import certify, grant, open_grant
from portal.vault.locks import make_personal_key, open_personal_key
from portal.vault.models import Grant, PassphraseLock, VaultKey
from portal.vault.primitives import CURRENT, Tampered, pack, suite_of, unpack, xor
from tests.people import CITY, COUNTY, FOUNDED, PROVINCE, People, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("suite")]
FLIPPING = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
BIT = st.integers(0, 2**16)


def _flipped(blob: bytes, bit: int) -> bytes:
    changed = bytearray(blob)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


def _flipped_text(text: str, bit: int) -> str:
    """Another text of the same length; the lowest four bits keep it printable."""
    at = bit // 4 % len(text)
    return text[:at] + chr(ord(text[at]) ^ (1 << bit % 4)) + text[at + 1 :]


def _changed(value: Any, bit: int) -> Any:
    return _flipped_text(value, bit) if isinstance(value, str) else _flipped(bytes(value), bit)


def _key(organ: str, purpose: str = "triage") -> VaultKey:
    return VaultKey.objects.select_related("issuer__issuer__issuer").get(
        path=key_path(organ_tree(), organ), purpose=purpose
    )


# --- certificates -------------------------------------------------------------------------------------


@pytest.fixture
def certified(people: People, suite: int) -> None:
    """The certificates of the county's triage key and of the one above it, signed anew with the suite."""
    for key, above, supervisor in (
        (_key(COUNTY), CITY, people.supervisor),
        (_key(CITY, "oversight"), PROVINCE, people.supervisor_province),
        (_key(CITY), PROVINCE, people.supervisor_province),
    ):
        issuer = supervisor.keyring.holding(above, "oversight")
        assert issuer is not None
        certify(key, issuer)
        assert bytes(key.certificate or b"")[0] == suite


@FLIPPING
@given(
    field=st.sampled_from(["certificate", "sealing_public", "certifying_public", "path"]),
    step=st.integers(0, 2),
    bit=BIT,
)
def test_certificate_any_flipped_bit_on_the_way_up_is_refused(
    certified: None, field: str, step: int, bit: int
) -> None:
    key = _key(COUNTY)
    assert verify(key).path == key.path
    link = key
    for _ in range(step):  # the key itself, its issuer, the issuer's issuer
        assert link.issuer is not None
        link = link.issuer
    value = getattr(link, field)
    setattr(
        link, field, _flipped_text(value, bit) if field in {"owner", "path"} else _flipped(bytes(value), bit)
    )

    with pytest.raises(Tampered):
        verify(key)


@FLIPPING
@given(
    field=st.sampled_from(["certificate", "sealing_public", "certifying_public"]),
    bit=BIT,
)
def test_certificate_flipped_in_the_table_seals_nothing(certified: None, field: str, bit: int) -> None:
    key = _key(CITY)
    true = bytes(getattr(key, field))
    assert certified_key(key.path, "triage").id == key.id  # proved once; the change must be seen all the same

    VaultKey.objects.filter(pk=key.pk).update(**{field: _flipped(true, bit)})

    with pytest.raises(Tampered):
        certified_key(key.path, "triage")
    VaultKey.objects.filter(pk=key.pk).update(**{field: true})


@pytest.mark.parametrize(
    ("field", "value"), [("generation", 2), ("suite", "other"), ("suite", 9), ("purpose", "custody")]
)
def test_certificate_other_number_or_purpose_is_refused(certified: None, field: str, value: object) -> None:
    key = _key(COUNTY)
    assert verify(key).path == key.path
    setattr(key, field, 3 - key.suite if value == "other" else value)

    with pytest.raises(Tampered):
        verify(key)


# --- grants -------------------------------------------------------------------------------------------


@pytest.fixture
def triager(people: People, suite: int) -> SignedIn:
    """Who holds the city's triage key by a grant sealed anew with the suite."""
    personal = people.triager.keyring.personal
    key = people.triager.keyring.key(_key(CITY).pk)
    assert key is not None
    Grant.objects.filter(key_id=key.id, to_id=personal.id).delete()
    made = grant(key, verify(VaultKey.objects.get(pk=personal.id)), now=FOUNDED)
    assert bytes(made.sealed)[0] == suite
    return signed_in("triager")


@FLIPPING
@given(bit=BIT)
def test_grant_any_flipped_bit_of_the_box_does_not_open(triager: SignedIn, bit: int) -> None:
    personal, row = triager.keyring.personal, _grant(triager)
    assert open_grant(row, personal).id == row.key_id
    row.sealed = _flipped(bytes(row.sealed), bit)

    with pytest.raises(Tampered):
        open_grant(row, personal)


@FLIPPING
@given(bit=BIT)
def test_grant_any_flipped_bit_of_the_message_does_not_open(triager: SignedIn, bit: int) -> None:
    """Whoever can seal to the holder cannot change one bit of what a grant says."""
    personal, row = triager.keyring.personal, _grant(triager)
    message = suite_of(bytes(row.sealed)).unseal(personal.private, bytes(row.sealed))
    row.sealed = CURRENT.seal(personal.public.sealing, _flipped(message, bit))

    with pytest.raises(Tampered):
        open_grant(row, personal)


@FLIPPING
@given(bit=BIT)
def test_grant_flipped_in_the_table_leads_to_no_key(triager: SignedIn, bit: int) -> None:
    personal, row = triager.keyring.personal, _grant(triager)
    true = bytes(row.sealed)

    Grant.objects.filter(pk=row.pk).update(sealed=_flipped(true, bit))

    assert Keyring(personal).key(row.key_id) is None
    Grant.objects.filter(pk=row.pk).update(sealed=true)
    assert Keyring(personal).key(row.key_id) is not None


@pytest.mark.parametrize("number", ["other", 9])
def test_grant_of_a_key_relabelled_to_another_suite_does_not_open(triager: SignedIn, number: object) -> None:
    row = _grant(triager)
    row.key.suite = 3 - row.key.suite if number == "other" else 9

    with pytest.raises(Tampered):
        open_grant(row, triager.keyring.personal)


def _grant(person: SignedIn) -> Grant:
    return Grant.objects.select_related("key").get(
        key=_key(CITY), to_id=person.keyring.personal.id, revoked_at=None
    )


# --- halves of a split key ----------------------------------------------------------------------------

Openers = dict[str, SignedIn]
BINDING = Binding("intake_report", uuid.UUID(int=7), "identity")


@pytest.fixture
def openers(people: People) -> Openers:
    """Who opens which half."""
    return {"custody_half": people.custodian, "holder_half": people.triager}


def _split() -> SealedDraft:
    path = key_path(organ_tree(), CITY)
    return seal_split(
        b"who it is",
        purpose="identity",
        binding=BINDING,
        custody=certified_key(path, "custody"),
        holder=certified_key(path, "triage"),
    )


def _halves(draft: SealedDraft, openers: Openers) -> list[bytes]:
    """Both halves as custodian and triager would open them. Raises `Tampered`."""
    halves = []
    for envelope in draft.envelopes:
        person = openers[envelope.share]
        assert envelope.recipient_id is not None
        key = person.keyring.key(envelope.recipient_id)
        assert key is not None
        halves.append(unpack(suite_of(bytes(envelope.sealed)).unseal(key.private, bytes(envelope.sealed)))[1])
    return halves


def _opened(draft: SealedDraft, halves: list[bytes]) -> bytes:
    ciphertext = bytes(draft.item.ciphertext)
    place = (BINDING.table, BINDING.row.bytes, BINDING.field, b"")
    context = pack("yanlu-item-1", "identity", draft.item.id.bytes, *place)
    return suite_of(ciphertext).decrypt(xor(*halves), ciphertext, context)[8:17]


@FLIPPING
@given(half=st.integers(0, 1), bit=BIT)
def test_split_any_flipped_bit_of_an_envelope_does_not_open(openers: Openers, half: int, bit: int) -> None:
    draft = _split()
    assert _opened(draft, _halves(draft, openers)) == b"who it is"
    envelope = draft.envelopes[half]
    envelope.sealed = _flipped(bytes(envelope.sealed), bit)

    with pytest.raises(Tampered):
        _halves(draft, openers)


@FLIPPING
@given(half=st.integers(0, 1), bit=BIT)
def test_split_any_flipped_bit_of_a_half_gives_no_key(openers: Openers, half: int, bit: int) -> None:
    draft = _split()
    halves = _halves(draft, openers)
    halves[half] = _flipped(halves[half], bit)

    with pytest.raises(Tampered):
        _opened(draft, halves)


# --- passphrase locks ---------------------------------------------------------------------------------


@FLIPPING
@given(
    field=st.sampled_from(["locked_seed", "salt", "sealing_public", "certifying_public", "owner"]),
    bit=BIT,
)
@override_settings(YANLU_ARGON2_KIB=8)
def test_lock_any_flipped_bit_does_not_open(personal: VaultKey, field: str, bit: int) -> None:
    lock = PassphraseLock.objects.select_related("key").get(key=personal)
    row: Any = lock if field in {"locked_seed", "salt"} else lock.key
    assert open_personal_key(lock.key, PASSPHRASE).id == personal.id
    value = getattr(row, field)
    setattr(
        row, field, _flipped_text(value, bit) if field in {"owner", "path"} else _flipped(bytes(value), bit)
    )

    with pytest.raises(Tampered):
        open_personal_key(lock.key, PASSPHRASE)


@pytest.mark.parametrize("number", ["other", 9])
def test_lock_of_a_key_relabelled_to_another_suite_does_not_open(personal: VaultKey, number: object) -> None:
    assert open_personal_key(personal, PASSPHRASE).suite == personal.suite
    personal.suite = 3 - personal.suite if number == "other" else 9

    with pytest.raises(Tampered):
        open_personal_key(personal, PASSPHRASE)


@FLIPPING
@given(bit=BIT)
@override_settings(YANLU_ARGON2_KIB=8)
def test_lock_any_flipped_bit_of_the_passphrase_does_not_open(personal: VaultKey, bit: int) -> None:
    with pytest.raises(Tampered):
        open_personal_key(personal, _flipped_text(PASSPHRASE, bit))


@pytest.fixture
def personal(house: None, suite: int) -> VaultKey:
    """Somebody's key under the usual passphrase."""
    opened = make_personal_key(path="510000/510100/staff:x", passphrase=PASSPHRASE, now=FOUNDED)
    assert opened.suite == suite
    return VaultKey.objects.select_related("lock").get(pk=opened.id)

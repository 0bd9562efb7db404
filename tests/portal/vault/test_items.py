"""Sealed items fail closed: any flipped bit, moved row, other recipient or other key opens nothing."""

import secrets
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.signed_in import SignedIn, key_path
from portal.organs.queries import organ_tree
from portal.vault.certificates import CertifiedKey, certified_key
from portal.vault.items import (
    Binding,
    ThreadRecipient,
    can_open,
    open_item,
    reseal_item,
    seal_item,
    seal_split,
    share_item,
)
from portal.vault.models import Envelope, SealedItem
from portal.vault.primitives import SODIUM, Tampered
from portal.vault.receipts import ThreadKey
from tests.people import CITY, COUNTY, People

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("suite")]


def _triage(organ: str) -> CertifiedKey:
    return certified_key(key_path(organ_tree(), organ), "triage")


def _sealed(
    text: bytes = b"secret", organ: str = CITY, row: uuid.UUID | None = None
) -> tuple[SealedItem, Binding]:
    binding = Binding("intake_report", row or uuid.uuid4(), "original")
    item = seal_item(text, purpose="original", binding=binding, recipients=[_triage(organ)]).save()
    return item, binding


def _open(item: SealedItem, binding: Binding, person: SignedIn, purpose: str = "original") -> bytes:
    fresh = SealedItem.objects.get(pk=item.pk)
    return open_item(fresh, purpose=purpose, binding=binding, opener=person.keyring)


def test_item_holder_opens(people: People) -> None:
    item, binding = _sealed("原文".encode())

    assert _open(item, binding, people.triager) == "原文".encode()


def test_item_names_its_suite_in_ciphertext_and_envelope(house: None, suite: int) -> None:
    item, _ = _sealed()

    assert bytes(item.ciphertext)[0] == bytes(item.envelopes.get().sealed)[0] == suite


def test_item_supervisor_above_opens(people: People) -> None:
    item, binding = _sealed(organ=COUNTY)

    assert _open(item, binding, people.supervisor) == b"secret"


@pytest.mark.parametrize(
    "name",
    ["triager_county", "leader_county", "supervisor_county", "clerk", "handler", "custodian", "sysadmin"],
)
def test_item_others_cannot_open(people: People, name: str) -> None:
    item, binding = _sealed()

    with pytest.raises(Tampered):
        _open(item, binding, getattr(people, name))


def test_item_moved_to_other_row_fails(people: People) -> None:
    item, binding = _sealed()
    other = Binding(binding.table, uuid.uuid4(), binding.field)

    with pytest.raises(Tampered):
        _open(item, other, people.triager)


def test_item_moved_to_other_field_fails(people: People) -> None:
    item, binding = _sealed()

    with pytest.raises(Tampered):
        _open(item, Binding(binding.table, binding.row, "identity"), people.triager)


def test_item_relabelled_purpose_fails(people: People) -> None:
    item, binding = _sealed()
    SealedItem.objects.filter(pk=item.pk).update(purpose="office_words")

    with pytest.raises(Tampered):
        _open(item, binding, people.triager, purpose="office_words")


def test_envelope_swapped_between_items_fails(people: People) -> None:
    one, binding = _sealed(b"one")
    two, _ = _sealed(b"two")
    Envelope.objects.filter(item=one).update(sealed=two.envelopes.get().sealed)

    with pytest.raises(Tampered):
        _open(one, binding, people.triager)


def test_ciphertext_swapped_between_items_fails(people: People) -> None:
    one, binding = _sealed(b"one")
    two, _ = _sealed(b"two")
    SealedItem.objects.filter(pk=one.pk).update(ciphertext=two.ciphertext)

    with pytest.raises(Tampered):
        _open(one, binding, people.triager)


def test_envelope_relabelled_recipient_fails(people: People) -> None:
    item, binding = _sealed(organ=CITY)
    Envelope.objects.filter(item=item).update(recipient_id=_triage(COUNTY).id)

    with pytest.raises(Tampered):
        _open(item, binding, people.triager_county)
    with pytest.raises(Tampered):
        _open(item, binding, people.triager)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_item_any_flipped_bit_fails(data: st.DataObject) -> None:
    people = People()
    item, binding = _sealed(b"secret")
    envelope = item.envelopes.get()
    field, blob = data.draw(
        st.sampled_from([("ciphertext", bytes(item.ciphertext)), ("sealed", bytes(envelope.sealed))])
    )
    position = data.draw(st.integers(0, len(blob) * 8 - 1))
    flipped = bytearray(blob)
    flipped[position // 8] ^= 1 << position % 8
    if field == "ciphertext":
        SealedItem.objects.filter(pk=item.pk).update(ciphertext=bytes(flipped))
    else:
        Envelope.objects.filter(pk=envelope.pk).update(sealed=bytes(flipped))

    with pytest.raises(Tampered):
        _open(item, binding, people.triager)


@given(text=st.binary(max_size=5000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_item_any_text_comes_back(text: bytes) -> None:
    item, binding = _sealed(text)

    assert _open(item, binding, People().triager) == text


def test_split_item_neither_half_opens(people: People) -> None:
    binding = Binding("intake_report", uuid.uuid4(), "identity")
    path = key_path(organ_tree(), CITY)
    item = seal_split(
        b"who",
        purpose="identity",
        binding=binding,
        custody=certified_key(path, "custody"),
        holder=certified_key(path, "triage"),
    ).save()

    for person in (people.custodian, people.triager, people.supervisor_province):
        with pytest.raises(Tampered):
            _open(item, binding, person, purpose="identity")


def test_thread_share_opens_for_its_report_only(people: People) -> None:
    report, seed = uuid.uuid4(), secrets.token_bytes(32)
    binding = Binding("intake_message", uuid.uuid4(), "item")
    thread = ThreadRecipient(report, SODIUM.public_half(seed).sealing)
    item = seal_item(
        b"words", purpose="office_words", binding=binding, recipients=[_triage(CITY)], thread=thread
    ).save()

    assert (
        open_item(item, purpose="office_words", binding=binding, opener=ThreadKey(report, seed)) == b"words"
    )
    for key in (ThreadKey(uuid.uuid4(), seed), ThreadKey(report, secrets.token_bytes(32))):
        with pytest.raises(Tampered):
            open_item(item, purpose="office_words", binding=binding, opener=key)


def test_share_adds_one_more_reader(people: People) -> None:
    item, binding = _sealed(organ=CITY)

    share_item(item, keyring=people.triager.keyring, recipient=_triage("510700"))
    share_item(item, keyring=people.triager.keyring, recipient=_triage("510700"))

    assert item.envelopes.count() == 2
    assert _open(item, binding, people.triager) == b"secret"


def test_reseal_takes_the_old_reader_away(people: People) -> None:
    item, binding = _sealed(organ=CITY)

    reseal_item(
        item,
        purpose="original",
        binding=binding,
        keyring=people.triager.keyring,
        recipients=[_triage("510000")],
    )

    assert _open(item, binding, people.triager_province) == b"secret"
    assert not can_open(SealedItem.objects.get(pk=item.pk), people.triager.keyring)

"""A house that changes its suite mid-life, in either direction and back: all that was made before opens."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import Settings

from moderation.triage.models import TriageItem
from moderation.triage.moving import lift
from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.audit.models import AuditHead
from portal.audit.queries import verify_all
from portal.common.clock import now
from portal.intake.actions import Receipt, post_office_message
from portal.intake.content import Identity, Subject, canonical_bytes
from portal.intake.forms_archive import current_form
from portal.intake.models import Report
from portal.intake.queries import open_messages, open_original, open_thread
from portal.intake.thread_actions import add_message, change_receipt
from portal.vault import purpose_keys
from portal.vault.certificates import certified_key, verify
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.keys import OpenKey, grant, make_key, make_root, open_grant
from portal.vault.locks import make_personal_key, open_personal_key
from portal.vault.models import Envelope, PurposeKey, VaultKey
from portal.vault.node_keys import node_key, unopened_node_keys
from portal.vault.proof import check_proof, public_keys
from portal.vault.purpose_keys import current_key, make_missing, unopened
from portal.vault.receipts import parsed, secrets_from_nonce
from portal.vault.session_key import lock_for_session, open_from_session
from tests.people import CITY, FOUNDED, PROVINCE, People, Tip, file_tip, hire, triage_key_of

pytestmark = pytest.mark.django_db
NONCE = bytes(range(16))


@dataclass(frozen=True)
class Switch:
    """From which suite to which."""

    before: int
    after: int


@pytest.fixture(params=[Switch(1, 2), Switch(2, 1)], ids=["to-sm", "to-sodium"])
def switch(request: pytest.FixtureRequest, settings: Settings) -> Switch:
    """Begins in the first of the two; `settings.YANLU_SUITE = switch.after` switches."""
    given: Switch = request.param
    settings.YANLU_SUITE = given.before
    return given


@pytest.fixture
def colleague(switch: Switch, people: People) -> SignedIn:
    """A triager of the city whose key, lock, certificate and grant are the first suite's."""
    return hire("triager-old", organ=CITY, role="triager", by=triage_key_of(CITY, people))


def _signed_in(staff: SignedIn) -> SignedIn:
    """The colleague again, by nothing but username and passphrase."""
    row = current_personal_key(key_owner(staff.staff))
    assert row is not None
    return acting(staff.staff, Keyring(open_personal_key(row, PASSPHRASE)))


def _answer(receipt: Receipt, actor: SignedIn, text: str) -> None:
    with transaction.atomic():
        post_office_message(
            report=Report.objects.get(pk=receipt.report), actor=actor, text=text, act="reply", now=now()
        )


def _suites(report: Report) -> set[int]:
    """The suites of the original and of its envelopes."""
    blobs = [report.original.ciphertext, *(one.sealed for one in report.original.envelopes.all())]
    return {bytes(blob)[0] for blob in blobs}


# --- reports and their threads ------------------------------------------------------------------------


def test_switch_old_report_is_read_answered_and_followed(
    switch: Switch, colleague: SignedIn, settings: Settings
) -> None:
    receipt = file_tip()
    add_message(receipt=receipt.number, text="旧的补充")
    _answer(receipt, colleague, "旧的答复")

    settings.YANLU_SUITE = switch.after
    reader = _signed_in(colleague)
    add_message(receipt=receipt.number, text="新的补充")
    _answer(receipt, reader, "新的答复")

    report = Report.objects.get(pk=receipt.report)
    assert _suites(report) == {switch.before}
    assert open_original(report, reader.keyring) == Tip().content
    texts = [entry.text for entry in open_messages(report, reader.keyring)]
    assert texts == ["旧的补充", "旧的答复", "新的补充", "新的答复"]
    words = [entry.text for entry in open_thread(receipt.number).messages if entry.author == "office"]
    assert words == ["旧的答复", "新的答复"]
    settings.YANLU_SUITE = switch.before
    assert [entry.text for entry in open_messages(report, reader.keyring)] == texts


def test_switch_receipt_finds_its_report_and_a_retry_gets_the_same(
    switch: Switch, house: None, settings: Settings
) -> None:
    first = file_tip(nonce=NONCE)
    grown = secrets_from_nonce(NONCE)

    settings.YANLU_SUITE = switch.after

    assert file_tip(nonce=NONCE) == first
    assert Report.objects.count() == 1
    assert secrets_from_nonce(NONCE) == grown
    assert secrets_from_nonce(NONCE)[0].thread_public == bytes(Report.objects.get().thread_public)


def test_switch_changed_receipt_takes_the_old_words_along(
    switch: Switch, colleague: SignedIn, settings: Settings
) -> None:
    receipt = file_tip()
    _answer(receipt, colleague, "旧的答复")

    settings.YANLU_SUITE = switch.after
    changed = change_receipt(receipt=receipt.number, nonce=secrets.token_bytes(16))

    assert [entry.text for entry in open_thread(changed).messages] == ["旧的答复"]
    (share,) = Envelope.objects.filter(share="thread")
    assert bytes(share.sealed)[0] == switch.after


def test_switch_lifted_report_is_sealed_anew_with_the_new_suite(
    switch: Switch, colleague: SignedIn, people: People, settings: Settings
) -> None:
    receipt = file_tip(identity=Identity(name="李某", phone="13800000000"))
    _answer(receipt, colleague, "旧的答复")

    settings.YANLU_SUITE = switch.after
    lift(
        actor=_signed_in(colleague),
        item_id=receipt.report,
        version=TriageItem.objects.get(pk=receipt.report).version,
        subjects=[Subject(name="赵某", organ=CITY)],
        now=now(),
    )

    report = Report.objects.get(pk=receipt.report)
    assert report.holder_id == PROVINCE
    assert _suites(report) == {switch.after}
    assert open_original(report, people.triager_province.keyring) == Tip().content
    assert report.identity is not None
    halves = {one.share: bytes(one.sealed)[0] for one in report.identity.envelopes.all()}
    assert halves == {"custody_half": switch.before, "holder_half": switch.after}
    assert open_thread(receipt.number).messages[0].text == "旧的答复"


def test_switch_old_proof_is_checked_and_new_ones_look_the_same(
    switch: Switch, house: None, settings: Settings
) -> None:
    canonical = canonical_bytes(kind="tip", organ=CITY, form=current_form("tip"), content=Tip().content)
    old, published = file_tip(), public_keys()

    settings.YANLU_SUITE = switch.after
    new = file_tip()

    assert public_keys() == published
    for receipt in (old, new):
        digits = parsed(receipt.number)
        assert digits is not None
        assert check_proof(receipt.proof, digits=digits, canonical=canonical).key_version == 1


# --- keys ---------------------------------------------------------------------------------------------


@contextmanager
def _real_house() -> Iterator[tuple[OpenKey, OpenKey, OpenKey]]:
    """Root, a province's oversight key and a city's triage key, made with whatever suite is set."""
    with override_settings(YANLU_DEMO=False):
        root, fingerprint = make_root(path="root", now=FOUNDED)
        with override_settings(YANLU_ROOT_FINGERPRINT=fingerprint):
            oversight = make_key(path="one", purpose="oversight", issuer=root, now=FOUNDED)
            yield root, oversight, make_key(path="one/two", purpose="triage", issuer=oversight, now=FOUNDED)


def _row(key: OpenKey) -> VaultKey:
    return VaultKey.objects.select_related("issuer", "lock").get(pk=key.id)


def test_switch_old_certificates_lead_to_the_root(switch: Switch, settings: Settings) -> None:
    with _real_house() as keys:
        settings.YANLU_SUITE = switch.after

        assert {_row(key).suite for key in keys} == {switch.before}
        assert bytes(_row(keys[2]).certificate or b"")[0] == switch.before
        assert certified_key("one/two", "triage").public == keys[2].public


def test_switch_old_key_vouches_for_new_ones_and_is_granted_to_them(
    switch: Switch, settings: Settings
) -> None:
    with _real_house() as (_, oversight, triage):
        old_grant = grant(triage, verify(_row(oversight)), now=FOUNDED)
        settings.YANLU_SUITE = switch.after
        new = make_key(path="one/new", purpose="triage", issuer=oversight, now=FOUNDED)
        new_grant = grant(new, verify(_row(oversight)), now=FOUNDED)

        assert (_row(new).suite, bytes(_row(new).certificate or b"")[0]) == (switch.after, switch.after)
        assert verify(_row(new)).public == new.public
        assert [bytes(one.sealed)[0] for one in (old_grant, new_grant)] == [switch.before, switch.after]
        assert [open_grant(one, oversight).seed for one in (old_grant, new_grant)] == [triage.seed, new.seed]
        settings.YANLU_SUITE = switch.before
        assert open_grant(new_grant, oversight).public == new.public


def test_switch_next_generation_of_a_key_is_the_new_suites(switch: Switch, settings: Settings) -> None:
    with _real_house() as (_, oversight, triage):
        settings.YANLU_SUITE = switch.after
        VaultKey.objects.filter(pk=triage.id).update(superseded_at=FOUNDED)
        new = make_key(path="one/two", purpose="triage", issuer=oversight, now=FOUNDED, generation=2)
        grant(triage, verify(_row(new)), now=FOUNDED)

        assert (triage.suite, new.suite) == (switch.before, switch.after)
        assert certified_key("one/two", "triage").public == new.public
        assert Keyring(new).holding("two", "triage") == triage


def test_switch_old_passphrase_lock_opens(switch: Switch, db: None, settings: Settings) -> None:
    made = make_personal_key(path="one/staff:x", passphrase=PASSPHRASE, now=FOUNDED)
    settings.YANLU_SUITE = switch.after

    assert bytes(_row(made).lock.locked_seed)[0] == switch.before
    assert open_personal_key(_row(made), PASSPHRASE) == made


def test_switch_open_session_goes_on(switch: Switch, db: None, settings: Settings) -> None:
    made = make_personal_key(path="one/staff:x", passphrase=PASSPHRASE, now=FOUNDED)
    stored, cookie = lock_for_session(made, "session")
    settings.YANLU_SUITE = switch.after

    assert open_from_session(stored, cookie, session_id="session", key=_row(made)) == made


def test_switch_browser_stays_signed_in(switch: Switch, colleague: SignedIn, settings: Settings) -> None:
    client, url = Client(), "/api/v1/desk/session"
    body = json.dumps({"username": "triager-old", "password": PASSPHRASE})
    assert client.post(url, body, content_type="application/json").status_code == 200
    report = file_tip().report

    settings.YANLU_SUITE = switch.after

    answer = client.get(f"/api/v1/desk/queue/{report}")
    assert (answer.status_code, answer.json()["content"]) == (200, Tip().content.text)


# --- the node's own keys ------------------------------------------------------------------------------


def test_switch_node_and_purpose_keys_open(
    switch: Switch, house: None, settings: Settings, tmp_path: Path
) -> None:
    settings.YANLU_DATA_DIR = tmp_path
    PurposeKey.objects.filter(purpose="device").delete()
    make_missing(now=FOUNDED)
    device, of_the_day = current_key("device"), node_key(now())

    settings.YANLU_SUITE = switch.after
    purpose_keys._keep_only([])

    assert bytes(PurposeKey.objects.get(purpose="device").wrapped)[0] == switch.before
    assert (current_key("device"), node_key(now())) == (device, of_the_day)
    assert (unopened(), unopened_node_keys()) == ([], [])


def test_switch_chain_of_the_log_goes_on(switch: Switch, house: None, settings: Settings) -> None:
    file_tip()
    settings.YANLU_SUITE = switch.after
    file_tip()

    count, broken = verify_all(frozenset({CITY}))

    assert (count, broken) == (AuditHead.objects.count(), [])

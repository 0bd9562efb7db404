"""A lead whose report moves above its organ goes out of that organ's sight and, once lifted, of its reach."""

import pytest

from moderation.ledger.models import Lead
from moderation.ledger.queries import visible_to
from moderation.ledger.text import open_text
from moderation.triage.actions import decide, lift
from moderation.triage.models import TriageItem
from portal.intake.content import Subject
from portal.intake.thread_actions import add_message
from portal.vault.keyring import Keyring
from tests.moderation.triage.items import LATER, again, filed
from tests.people import CITY, People, file_tip
from tests.rest import Rest

pytestmark = pytest.mark.django_db


def _lead_of(item: TriageItem, people: People) -> Lead:
    decide(actor=people.triager, item_id=item.pk, version=item.version, outcome="lead", now=LATER)
    return Lead.objects.get(report_id=item.pk)


def test_lead_is_concealed_when_a_follow_up_names_its_organ(people: People) -> None:
    receipt = file_tip()
    lead = _lead_of(TriageItem.objects.get(pk=receipt.report), people)
    assert visible_to(people.triager.staff).count() == 1

    add_message(receipt=receipt.number, text="成都市检察院的人也参与了")

    assert visible_to(people.triager.staff).count() == 0
    assert Rest("leader").get(f"ledger/leads/{lead.pk}").status_code == 404


def test_lead_lifted_away_no_longer_opens_for_its_organ(people: People) -> None:
    item = filed()
    lead = _lead_of(item, people)
    item = again(item)

    lift(
        actor=people.triager,
        item_id=item.pk,
        version=item.version,
        subjects=[Subject(name="钱某", organ=CITY)],
        now=LATER,
    )

    lead = Lead.objects.get(pk=lead.pk)
    assert open_text(lead, Keyring(people.triager.keyring.personal)) is None
    assert open_text(lead, people.triager_province.keyring) is not None
    assert visible_to(people.leader.staff).count() == 0


def test_urgent_words_in_a_later_message_raise_the_item(people: People) -> None:
    receipt = file_tip()
    assert not TriageItem.objects.get(pk=receipt.report).urgent

    add_message(receipt=receipt.number, text="再不管我今晚就从楼上跳下去自杀")

    assert TriageItem.objects.get(pk=receipt.report).urgent

"""Hold and void: junk takes two people, is stored all the same, and can be undone."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from moderation.triage.actions import open_item, void
from moderation.triage.models import TriageItem
from moderation.triage.notes import open_notes
from portal.common.errors import Invalid
from portal.intake.queries import open_original
from portal.intake.thread_actions import withdraw
from tests.moderation.triage.items import EVEN_LATER, LATER, again, filed, held, item_in, item_of, report_of
from tests.people import People, file_tip


def test_a_moderator_opens_what_was_held(people: People) -> None:
    item = held()

    item = open_item(actor=people.moderator, item_id=item.pk, version=item.version, now=LATER)

    assert (item.state, item.version, report_of(item).status) == ("open", 2, "submitted")


def test_proposing_to_void_needs_a_reason(people: People) -> None:
    item = filed()

    with pytest.raises(Invalid) as refused:
        void(actor=people.moderator, item_id=item.pk, version=item.version, reason=" ", now=LATER)

    assert refused.value.fields == {"reason": "请说明理由。"}


def test_the_proposer_cannot_confirm_and_another_can(people: People) -> None:
    item = void(actor=people.moderator, item_id=filed().pk, version=1, reason="整段广告", now=LATER)

    with pytest.raises(Invalid):
        void(actor=people.moderator, item_id=item.pk, version=item.version, now=LATER)
    item = void(actor=people.moderator2, item_id=item.pk, version=item.version, now=LATER)

    assert (item.state, item.void_proposed_by, item.voided_by) == (
        "void",
        people.moderator.staff,
        people.moderator2.staff,
    )


def test_the_reason_is_sealed_and_readable_to_the_house(people: People) -> None:
    item = void(actor=people.moderator, item_id=filed().pk, version=1, reason="整段广告", now=LATER)

    read = [(note.kind, note.author, note.text) for note in open_notes(item, people.triager.keyring)]

    assert read == [("void", "moderator", "整段广告")]
    assert open_notes(item, people.triager_county.keyring) == []


def test_what_is_void_is_stored_and_owed_nothing_until_it_is_undone(people: People) -> None:
    item = item_in("void", people)
    before = report_of(item)
    assert before.reply_due is None
    assert open_original(before, people.triager.keyring) is not None

    item = open_item(actor=people.moderator, item_id=item.pk, version=item.version, now=EVEN_LATER)

    assert (item.state, item.void_proposed_by, item.voided_by) == ("open", None, None)
    assert report_of(item).reply_due == dt.date(2026, 3, 9)  # as first promised
    assert item.due == dt.date(2026, 3, 9)


def test_undoing_a_void_owes_nothing_to_who_withdrew(people: People) -> None:
    receipt = file_tip(now=LATER)
    item = void(actor=people.moderator, item_id=receipt.report, version=1, reason="广告", now=LATER)
    item = void(actor=people.moderator2, item_id=item.pk, version=item.version, now=LATER)
    withdraw(receipt=receipt.number, now=LATER)

    item = open_item(
        actor=people.moderator, item_id=item.pk, version=item_of(receipt).version, now=EVEN_LATER
    )

    assert (item.state, item.due) == ("open", None)


def test_a_proposal_can_be_rejected(people: People) -> None:
    item = item_in("void_proposed", people)

    item = open_item(actor=people.triager, item_id=item.pk, version=item.version, now=EVEN_LATER)

    assert (item.state, item.due) == ("open", dt.date(2026, 3, 9))


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "decided"},
        {"outcome": "repeat"},
        {"state": "decided", "outcome": "declined", "decided_at": LATER},
        {"reason": "N1"},
        {"state": "void_proposed"},
        {"state": "void"},
        {"state": "gone"},
        {"claimed_until": LATER},
        {"state": "decided", "outcome": "lead", "decided_at": LATER},
    ],
)
def test_the_database_refuses_rows_that_make_no_sense(people: People, broken: dict[str, object]) -> None:
    item = filed()

    with pytest.raises(IntegrityError), transaction.atomic():
        TriageItem.objects.filter(pk=item.pk).update(**broken)

    assert again(item).state == "open"


def test_the_database_refuses_one_person_voiding_alone(people: People) -> None:
    item, alone = filed(), people.moderator.staff

    with pytest.raises(IntegrityError), transaction.atomic():
        TriageItem.objects.filter(pk=item.pk).update(state="void", void_proposed_by=alone, voided_by=alone)

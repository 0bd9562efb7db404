"""What is said becomes a report; what names the host leaves nothing the host could see."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from moderation.forum.actions import read_forum
from moderation.forum.models import Attendee, Capacity, Level, Utterance
from moderation.forum.queries import utterances_of
from moderation.forum.record_block import HEADING
from moderation.screening.pipeline import preflight
from portal.accounts.signed_in import SignedIn
from portal.audit.models import AuditEntry
from portal.audit.queries import verify_all
from portal.common.errors import Invalid, NotFound
from portal.hooks import PreflightText
from portal.intake.actions import NonceReused
from portal.intake.models import Report
from portal.intake.queries import ReceiptToChange, open_original, open_thread
from portal.intake.thread_actions import add_message, change_receipt
from tests.moderation.forum.events import HARMLESS, MORNING, OWN_FAULT, hold_forum, invite, say
from tests.people import CITY, DISCIPLINE, PROVINCE, People, signed_in

pytestmark = pytest.mark.django_db

ESCALATED: list[dict[str, Any]] = [
    {"text": OWN_FAULT},
    {"text": "窗口人员收受当事人财物。", "kind": "tip", "about_organ": None},
    {"text": "窗口人员收受当事人财物。", "about_organ": True},
]


def test_utterance_is_a_report_addressed_to_the_host(people: People) -> None:
    forum = hold_forum(people.clerk)
    speaker = invite(people.clerk, forum)

    receipt = say(people.clerk, forum, attendee_id=speaker.id)

    report = Report.objects.get(pk=receipt.report)
    assert (report.channel, report.kind, report.addressed_id, report.holder_id) == (
        "forum",
        "suggestion",
        CITY,
        CITY,
    )
    assert report.receipt_to_change
    content = open_original(report, people.triager.keyring)
    assert content is not None
    assert content.text == f"{HEADING}来源：座谈会；日期：2026-03-02；发言人：1号 省人大代表\n\n{HARMLESS}"
    assert (content.title, content.occurred) == (HARMLESS, "2026-03-02")
    utterance = Utterance.objects.get()
    assert (utterance.report_id, utterance.attendee, utterance.noted_at) == (report.id, speaker, MORNING)


def test_utterance_receipt_opens_the_thread_and_is_to_be_changed(people: People) -> None:
    receipt = say(people.clerk, hold_forum(people.clerk))

    with pytest.raises(ReceiptToChange):
        open_thread(receipt.number)
    changed = change_receipt(receipt=receipt.number, nonce=secrets.token_bytes(16))

    assert open_thread(changed).status == "submitted"


def test_utterance_without_a_speaker_says_so(people: People) -> None:
    receipt = say(people.clerk, hold_forum(people.clerk))

    content = open_original(Report.objects.get(pk=receipt.report), people.triager.keyring)
    assert content is not None
    assert content.text.startswith(f"{HEADING}来源：座谈会；日期：2026-03-02；发言人：不记名\n\n")
    assert Utterance.objects.get().attendee is None


@pytest.mark.parametrize("said", ESCALATED)
def test_utterance_naming_the_host_leaves_no_trace_below(people: People, said: dict[str, Any]) -> None:
    forum = hold_forum(people.clerk)
    before = AuditEntry.objects.filter(organ=CITY).count()

    receipt = say(people.clerk, forum, **said)

    report = Report.objects.get(pk=receipt.report)
    assert report.holder_id == PROVINCE
    assert Utterance.objects.count() == 0
    assert AuditEntry.objects.filter(organ=CITY).count() == before
    for person in (people.clerk, people.triager, people.leader, people.moderator, people.supervisor_province):
        assert read_forum(actor=person, forum_id=forum.id).utterances == ()
        assert open_original(report, person.keyring) is None
    assert open_original(report, people.triager_province.keyring) is not None


@pytest.mark.parametrize("said", ESCALATED)
def test_utterance_receipt_looks_the_same_wherever_it_went(people: People, said: dict[str, Any]) -> None:
    forum = hold_forum(people.clerk)

    plain, escalated = say(people.clerk, forum), say(people.clerk, forum, **said)

    assert (plain.status, plain.received_at, plain.reply_due, len(plain.number)) == (
        escalated.status,
        escalated.received_at,
        escalated.reply_due,
        len(escalated.number),
    )


def test_utterance_at_the_top_goes_to_the_discipline_office(people: People) -> None:
    forum = hold_forum(people.clerk_province)

    receipt = say(people.clerk_province, forum, text="四川省人民检察院一名处长违规经商。")

    assert Report.objects.get(pk=receipt.report).holder_id == DISCIPLINE
    assert read_forum(actor=people.triager_province, forum_id=forum.id).utterances == ()


def test_utterance_that_moves_up_later_goes_from_the_page_without_a_gap(people: People) -> None:
    forum = hold_forum(people.clerk)
    receipts = [say(people.clerk, forum, minute=number) for number in range(3)]

    changed = change_receipt(receipt=receipts[1].number, nonce=secrets.token_bytes(16), now=MORNING)

    add_message(receipt=changed, text=OWN_FAULT, now=MORNING)

    assert utterances_of(forum).count() == 2
    lines = read_forum(actor=people.clerk, forum_id=forum.id).utterances
    assert [(line.number, line.utterance.report_id) for line in lines] == [
        (1, receipts[0].report),
        (2, receipts[2].report),
    ]


@pytest.mark.parametrize("capacity", Capacity.values)
@pytest.mark.parametrize("level", ["", *Level.values])
def test_record_line_itself_names_no_organ(capacity: str, level: str) -> None:
    """Otherwise everything said by somebody in that capacity would be sealed upward."""
    label = Attendee(position=1, capacity=capacity, level=level).label

    assert (
        preflight(PreflightText(kind="tip", title="甲", text=f"{HEADING}来源：视察；发言人：{label}")) == []
    )


def test_utterance_sent_twice_is_one_report_and_one_line(people: People) -> None:
    forum, nonce = hold_forum(people.clerk), secrets.token_bytes(16)

    first, second = (say(people.clerk, forum, nonce=nonce) for _ in range(2))

    assert (first.number, Report.objects.count(), Utterance.objects.count()) == (second.number, 1, 1)
    assert AuditEntry.objects.filter(action="utterance_logged").count() == 1


def test_utterance_sent_again_completes_what_a_crash_left_undone(people: People) -> None:
    forum, nonce = hold_forum(people.clerk), secrets.token_bytes(16)
    first = say(people.clerk, forum, nonce=nonce)
    Utterance.objects.all().delete()

    second = say(people.clerk, forum, nonce=nonce)

    assert (first.number, Utterance.objects.get().report_id) == (second.number, first.report)


def test_utterance_token_with_another_speaker_is_refused(people: People) -> None:
    forum, nonce = hold_forum(people.clerk), secrets.token_bytes(16)
    say(people.clerk, forum, nonce=nonce)

    with pytest.raises(NonceReused):
        say(people.clerk, forum, nonce=nonce, attendee_id=invite(people.clerk, forum).id)

    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " \n"}, "content"),
        ({"text": "长" * 20_000}, "content"),
        ({"title": "长" * 101}, "title"),
        ({"kind": "gossip"}, "kind"),
    ],
)
def test_utterance_wrong_field_is_named(people: People, changes: dict[str, Any], field: str) -> None:
    forum = hold_forum(people.clerk)

    with pytest.raises(Invalid) as refusal:
        say(people.clerk, forum, **changes)

    assert (list(refusal.value.fields), Report.objects.count()) == ([field], 0)


def test_utterance_by_an_attendee_of_another_event_is_refused(people: People) -> None:
    stranger = invite(people.clerk, hold_forum(people.clerk))

    with pytest.raises(Invalid) as refusal:
        say(people.clerk, hold_forum(people.clerk), attendee_id=stranger.id)

    assert list(refusal.value.fields) == ["attendee"]


def test_utterance_at_an_event_elsewhere_is_not_found(people: People, outsider: SignedIn) -> None:
    forum = hold_forum(people.clerk)

    for person in (people.clerk_county, people.clerk_province, people.clerk_discipline, outsider):
        with pytest.raises(NotFound):
            say(person, forum)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_utterance_double_click_files_once_in_real_threads(people: People) -> None:
    forum, nonce, start = hold_forum(people.clerk), secrets.token_bytes(16), Barrier(4)

    def work(_: int) -> str:
        try:
            clerk = signed_in("clerk")
            start.wait(timeout=30)
            return say(clerk, forum, nonce=nonce).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = set(pool.map(work, range(4)))

    assert (len(numbers), Report.objects.count(), Utterance.objects.count()) == (1, 1, 1)
    assert verify_all()[1] == []

"""What the reporter does with the receipt: follow, add, rate, withdraw, change it."""

import secrets
from uuid import UUID

import pytest
from django.db import transaction

from portal.common.clock import now
from portal.common.errors import Forbidden, Invalid
from portal.intake.actions import post_office_message, set_status
from portal.intake.models import Message, Report
from portal.intake.queries import REPORTER_LINE, UnknownReceipt, open_messages, open_original, open_thread
from portal.intake.thread_actions import add_message, change_receipt, rate, withdraw
from tests.people import CITY, PROVINCE, People, file_tip

pytestmark = pytest.mark.django_db


def _reply(people: People, report: UUID, text: str = "已收到，正在核查。", act: str = "reply") -> None:
    with transaction.atomic():
        post_office_message(
            report=Report.objects.get(pk=report), actor=people.triager, text=text, act=act, now=now()
        )


def test_thread_new_report_has_status_and_no_words(house: None) -> None:
    thread = open_thread(file_tip().number)

    assert (thread.status, thread.messages, thread.asked, thread.rating) == ("submitted", (), None, None)


@pytest.mark.parametrize("receipt", ["", "abc", "12345-12345-12345-12345-12345", "1" * 25, "９" * 25])
def test_thread_every_wrong_receipt_gets_one_answer(house: None, receipt: str) -> None:
    file_tip()

    with pytest.raises(UnknownReceipt) as refusal:
        open_thread(receipt)

    assert refusal.value.detail == UnknownReceipt.detail


def test_thread_office_words_reach_the_reporter(people: People) -> None:
    receipt = file_tip()
    _reply(people, receipt.report, "请放心，已依法受理。")

    thread = open_thread(receipt.number)

    assert [(entry.author, entry.text) for entry in thread.messages] == [("office", "请放心，已依法受理。")]


def test_thread_own_words_are_never_shown_back(people: People) -> None:
    receipt = file_tip()
    add_message(receipt=receipt.number, text="补充：还有一名证人")

    thread = open_thread(receipt.number)

    assert [entry.text for entry in thread.messages] == [REPORTER_LINE]
    report = Report.objects.get(pk=receipt.report)
    assert [entry.text for entry in open_messages(report, people.triager.keyring)] == ["补充：还有一名证人"]


def test_thread_question_is_asked_until_answered(people: People) -> None:
    receipt = file_tip()
    _reply(people, receipt.report, "请补充时间和地点。", act="question")
    with transaction.atomic():
        set_status(report=Report.objects.get(pk=receipt.report), status="supplement_needed", now=now())

    assert open_thread(receipt.number).asked == "请补充时间和地点。"
    assert add_message(receipt=receipt.number, text="三月五日，茶楼").act == Message.Act.ANSWER


def test_add_naming_the_holder_moves_the_report_up(people: People) -> None:
    receipt = file_tip()

    add_message(receipt=receipt.number, text="成都市检察院的人也参与了")

    report = Report.objects.get(pk=receipt.report)
    assert report.holder_id == PROVINCE
    assert [entry.text for entry in open_messages(report, people.triager.keyring)] == [None]
    assert [entry.text for entry in open_messages(report, people.triager_province.keyring)] == [
        "成都市检察院的人也参与了"
    ]
    assert open_original(report, people.triager_province.keyring) is None  # a lift is awaited
    assert open_original(report, people.supervisor_province.keyring) is not None


@pytest.mark.parametrize(("kind", "holder"), [("tip", PROVINCE), ("suggestion", CITY)])
def test_add_calling_the_organ_yours_counts_in_a_tip_only(house: None, kind: str, holder: str) -> None:
    receipt = file_tip(kind=kind, about_organ=False, subjects=())
    assert Report.objects.get(pk=receipt.report).holder_id == CITY

    add_message(receipt=receipt.number, text="贵院的人也参与了")

    assert Report.objects.get(pk=receipt.report).holder_id == holder


@pytest.mark.parametrize("text", ["", "  \n", "长" * 20_001, "坏\udfff"])
def test_add_bad_text_is_refused(house: None, text: str) -> None:
    receipt = file_tip()

    with pytest.raises(Invalid):
        add_message(receipt=receipt.number, text=text)
    assert Message.objects.count() == 0


def test_rate_only_after_an_answer_and_on_the_scale(people: People) -> None:
    receipt = file_tip()
    with pytest.raises(Invalid):
        rate(receipt=receipt.number, rating=5)
    _reply(people, receipt.report)

    for wrong in (0, 6, -1):
        with pytest.raises(Invalid):
            rate(receipt=receipt.number, rating=wrong)
    rate(receipt=receipt.number, rating=2)
    rate(receipt=receipt.number, rating=4)

    assert open_thread(receipt.number).rating == 4


def test_withdraw_keeps_the_report(people: People) -> None:
    receipt = file_tip()

    first = withdraw(receipt=receipt.number).withdrawn_at
    second = withdraw(receipt=receipt.number).withdrawn_at

    assert first == second
    assert open_thread(receipt.number).withdrawn
    assert open_original(Report.objects.get(pk=receipt.report), people.triager.keyring) is not None


def test_change_receipt_old_stops_new_opens_everything(people: People) -> None:
    old = file_tip()
    _reply(people, old.report, "答复内容")

    new = change_receipt(receipt=old.number, nonce=secrets.token_bytes(16))

    with pytest.raises(UnknownReceipt):
        open_thread(old.number)
    assert [entry.text for entry in open_thread(new).messages] == ["答复内容"]
    _reply(people, old.report, "后来的答复")
    assert [entry.text for entry in open_thread(new).messages][-1] == "后来的答复"


def test_office_other_organ_cannot_speak(people: People) -> None:
    receipt = file_tip()

    with pytest.raises(Forbidden), transaction.atomic():
        post_office_message(
            report=Report.objects.get(pk=receipt.report),
            actor=people.triager_county,
            text="x",
            act="reply",
            now=now(),
        )
    assert Report.objects.get(pk=receipt.report).holder_id == CITY

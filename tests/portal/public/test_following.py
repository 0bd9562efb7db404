"""Following a report by its receipt: one answer to every wrong one, each act once, nothing in a URL."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from portal.common.clock import now
from portal.intake.actions import post_office_message, set_reply_due, set_status
from portal.intake.models import Message, Report, Status
from portal.intake.queries import open_messages, open_thread
from portal.organs.models import Organ
from tests.people import People, file_tip, through_staff_hands
from tests.portal.public.pages import browser, receipt_on, text_of

pytestmark = pytest.mark.usefixtures("house")
NONCE = "a" * 32


def _say(people: People, text: str, *, act: str = "reply", status: str = Status.ANSWERED) -> Report:
    report = Report.objects.get()
    moment = now() - timedelta(minutes=1)
    with transaction.atomic():
        post_office_message(report=report, actor=people.triager, text=text, act=act, now=moment)
        set_status(report=report, status=status, now=moment)
    return report


def test_thread_shows_status_and_office_words_but_not_the_reporters(people: People) -> None:
    receipt = file_tip().number
    _say(people, "已经核实。\n\n<b>谢谢</b>")

    page = browser().post("/track/", {"receipt": receipt})

    assert page.status_code == 200
    assert "已答复" in text_of(page)
    assert "<p>已经核实。</p><p>&lt;b&gt;谢谢&lt;/b&gt;</p>" in page.content.decode()
    assert "锦江区院一名干警" not in text_of(page)


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}"])
def test_receipt_is_taken_however_it_is_typed(typed: str) -> None:
    receipt = file_tip().number
    full_width = receipt.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})

    page = browser().post("/track/", {"receipt": typed.format(receipt, receipt.replace("-", ""), full_width)})

    assert page.status_code == 200


def test_unknown_malformed_and_mistyped_receipts_get_one_answer() -> None:
    known = file_tip().number
    mistyped = known[:-1] + str((int(known[-1]) + 1) % 10)
    unknown = "00000-00000-00000-00000-00001"
    client = browser()

    pages = [client.post("/track/", {"receipt": wrong}) for wrong in (mistyped, unknown, "abc", "")]

    assert [page.status_code for page in pages] == [404] * 4
    bare = {
        re.sub(r'name="receipt" id="id_receipt" value="[^"]*"', "", page.content.decode()) for page in pages
    }
    assert len(bare) == 1
    assert f'value="{mistyped}"' in pages[0].content.decode()


@pytest.mark.parametrize("path", ["add/", "rate/", "withdraw/", "receipt/"])
def test_every_act_answers_a_wrong_receipt_alike(path: str) -> None:
    fields = {"receipt": "123", "text": "我写了很多", "rating": "5", "nonce": NONCE}

    page = browser().post(f"/track/{path}", fields)

    assert page.status_code == 404
    assert "没有找到这份回执，请核对数字。" in text_of(page)
    assert 'value="123"' in page.content.decode()


@pytest.mark.parametrize("path", ["/track/add/", "/track/rate/", "/track/withdraw/", "/track/receipt/"])
def test_act_asked_for_without_a_body_leads_back_to_the_question(path: str) -> None:
    response = browser().get(path)

    assert (response.status_code, response["Location"]) == (302, "/track/")


def test_text_for_a_wrong_receipt_is_given_back() -> None:
    page = browser().post("/track/add/", {"receipt": "123", "text": "我写了很多", "nonce": NONCE})

    assert re.search(r"<textarea[^>]*readonly>我写了很多</textarea>", page.content.decode())


def test_question_is_shown_first_and_answered_once(people: People) -> None:
    receipt = file_tip().number
    _say(people, "请说明时间。", act="question", status=Status.SUPPLEMENT_NEEDED)
    client = browser()

    asked = client.post("/track/", {"receipt": receipt})
    first = client.post("/track/add/", {"receipt": receipt, "text": "三月五日\r\n下午", "nonce": NONCE})
    second = client.post("/track/add/", {"receipt": receipt, "text": "三月五日\r\n下午", "nonce": NONCE})

    assert "检察院请您补充" in text_of(asked)
    assert "您的回答已送达。" in text_of(first)
    assert "没有重复提交。" in text_of(second)
    entries = open_messages(Report.objects.get(), people.triager.keyring)
    assert [(entry.act, entry.text) for entry in entries] == [
        ("question", "请说明时间。"),
        ("answer", "三月五日\n下午"),
    ]


def test_empty_and_overlong_additions_are_refused_with_the_text_kept() -> None:
    receipt = file_tip().number
    client = browser()

    empty = client.post("/track/add/", {"receipt": receipt, "text": " ", "nonce": NONCE})
    long = client.post("/track/add/", {"receipt": receipt, "text": "长" * 20_001, "nonce": NONCE})

    assert [empty.status_code, long.status_code] == [400, 400]
    assert '<a href="#id_text">补充的内容：请填写内容。</a>' in empty.content.decode()
    assert "长" * 20_001 in long.content.decode()
    assert Message.objects.count() == 0


def test_rating_is_offered_after_an_answer_only(people: People) -> None:
    receipt = file_tip().number
    client = browser()

    before = client.post("/track/", {"receipt": receipt})
    early = client.post("/track/rate/", {"receipt": receipt, "rating": "5"})
    _say(people, "已经办结。")
    rated = client.post("/track/rate/", {"receipt": receipt, "rating": "2"})
    nothing = client.post("/track/rate/", {"receipt": receipt})

    assert "您对答复满意吗" not in text_of(before)
    assert early.status_code == 400
    assert "您的评价是：不满意。" in text_of(rated)
    assert nothing.status_code == 400
    assert open_thread(receipt).rating == 2


def test_withdrawing_asks_first_and_is_shown() -> None:
    receipt = file_tip().number
    client = browser()

    asked = client.post("/track/withdraw/", {"receipt": receipt})
    still = open_thread(receipt).withdrawn
    done = client.post("/track/withdraw/", {"receipt": receipt, "confirmed": "1"})

    assert "确定要撤回吗" in text_of(asked)
    assert still is False
    assert "您已撤回" in text_of(done)
    assert open_thread(receipt).withdrawn is True


def test_receipt_from_staff_hands_is_changed_first_and_never_lost(people: People) -> None:
    receipt = file_tip().number
    _say(people, "已经受理。")
    through_staff_hands(Report.objects.get().pk)
    client = browser()

    asked = client.post("/track/", {"receipt": receipt})
    first = client.post("/track/receipt/", {"receipt": receipt, "nonce": NONCE})
    second = client.post("/track/receipt/", {"receipt": receipt, "nonce": NONCE})

    assert "请先更换回执" in text_of(asked)
    assert "已经受理。" not in text_of(asked)
    changed = receipt_on(first)
    assert changed != receipt
    assert receipt_on(second) == changed
    assert client.post("/track/", {"receipt": receipt}).status_code == 404
    assert "已经受理。" in text_of(client.post("/track/", {"receipt": changed}))


@pytest.mark.parametrize("path", ["", "add/", "rate/", "withdraw/", "withdraw/?confirmed"])
def test_receipt_from_staff_hands_does_nothing_and_shows_nothing_before(people: People, path: str) -> None:
    receipt = file_tip().number
    _say(people, "已经受理。")
    through_staff_hands(Report.objects.get().pk)
    fields = {"receipt": receipt, "text": "我写了很多", "rating": "5", "nonce": NONCE}
    if path.endswith("?confirmed"):
        path, fields["confirmed"] = path.partition("?")[0], "1"

    page = browser().post(f"/track/{path}", fields)

    assert page.status_code == (403 if path else 200)
    assert "请先更换回执" in text_of(page)
    assert "已经受理。" not in text_of(page)
    assert "您已撤回" not in text_of(page)
    report = Report.objects.get()
    assert (report.rating, report.withdrawn_at, Message.objects.count()) == (None, None, 1)
    if path == "add/":
        assert re.search(r"<textarea[^>]*readonly>我写了很多</textarea>", page.content.decode())


def test_new_receipt_is_not_found_by_the_pages_nonce(people: People) -> None:
    receipt = file_tip().number
    client = browser()
    client.post("/track/receipt/", {"receipt": receipt, "nonce": NONCE})

    guessed = client.post("/track/receipt/", {"receipt": "1" * 25, "nonce": NONCE})

    assert guessed.status_code == 404


def test_date_promised_is_shown_and_a_missed_one_admitted() -> None:
    receipt = file_tip().number
    report = Report.objects.get()
    yesterday = (now() - timedelta(days=1)).date()
    set_reply_due(report=report, due=yesterday)

    page = browser().post("/track/", {"receipt": receipt})

    assert f"{yesterday.year}年{yesterday.month}月{yesterday.day}日" in text_of(page)
    assert "已经过了期限。" in text_of(page)


def test_organ_is_not_named_on_the_thread() -> None:
    receipt = file_tip().number

    page = text_of(browser().post("/track/", {"receipt": receipt}))

    assert [name for name in Organ.objects.values_list("display_name", flat=True) if name in page] == []

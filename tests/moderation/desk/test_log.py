"""The clerk's log: what is typed is filed once, sealed, and answered with a slip."""

import json
import re
import secrets

import pytest
from django.test import Client

from portal.intake.bindings import identity_binding
from portal.intake.content import Content, Subject
from portal.intake.models import Report
from portal.intake.queries import ReceiptToChange, open_original, open_thread
from portal.intake.thread_actions import change_receipt
from portal.vault.items import can_open
from tests.moderation.ledger.browser import browser, plain, receipt_on
from tests.people import CITY, COUNTY, DISCIPLINE, PROVINCE, People

pytestmark = pytest.mark.django_db

LOG = "/desk/log/"
CALL = {
    "channel": "call",
    "kind": "tip",
    "about_organ": "no",
    "title": "干警收受财物",
    "content": "来电人称该干警收受当事人财物。\r\n还说有录音。",
    "subject_0_name": "王某",
    "subject_0_organ_text": "成都市锦江区人民检察院",
    "subject_0_post": "检察官助理",
    "occurred": "2026年3月",
    "place": "城东茶楼",
    "came_at": "3月2日 9:15",
}


def _form(**changes: str) -> dict[str, str]:
    return {**CALL, "token": secrets.token_hex(16), **changes}


def _filed(people: People, **changes: str) -> Content:
    answer = browser("clerk").post(LOG, _form(**changes))
    assert answer.status_code == 200
    content = open_original(Report.objects.get(), people.triager.keyring)
    assert content is not None
    return content


def test_log_files_what_was_typed(people: People) -> None:
    content = _filed(people)

    report = Report.objects.get()
    assert (report.channel, report.kind, report.addressed_id, report.holder_id) == ("call", "tip", CITY, CITY)
    assert (report.receipt_to_change, report.identity_id) == (True, None)
    assert content == Content(
        title="干警收受财物",
        text="【登记信息】来电来访或收到时间：3月2日 9:15\n\n来电人称该干警收受当事人财物。\n还说有录音。",
        about_organ=False,
        subjects=(
            Subject(name="王某", organ=COUNTY, organ_text="成都市锦江区人民检察院", post="检察官助理"),
        ),
        occurred="2026年3月",
        place="城东茶楼",
    )


def test_log_without_channel_facts_has_the_words_alone(people: People) -> None:
    content = _filed(people, came_at="", content="原话")

    assert content.text == "原话"


def test_log_letter_and_visit_facts_stand_ahead_of_the_words(people: People) -> None:
    content = _filed(
        people,
        channel="visit",
        came_at="",
        postmark="2月27日",
        pages="3",
        second_officer="吴某",
        content="原话",
    )

    assert content.text == "【登记信息】邮戳日期：2月27日；页数：3；第二接待人：吴某\n\n原话"


def test_log_slip_has_a_working_receipt_and_what_to_tell(people: People) -> None:
    answer = browser("clerk").post(LOG, _form())

    page = answer.content.decode()
    with pytest.raises(ReceiptToChange):
        open_thread(receipt_on(page))
    changed = change_receipt(receipt=receipt_on(page), nonce=secrets.token_bytes(16))
    assert open_thread(changed).status == "submitted"
    assert answer["Cache-Control"] == "no-store"
    assert "请本人尽快更换回执" in page
    assert "没有留下姓名和联系方式" in page
    for words in ("录音", "王某", "干警收受财物"):
        assert words not in page


def test_log_identity_is_sealed_apart_and_may_be_refused(people: People) -> None:
    page = browser("clerk").post(LOG, _form(name="赵某", phone="13800000000")).content.decode()

    report = Report.objects.select_related("identity").get()
    assert report.identity is not None
    assert identity_binding(report.id).field == "identity"
    for person in (people.clerk, people.triager, people.custodian):
        assert not can_open(report.identity, person.keyring)
    assert "没有留下姓名和联系方式" not in page
    assert "赵某" not in json.dumps(list(Report.objects.values()), default=str, ensure_ascii=False)


@pytest.mark.parametrize(
    ("changes", "holder"),
    [
        ({}, CITY),
        ({"about_organ": "yes"}, PROVINCE),
        ({"about_organ": "unsure"}, PROVINCE),
        ({"about_organ": ""}, PROVINCE),
        ({"subject_0_organ_text": "成都市人民检察院"}, PROVINCE),
        ({"subject_0_organ_text": "四川省人民检察院"}, DISCIPLINE),
        ({"subject_0_organ_text": "某厂"}, PROVINCE),
        ({"kind": "suggestion", "about_organ": ""}, CITY),
        ({"kind": "suggestion", "about_organ": "yes"}, PROVINCE),
    ],
)
def test_log_about_the_own_office_is_sealed_above_it(
    people: People, changes: dict[str, str], holder: str
) -> None:
    client = browser("clerk")
    usual = client.post(LOG, _form()).content.decode()

    page = client.post(LOG, _form(**changes)).content.decode()

    assert sorted(Report.objects.values_list("holder_id", flat=True)) == sorted([CITY, holder])
    assert plain(page) == plain(usual)


def test_log_clerk_can_read_nothing_back(people: People) -> None:
    browser("clerk").post(LOG, _form())

    assert open_original(Report.objects.get(), people.clerk.keyring) is None
    assert "录音" not in browser("clerk").get(LOG).content.decode()


def test_log_sent_twice_files_once(house: None) -> None:
    client, form = browser("clerk"), _form()

    pages = [client.post(LOG, form).content.decode() for _ in range(2)]

    assert (receipt_on(pages[0]), Report.objects.count()) == (receipt_on(pages[1]), 1)


def test_log_changed_after_it_was_filed_is_asked_about_and_then_taken(house: None) -> None:
    client, form = browser("clerk"), _form()
    client.post(LOG, form)

    asked = client.post(LOG, {**form, "content": "另一件事。"})
    page = asked.content.decode()
    token = re.search(r'name="token" value="([0-9a-f]{32})"', page)

    assert (asked.status_code, "已经提交过" in page, Report.objects.count()) == (400, True, 1)
    assert token is not None
    taken = client.post(LOG, {**form, "content": "另一件事。", "token": token[1]})
    assert (taken.status_code, Report.objects.count()) == (200, 2)


def test_log_without_its_token_is_still_taken(house: None) -> None:
    answer = browser("clerk").post(LOG, _form(token="lost"))

    assert (answer.status_code, Report.objects.count()) == (200, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"channel": ""}, "请选择来件方式。"),
        ({"channel": "web"}, "有效的选项"),
        ({"kind": ""}, "请选择举报或意见建议。"),
        ({"title": " "}, "请填写此项。"),
        ({"title": "长" * 101}, "最多 100 个字，现有 101 个字。"),
        ({"content": "\n"}, "请填写此项。"),
        ({"content": "长" * 20_001}, "最多 20000 个字"),
        ({"content": "长" * 20_000}, "最多 20000 个字"),
        ({"channel": "visit"}, "请填写另一名接待人。"),
        ({"subject_1_name": "名" * 61}, "最多 60 个字"),
        ({"phone": "1" * 41}, "最多 40 个字"),
    ],
)
def test_log_wrong_is_told_beside_the_field_and_nothing_is_lost(
    house: None, changes: dict[str, str], reason: str
) -> None:
    answer = browser("clerk").post(LOG, _form(**changes))

    page = answer.content.decode()
    assert (answer.status_code, page.count(reason), Report.objects.count()) == (400, 2, 0)
    assert "城东茶楼" in page
    assert "检察官助理" in page


@pytest.mark.parametrize(
    "person",
    [
        "moderator",
        "triager",
        "handler",
        "leader",
        "supervisor",
        "custodian",
        "verifier",
        "sysadmin",
        "auditor",
    ],
)
def test_log_is_for_clerks_only(house: None, person: str) -> None:
    client = browser(person)

    answers = [client.get(LOG), client.post(LOG, _form())]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Report.objects.count() == 0


def test_log_without_a_session_asks_to_sign_in(house: None, client: Client) -> None:
    answer = client.get(LOG)

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/desk/sign-in/")


def test_log_of_a_county_clerk_goes_to_the_county(house: None) -> None:
    browser("clerk-county").post(LOG, _form(subject_0_name="", subject_0_organ_text="", subject_0_post=""))

    assert Report.objects.get().addressed_id == COUNTY


def test_log_page_needs_no_script(house: None) -> None:
    page = browser("clerk").get(LOG).content.decode()

    assert page.count('name="subject_') == 9
    assert "style=" not in page
    assert re.search(r" on[a-z]+=", page) is None

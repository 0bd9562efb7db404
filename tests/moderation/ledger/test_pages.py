"""The ledger's pages, in browsers without JavaScript."""

import secrets
import uuid

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.ledger.models import Lead
from moderation.ledger.text import open_text
from portal.intake.content import Subject
from tests.moderation.ledger.browser import browser
from tests.moderation.ledger.leads import from_report, hand_over
from tests.people import COUNTY, People

pytestmark = pytest.mark.django_db

FORM = {
    "source_class": "media",
    "received_on": "2026-03-01",
    "title": "一名干警违规经商",
    "summary": "媒体报道了\r\n一家茶楼。",
    "subject_0_name": "李某",
    "subject_0_organ_text": "成都市锦江区人民检察院",
    "subject_0_post": "书记员",
}


def _form(**changes: str) -> dict[str, str]:
    return {**FORM, "token": secrets.token_hex(16), **changes}


@pytest.mark.parametrize("count", [1, 3])
def test_list_shows_titles_at_the_same_cost(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        hand_over(people.clerk)
    client = browser("triager")

    with django_assert_num_queries(13):
        page = client.get("/desk/leads/").content.decode()

    assert page.count("一名干警违规经商") == count
    assert page.count("/desk/leads/new/") == 1


def test_list_narrowed_keeps_the_filter_for_the_next_page(people: People) -> None:
    for _ in range(51):
        hand_over(people.clerk)

    page = browser("triager").get("/desk/leads/", {"source_class": "central_supervision_group"})

    assert page.content.decode().count("?source_class=central_supervision_group&amp;cursor=") == 1


def test_list_wrong_year_is_told_beside_the_field(people: People) -> None:
    page = browser("triager").get("/desk/leads/", {"year": "二六"})

    assert page.status_code == 200
    assert page.content.decode().count("请填写四位年份。") == 1


def test_list_foreign_cursor_is_refused(people: People) -> None:
    assert browser("triager").get("/desk/leads/", {"cursor": "!"}).status_code == 400


def test_list_of_a_clerk_is_empty(people: People) -> None:
    hand_over(people.clerk)

    assert "XS-" not in browser("clerk").get("/desk/leads/").content.decode()


def test_detail_shows_the_words_and_leads_to_the_report(people: People) -> None:
    lead = from_report(people.triager)

    page = browser("leader").get(f"/desk/leads/{lead.id}/").content.decode()

    for words in (
        lead.lead_no,
        "该干警在茶楼收受当事人亲属现金",
        "王某，检察官助理，锦江区检察院",
        f"/desk/queue/{lead.report_id}/",
    ):
        assert words in page


@pytest.mark.parametrize(
    "person", ["clerk", "triager-county", "triager-province", "triager-discipline", "custodian", "sysadmin"]
)
def test_detail_unseen_is_not_found(people: People, person: str) -> None:
    lead = hand_over(people.clerk)

    unseen = browser(person).get(f"/desk/leads/{lead.id}/")
    nowhere = browser(person).get(f"/desk/leads/{uuid.uuid4()}/")

    assert (unseen.status_code, nowhere.status_code) == (404, 404)
    assert len(unseen.content) == len(nowhere.content)


def test_pages_without_a_session_ask_to_sign_in(house: None, client) -> None:  # type: ignore[no-untyped-def]
    for path in ("/desk/leads/", "/desk/leads/new/", f"/desk/leads/{uuid.uuid4()}/"):
        answer = client.get(path)

        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/desk/sign-in/")


def test_new_lead_by_a_triager_leads_to_its_page(people: People) -> None:
    client = browser("triager")

    answer = client.post("/desk/leads/new/", _form())

    lead = Lead.objects.select_related("text").get()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/leads/{lead.id}/")
    text = open_text(lead, people.triager.keyring)
    assert text is not None
    assert text.summary == "媒体报道了\n一家茶楼。"
    assert text.subjects == (
        Subject(name="李某", organ=COUNTY, organ_text="成都市锦江区人民检察院", post="书记员"),
    )


def test_new_lead_by_a_clerk_shows_the_number_only(people: People) -> None:
    answer = browser("clerk").post("/desk/leads/new/", _form())

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count(Lead.objects.get().lead_no) == 2
    assert "茶楼" not in page


def test_new_lead_sent_twice_is_one_lead(people: People) -> None:
    client, form = browser("clerk"), _form()

    first, second = (client.post("/desk/leads/new/", form) for _ in range(2))

    assert (first.status_code, second.status_code, Lead.objects.count()) == (200, 200, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": " "}, "请填写此项。"),
        ({"source_class": "public_report"}, "选择一个有效的选项"),
        ({"received_on": "2999-01-01"}, "收到日期不能晚于今天"),
        ({"subject_0_organ_text": "成都市人民检察院"}, "确属本院或上级院的"),
        ({"subject_0_organ_text": "某厂"}, "确属本院或上级院的"),
        ({"subject_0_name": "名" * 61}, "最多 60 个字"),
    ],
)
def test_new_lead_wrong_is_told_beside_the_field_and_nothing_is_lost(
    people: People, changes: dict[str, str], reason: str
) -> None:
    answer = browser("clerk").post("/desk/leads/new/", _form(**changes))

    page = answer.content.decode()
    assert (answer.status_code, Lead.objects.count()) == (400, 0)
    assert page.count(reason) == 2
    assert "媒体报道了" in page
    assert "书记员" in page


@pytest.mark.parametrize("person", ["moderator", "supervisor", "handler", "custodian", "auditor"])
def test_new_lead_is_not_for_other_roles(people: People, person: str) -> None:
    client = browser(person)

    answers = [client.get("/desk/leads/new/"), client.post("/desk/leads/new/", _form())]

    assert [answer.status_code for answer in answers] == [403, 403]

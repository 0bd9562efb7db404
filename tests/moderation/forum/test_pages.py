"""The pages of events, in browsers without JavaScript."""

import secrets
import uuid

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.forum.models import Attendee, Forum, Utterance
from portal.intake.models import Report
from portal.intake.queries import open_thread
from portal.intake.thread_actions import change_receipt
from tests.moderation.forum.events import HARMLESS, OWN_FAULT, hold_forum, invite, say
from tests.moderation.ledger.browser import browser, plain, receipt_on
from tests.people import CITY, PROVINCE, People

pytestmark = pytest.mark.django_db

EVENT = {
    "kind": "inspection_visit",
    "name": "代表视察",
    "held_on": "2026-03-02",
    "place": "控申大厅",
    "chair": "",
}
PERSON = {"attendee-name": "郑代表", "attendee-capacity": "cppcc_member", "attendee-level": "city"}
REMARK = {"utterance-kind": "suggestion", "utterance-content": HARMLESS, "utterance-about_organ": "no"}


def _page(forum: Forum, last: str = "") -> str:
    return f"/desk/forums/{forum.id}/{last}"


@pytest.mark.parametrize("count", [1, 3])
def test_list_shows_events_at_the_same_cost(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        hold_forum(people.clerk)
    client = browser("clerk")

    with django_assert_num_queries(7):
        page = client.get("/desk/forums/").content.decode()

    assert (page.count("代表委员座谈会"), page.count("/desk/forums/new/")) == (count, 1)


def test_list_without_events_says_so(house: None) -> None:
    page = browser("leader").get("/desk/forums/").content.decode()

    assert ("还没有登记活动" in page, "/desk/forums/new/" in page) == (True, False)


def test_new_event_leads_to_its_page_and_counts_once(house: None) -> None:
    client, form = browser("clerk"), {**EVENT, "token": secrets.token_hex(16)}

    first, second = (client.post("/desk/forums/new/", form) for _ in range(2))

    forum = Forum.objects.get()
    assert [(one.status_code, one["Location"]) for one in (first, second)] == [(302, _page(forum))] * 2
    assert (forum.organ_id, forum.kind, forum.place) == (CITY, "inspection_visit", "控申大厅")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "必填项"),
        ({"name": "长" * 101}, "最多 100 个字"),
        ({"held_on": "1990-01-01"}, "请核对日期"),
    ],
)
def test_new_event_wrong_is_told_and_nothing_is_lost(
    house: None, changes: dict[str, str], reason: str
) -> None:
    answer = browser("clerk").post("/desk/forums/new/", {**EVENT, **changes})

    page = answer.content.decode()
    assert (answer.status_code, page.count(reason), Forum.objects.count()) == (400, 2, 0)
    assert "控申大厅" in page


def test_attendee_is_added_once_and_shown_without_a_name_to_the_clerk(people: People) -> None:
    forum, client = hold_forum(people.clerk), browser("clerk")
    form = {**PERSON, "attendee-token": secrets.token_hex(16)}

    answers = [client.post(_page(forum, "attendees/"), form) for _ in range(2)]

    assert [(one.status_code, one["Location"]) for one in answers] == [(302, _page(forum))] * 2
    assert Attendee.objects.get().label == "1号 市政协委员"
    assert ("郑代表" in client.get(_page(forum)).content.decode()) is False
    assert ("郑代表" in browser("triager").get(_page(forum)).content.decode()) is True


def test_attendee_wrong_is_told_and_nothing_is_lost(people: People) -> None:
    forum = hold_forum(people.clerk)

    answer = browser("clerk").post(_page(forum, "attendees/"), {**PERSON, "attendee-level": ""})

    page = answer.content.decode()
    assert (answer.status_code, page.count("代表、委员请选择层级。")) == (400, 2)
    assert 'value="郑代表"' in page


def test_utterance_gives_a_slip_with_a_working_receipt(people: People) -> None:
    forum = hold_forum(people.clerk)
    speaker = invite(people.clerk, forum)

    answer = browser("clerk").post(
        _page(forum, "utterances/"), {**REMARK, "utterance-attendee": str(speaker.id)}
    )

    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    changed = change_receipt(receipt=receipt_on(page), nonce=secrets.token_bytes(16))
    assert open_thread(changed).status == "submitted"
    assert HARMLESS not in page
    assert Utterance.objects.get().attendee == speaker


def test_utterance_naming_the_host_gives_the_same_slip_and_no_line(people: People) -> None:
    forum, client = hold_forum(people.clerk), browser("clerk")

    usual = client.post(_page(forum, "utterances/"), REMARK).content.decode()
    escalated = client.post(
        _page(forum, "utterances/"), {**REMARK, "utterance-content": OWN_FAULT}
    ).content.decode()

    assert plain(usual) == plain(escalated)
    assert set(Report.objects.values_list("holder_id", flat=True)) == {CITY, PROVINCE}
    for person in ("clerk", "triager", "leader", "supervisor-province"):
        page = browser(person).get(_page(forum)).content.decode()
        assert (page.count("第 1 条"), page.count("第 2 条"), page.count("本页 1 条")) == (1, 0, 1)


def test_utterance_sent_twice_files_once(people: People) -> None:
    forum, client = hold_forum(people.clerk), browser("clerk")
    form = {**REMARK, "utterance-token": secrets.token_hex(16)}

    pages = [client.post(_page(forum, "utterances/"), form).content.decode() for _ in range(2)]

    assert receipt_on(pages[0]) == receipt_on(pages[1])
    assert Report.objects.count() == 1


def test_utterance_changed_after_it_was_filed_is_asked_about(people: People) -> None:
    forum, client = hold_forum(people.clerk), browser("clerk")
    form = {**REMARK, "utterance-token": secrets.token_hex(16)}
    client.post(_page(forum, "utterances/"), form)

    answer = client.post(_page(forum, "utterances/"), {**form, "utterance-content": "另一件事。"})

    page = answer.content.decode()
    assert (answer.status_code, "已经提交过" in page, "另一件事。" in page) == (400, True, True)
    assert form["utterance-token"] not in page
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"utterance-content": "  "}, "请填写此项。"),
        ({"utterance-kind": ""}, "必填项"),
        ({"utterance-attendee": str(uuid.uuid4())}, "有效的选项"),
    ],
)
def test_utterance_wrong_is_told_beside_the_field(
    people: People, changes: dict[str, str], reason: str
) -> None:
    forum = hold_forum(people.clerk)

    answer = browser("clerk").post(_page(forum, "utterances/"), {**REMARK, **changes})

    assert (answer.status_code, answer.content.decode().count(reason)) == (400, 2)
    assert Report.objects.count() == 0


@pytest.mark.parametrize("person", ["moderator", "triager", "leader", "supervisor-province"])
def test_forms_are_neither_shown_nor_taken_from_others_who_see_the_event(people: People, person: str) -> None:
    forum, client = hold_forum(people.clerk), browser(person)

    page = client.get(_page(forum)).content.decode()
    answers = [
        client.post(_page(forum, "attendees/"), PERSON),
        client.post(_page(forum, "utterances/"), REMARK),
    ]

    assert ("/attendees/" in page, "/utterances/" in page) == (False, False)
    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("person", ["clerk-county", "triager-province", "triager-discipline", "auditor"])
def test_pages_unseen_are_not_found(people: People, person: str) -> None:
    forum, client = hold_forum(people.clerk), browser(person)

    answers = [
        client.get(_page(forum)),
        client.post(_page(forum, "attendees/"), PERSON),
        client.post(_page(forum, "utterances/"), REMARK),
        client.get(f"/desk/forums/{uuid.uuid4()}/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_pages_without_a_session_ask_to_sign_in(house: None, client: Client) -> None:
    for path in ("/desk/forums/", "/desk/forums/new/", f"/desk/forums/{uuid.uuid4()}/"):
        answer = client.get(path)

        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/desk/sign-in/")


@pytest.mark.parametrize("count", [1, 3])
def test_detail_page_costs_the_same_for_one_and_three(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    forum, client = hold_forum(people.clerk), browser("clerk")
    for minute in range(count):
        say(people.clerk, forum, minute=minute, attendee_id=invite(people.clerk, forum).id)

    with django_assert_num_queries(14):
        page = client.get(_page(forum)).content.decode()

    assert page.count("已提交") == count

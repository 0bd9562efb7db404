"""`/api/v1/ledger/leads` as the outside contract has it."""

import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.ledger.models import Lead
from tests.moderation.ledger.browser import browser
from tests.moderation.ledger.leads import MORNING, from_report, hand_over
from tests.people import CITY, COUNTY, People, Tip

pytestmark = pytest.mark.django_db

LEADS = "/api/v1/ledger/leads"
BODY: dict[str, Any] = {
    "source_class": "media",
    "title": "一名干警违规经商",
    "summary": "媒体报道了一家茶楼。",
    "subjects": [{"name": "李某", "organ": COUNTY}],
    "received_on": "2026-03-01",
}


def _post(client: Client, body: dict[str, Any], **headers: str) -> Any:
    return client.post(LEADS, body, content_type="application/json", headers=headers)


def test_leads_list_has_the_lines_and_no_more(people: People) -> None:
    lead = hand_over(people.clerk)

    answer = browser("triager").get(LEADS)

    assert answer.json() == {
        "items": [
            {
                "id": str(lead.id),
                "version": 1,
                "lead_no": "XS-510100-2026-00001",
                "state": "registered",
                "source_class": "central_supervision_group",
                "title": "一名干警违规经商",
                "organ": CITY,
                "received_on": "2026-03-01",
                "registered_at": "2026-03-02T09:00:00+08:00",
                "registered_by": "clerk",
            }
        ],
        "next": None,
    }


def test_lead_detail_adds_words_report_and_history(people: People) -> None:
    lead = from_report(people.triager)

    answer = browser("leader").get(f"{LEADS}/{lead.id}")

    content, body = Tip().content, answer.json()
    added = {name: body[name] for name in ("title", "summary", "subjects", "report", "history")}
    assert answer["ETag"] == '"1"'
    assert added == {
        "title": content.title,
        "summary": content.text,
        "subjects": [{"name": "王某", "organ": COUNTY, "organ_text": "", "post": "检察官助理"}],
        "report": str(lead.report_id),
        "history": [
            {"at": MORNING.isoformat(), "actor": "triager", "action": "lead_registered"},
        ],
    }


def test_leads_pages_follow_the_cursor(people: People) -> None:
    for _ in range(3):
        hand_over(people.clerk)
    client = browser("triager")

    first = client.get(LEADS, {"limit": "2"}).json()
    second = client.get(LEADS, {"limit": "2", "cursor": first["next"]}).json()

    assert len({item["id"] for item in first["items"] + second["items"]}) == 3
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"state": "registered"}, 200, None),
        ({"q": "XS-510100"}, 200, None),
        ({"state": "x"}, 400, "invalid"),
        ({"limit": "0"}, 400, "invalid"),
        ({"cursor": "x"}, 400, "invalid"),
        ({"colour": "red"}, 400, "unknown_field"),
    ],
)
def test_leads_query_is_checked(people: People, query: dict[str, str], status: int, code: str | None) -> None:
    answer = browser("triager").get(LEADS, query)

    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_leads_need_a_session(house: None, client: Client) -> None:
    answers = [client.get(LEADS), client.get(f"{LEADS}/{uuid.uuid4()}"), _post(client, BODY)]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(401, "not_signed_in")] * 3


@pytest.mark.parametrize("person", ["clerk", "triager-county", "triager-discipline", "sysadmin"])
def test_lead_unseen_is_not_found(people: People, person: str) -> None:
    lead = hand_over(people.clerk)
    client = browser(person)

    unseen, nowhere = (client.get(f"{LEADS}/{one}") for one in (lead.id, uuid.uuid4()))

    assert client.get(LEADS).json() == {"items": [], "next": None}
    assert (unseen.status_code, unseen.content) == (404, nowhere.content)


def test_register_by_a_triager_answers_with_the_lead(people: People) -> None:
    answer = _post(browser("triager"), BODY)

    body = answer.json()
    assert (answer.status_code, body["summary"], body["report"]) == (201, BODY["summary"], None)


def test_register_by_a_clerk_answers_with_the_number_only(people: People) -> None:
    answer = _post(browser("clerk"), BODY)

    lead = Lead.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": str(lead.id), "version": 1, "lead_no": lead.lead_no}


def test_register_same_key_twice_is_one_lead(people: People) -> None:
    client, key = browser("clerk"), uuid.uuid4().hex

    first, second = (_post(client, BODY, **{"Idempotency-Key": key}) for _ in range(2))

    assert (first.json(), Lead.objects.count()) == (second.json(), 1)


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"colour": "red"}, "unknown_field", ["colour"]),
        ({"title": ""}, "invalid", ["title"]),
        ({"source_class": "forum"}, "invalid", ["source_class"]),
        ({"received_on": "yesterday"}, "invalid", ["received_on"]),
        ({"subjects": [{"name": "李某", "organ": CITY}]}, "invalid", ["subjects"]),
        ({"subjects": [{"name": "李某", "rank": "1"}]}, "unknown_field", ["subjects.0.rank"]),
        ({"subjects": [{"name": f"{n}", "organ": COUNTY} for n in range(21)]}, "invalid", ["subjects"]),
    ],
)
def test_register_wrong_body_is_refused(
    people: People, changes: dict[str, Any], code: str, fields: list[str]
) -> None:
    answer = _post(browser("triager"), {**BODY, **changes})

    body = answer.json()
    assert (answer.status_code, body["code"], list(body["fields"])) == (400, code, fields)
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("person", ["moderator", "supervisor", "handler", "custodian", "auditor"])
def test_register_by_another_role_is_forbidden(people: People, person: str) -> None:
    answer = _post(browser(person), BODY)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_register_without_the_csrf_token_is_forbidden(people: People) -> None:
    client = browser("triager")
    client.handler.enforce_csrf_checks = True

    assert _post(client, BODY).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_leads_list_costs_the_same(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        hand_over(people.clerk)
    client = browser("triager")
    client.get(LEADS)

    with django_assert_num_queries(12):
        answer = client.get(LEADS)

    assert len(answer.json()["items"]) == count

"""`/api/v1/desk/queue` as the outside contract has it, over HTTP with session and CSRF token."""

import uuid
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.ledger.models import Lead
from portal.accounts.demo_house import PASSPHRASE
from portal.intake.queries import open_thread
from tests.moderation.triage.items import FILED, LATER, again, filed, held, item_of
from tests.people import CITY, COUNTY, People, file_tip

QUEUE = "/api/v1/desk/queue"
JSON = "application/json"
ITEM_FIELDS = [
    *("id", "version", "state", "outcome", "title", "kind", "channel", "organ"),
    *("received_at", "due", "claimed_by", "urgent"),
]
DETAIL_FIELDS = ["content", "subjects", "messages", "attachments", "findings", "history"]
ACTS: dict[str, dict[str, Any]] = {
    "claim": {},
    "release": {},
    "take_over": {},
    "open": {},
    "void": {"reason": "广告"},
    "decide": {"outcome": "repeat"},
    "ask": {"text": "何时？"},
    "reply": {"text": "已收到。"},
    "merge": {"into": str(uuid.uuid4())},
    "unmerge": {},
    "refer": {"organ": COUNTY},
    "lift": {"subjects": []},
}


class Desk:
    """A browser in which somebody of the demo staff is signed in."""

    def __init__(self, username: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        body = {"username": username, "password": PASSPHRASE}
        answer = self.client.post("/api/v1/desk/session", body, content_type=JSON)
        assert answer.status_code == 200

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(path, query)

    def act(self, item: uuid.UUID, act: str, body: dict[str, Any], **headers: str) -> Any:
        headers.setdefault("X-CSRFToken", self.client.cookies["csrftoken"].value)
        return self.client.post(f"{QUEUE}/{item}/{act}", body, content_type=JSON, headers=headers)


@pytest.fixture
def triager(people: People) -> Desk:
    return Desk("triager")


@pytest.fixture(autouse=True)
def _frozen() -> Any:
    with time_machine.travel(LATER, tick=False):
        yield


def test_an_item_has_exactly_the_promised_fields(triager: Desk) -> None:
    item = filed(organ=COUNTY)

    answer = triager.get(QUEUE).json()

    assert answer == {
        "items": [
            {
                "id": str(item.pk),
                "version": 1,
                "state": "open",
                "outcome": None,
                "title": "锦江区院一名干警收受请托人财物",
                "kind": "tip",
                "channel": "web",
                "organ": COUNTY,
                "received_at": "2026-03-02T09:00:00+08:00",
                "due": "2026-03-09",
                "claimed_by": None,
                "urgent": False,
            }
        ],
        "next": None,
    }


def test_the_detail_adds_what_was_written_and_done(triager: Desk) -> None:
    item = filed()

    answer = triager.get(f"{QUEUE}/{item.pk}")

    body = answer.json()
    assert answer.headers["ETag"] == '"1"'
    assert list(body) == [*ITEM_FIELDS, *DETAIL_FIELDS]
    assert body["content"] == "今年三月，该干警在茶楼收受当事人亲属现金，并承诺打听案情。"
    assert body["subjects"] == [{"name": "王某", "organ": COUNTY, "organ_text": "", "post": "检察官助理"}]
    assert (body["messages"], body["attachments"]) == ([], [])
    assert body["history"] == [
        {
            "at": "2026-03-02T09:00:00+08:00",
            "actor": "public",
            "action": "report_filed",
            "detail": {"kind": "tip", "channel": "web"},
        }
    ]


def test_an_act_returns_the_new_item_with_its_version_as_etag(triager: Desk) -> None:
    item = filed()

    answer = triager.act(item.pk, "claim", {"version": 1})

    body = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert list(body) == ITEM_FIELDS
    assert (body["version"], body["claimed_by"]) == (2, "triager")


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', "1"])
def test_the_version_may_come_as_if_match(etag: str, triager: Desk) -> None:
    item = filed()

    assert triager.act(item.pk, "claim", {}, **{"If-Match": etag}).json()["version"] == 2


@pytest.mark.parametrize("act", ACTS)
def test_every_act_wants_a_version_a_known_body_and_a_visible_item(act: str, triager: Desk) -> None:
    item = filed()
    body = ACTS[act]

    without = triager.act(item.pk, act, body)
    unknown = triager.act(item.pk, act, {**body, "version": 1, "colour": "red"})
    nowhere = triager.act(uuid.uuid4(), act, {**body, "version": 1})
    outdated = triager.act(item.pk, act, {**body, "version": 7})

    answers = [without, unknown, nowhere, outdated]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (428, "version_required"),
        (400, "unknown_field"),
        (404, "not_found"),
        (409, "stale"),
    ]
    assert again(item).version == 1


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("username", ["handler", "clerk", "auditor", "triager-county", "triager-province"])
def test_whoever_may_not_see_an_item_finds_nothing(act: str, username: str, people: People) -> None:
    item, desk = filed(), Desk(username)

    answer = desk.act(item.pk, act, {**ACTS[act], "version": 1})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert desk.get(f"{QUEUE}/{item.pk}").status_code == 404
    assert desk.get(QUEUE).json() == {"items": [], "next": None}


@pytest.mark.parametrize("act", ACTS)
def test_nobody_acts_without_signing_in_or_without_the_token(act: str, triager: Desk) -> None:
    item = filed()

    anonymous = Client().post(f"{QUEUE}/{item.pk}/{act}", {"version": 1}, content_type=JSON)
    forged = triager.act(item.pk, act, {"version": 1}, **{"X-CSRFToken": ""})

    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_signed_in")
    assert (forged.status_code, forged.json()["code"]) == (403, "forbidden")
    assert Client().get(QUEUE).status_code == 401


def test_a_moderator_may_not_decide(people: People) -> None:
    answer = Desk("moderator").act(filed().pk, "decide", {"version": 1, "outcome": "repeat"})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_lead_comes_back_with_its_id(triager: Desk) -> None:
    item = filed()

    body = triager.act(item.pk, "decide", {"version": 1, "outcome": "lead", "note": None}).json()

    assert list(body) == [*ITEM_FIELDS, "lead_id"]
    assert (body["state"], body["outcome"]) == ("decided", "lead")
    assert body["lead_id"] == str(Lead.objects.get(report_id=item.pk).pk)


def test_a_whole_day_at_the_desk(people: People) -> None:
    receipt = file_tip(now=FILED)
    item = item_of(receipt).pk
    moderator, triager, leader = Desk("moderator"), Desk("triager"), Desk("leader")

    steps = [
        moderator.act(item, "void", {"version": 1, "reason": "像是广告"}),
        moderator.act(item, "void", {"version": 2}),
        triager.act(item, "open", {"version": 2}),
        triager.act(item, "claim", {"version": 3}),
        leader.act(item, "reply", {"version": 4, "text": "您好。"}),
        leader.act(item, "take_over", {"version": 4}),
        leader.act(item, "reply", {"version": 5, "text": "您好，已登记。"}),
        leader.act(item, "ask", {"version": 6, "text": "请补充经过。"}),
        leader.act(item, "decide", {"version": 7, "outcome": "no_substance"}),
        leader.act(item, "open", {"version": 7}),
        leader.act(item, "decide", {"version": 8, "outcome": "declined", "reason": "N3"}),
    ]

    told = [(step.status_code, step.json().get("state") or step.json()["code"]) for step in steps]
    assert told == [
        (200, "void_proposed"),
        (400, "invalid"),
        (200, "open"),
        (200, "open"),
        (409, "stale"),
        (200, "open"),
        (200, "open"),
        (200, "waiting"),
        (400, "invalid"),
        (200, "open"),
        (200, "decided"),
    ]
    assert open_thread(receipt.number).status == "declined"


def test_merge_and_unmerge(triager: Desk) -> None:
    main, item = filed(), filed()

    merged = triager.act(item.pk, "merge", {"version": 1, "into": str(main.pk)}).json()
    apart = triager.act(item.pk, "unmerge", {"version": 2}).json()

    assert (merged["state"], merged["outcome"]) == ("decided", "repeat")
    assert (apart["state"], apart["outcome"]) == ("open", None)


def test_lift_and_refer_return_the_item_without_its_title(triager: Desk) -> None:
    subjects = [{"name": "钱某", "organ": CITY}]
    accused, harmless = filed(), filed(title="建议", text="建议周六开门。", subjects=(), place="")

    lifted = triager.act(accused.pk, "lift", {"version": 1, "subjects": subjects})
    referred = triager.act(harmless.pk, "refer", {"version": 1, "organ": COUNTY})

    assert [(one.status_code, one.json()["title"]) for one in (lifted, referred)] == [
        (200, None),
        (200, None),
    ]
    assert triager.get(QUEUE).json()["items"] == []
    assert triager.get(f"{QUEUE}/{accused.pk}").status_code == 404


def test_held_items_are_opened_by_a_moderator(people: People) -> None:
    body = Desk("moderator").act(held().pk, "open", {"version": 1}).json()

    assert body["state"] == "open"


def test_filters_limits_and_cursors_over_the_wire(triager: Desk) -> None:
    for _ in range(3):
        filed()

    first = triager.get(QUEUE, limit="2", state="open", due="week", claimed="none", sort="received").json()
    second = triager.get(QUEUE, limit="2", sort="received", cursor=first["next"]).json()

    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    refused = [{"state": "gone"}, {"limit": "201"}, {"colour": "red"}, {"cursor": "x"}, {"due": "soon"}]
    assert [triager.get(QUEUE, **query).status_code for query in refused] == [400] * 5


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_for_three(
    count: int, triager: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        filed()

    with django_assert_num_queries(12):
        assert len(triager.get(QUEUE).json()["items"]) == count

"""What is sealed above an organ changes nothing it can see: every page, list, number and metric, to the byte.

`county_eyes.py` takes the routes from the resolver, so a new page or list is looked at without being told.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from moderation.forum.actions import create_forum, log_utterance
from moderation.forum.models import Forum
from moderation.ledger.actions import register_lead
from moderation.ledger.models import Lead
from moderation.triage import actions as triage
from moderation.triage.models import TriageItem
from portal.common.clock import BEIJING
from portal.intake.content import Subject
from portal.intake.models import Report
from portal.intake.thread_actions import add_message, withdraw
from portal.vault import node_mac
from tests.people import CITY, COUNTY, PROVINCE, People, file_tip, hire, signed_in
from tests.rest import Rest
from tests.security.county_eyes import RANDOM, Seen, differences, look, narrowed, paths, plain

pytestmark = pytest.mark.django_db
_IDS = (
    "id",
    "item_id",
    "lead_id",
    "forum_id",
    "staff_id",
    "report_id",
    "request_id",
    "draft_id",
    "factor_id",
)

NOW = dt.datetime(2026, 11, 4, 10, 0, tzinfo=BEIJING)
ROLES = ("clerk", "moderator", "triager", "handler", "leader", "supervisor", "custodian", "verifier")
ADMINS = ("auditor", "sysadmin", "secadmin")
NOBODY = "nobody"
OF_THE_DESK = ("/desk/", "/api/v1/desk/", "/api/v1/ledger/")
"""What is elsewhere has no session and knows nobody: a passer-by sees there what everybody sees."""
READERS = ("moderator-county",)
"""The lists are narrowed for one who reads them; the others see them as they are."""
NEUTRAL: dict[str, Any] = {"title": "干警收受财物", "text": "王某在茶楼收受现金。", "subjects": ()}

UPWARD_AT_FILING: dict[str, dict[str, Any]] = {
    "by code": {**NEUTRAL, "organ": COUNTY, "subjects": (Subject(name="王某", organ=COUNTY),)},
    "by code, written to the city": {**NEUTRAL, "subjects": (Subject(name="王某", organ=COUNTY),)},
    "by name": {**NEUTRAL, "organ": COUNTY, "text": "成都市锦江区人民检察院的王某在茶楼收受现金。"},
    "by alias": {**NEUTRAL, "organ": COUNTY, "text": "锦江区院的王某在茶楼收受现金。"},
    "about the office": {**NEUTRAL, "organ": COUNTY, "about_organ": True},
    "not said": {**NEUTRAL, "organ": COUNTY, "about_organ": None},
    "unknown unit": {**NEUTRAL, "organ": COUNTY, "subjects": (Subject(name="王某"),)},
    "about the city": {**NEUTRAL, "organ": COUNTY, "subjects": (Subject(name="王某", organ=CITY),)},
    "a letter the clerk noted": {**NEUTRAL, "organ": COUNTY, "channel": "letter", "about_organ": None},
}


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    """Pages tell the time; here it stands still, and with it what is read anew every minute."""
    with time_machine.travel(NOW, tick=False), mock.patch.object(node_mac, "_KEPT_SECONDS", 10**6):
        yield


@pytest.fixture
def clients(people: People) -> dict[str, Client]:
    """Everybody of the county with a browser of their own, administrators included, and a passer-by."""
    for role in ADMINS:
        hire(f"{role}-county", organ=COUNTY, role=role)
    found = {f"{role}-county": Rest(f"{role}-county").client for role in (*ROLES, *ADMINS)}
    return {**found, NOBODY: Client()}


@pytest.fixture
def addresses(people: People, clients: dict[str, Client]) -> dict[str, list[str]]:
    """Where they look: every route with ids of their own, and every list narrowed for those who have it."""
    own = file_tip(organ=COUNTY, kind="suggestion", title="窗口", text="窗口排队太久。", subjects=()).report
    lead = _lead()
    forum = create_forum(actor=people.clerk_county, kind="forum", name="座谈会", held_on=dt.date(2026, 11, 2))
    ids = {
        "id": own,
        "item_id": own,
        "lead_id": lead.pk,
        "forum_id": forum.pk,
        "staff_id": people.handler_county.staff.pk,
        **dict.fromkeys(("report_id", "request_id", "draft_id", "factor_id"), own),
        "act": "claim",
    }
    everywhere = paths({name: str(value) for name, value in ids.items()})
    of_the_desk = [path for path in everywhere if path.startswith(OF_THE_DESK)]
    lists = list(narrowed())
    return {
        name: everywhere if name == NOBODY else [*of_the_desk, *(lists if name in READERS else ())]
        for name in clients
    }


def _lead() -> Lead:
    return register_lead(
        actor=signed_in("leader-county"),
        source_class="self_check",
        title="自查",
        summary="自查发现。",
        received_on=dt.date(2026, 11, 1),
    )


def _next_number() -> str:
    """The number the county's next lead gets."""
    with transaction.atomic():
        number = _lead().lead_no
        transaction.set_rollback(True)
    return str(number)


def _said_at_the_forum(people: People) -> None:
    """The county's clerk notes what somebody says at their own forum about the county."""
    forum = Forum.objects.get(organ_id=COUNTY)
    log_utterance(
        actor=people.clerk_county,
        forum_id=forum.pk,
        nonce=b"said at a forum.",
        kind="tip",
        text="锦江区检察院的王某在茶楼收受现金。",
        about_organ=True,
    )


def _busy_above(people: People) -> None:
    """Whoever holds them works on them, and their reporters write again."""
    for item in TriageItem.objects.filter(holder_id=CITY, awaits_lift=False):
        triage.claim(actor=people.triager, item_id=item.pk, version=item.version)
    decided = TriageItem.objects.filter(holder_id=CITY, state="open", awaits_lift=False).first()
    assert decided is not None
    triage.reply(
        actor=people.triager, item_id=decided.pk, version=decided.version, text="已收到。", final=False
    )
    decided.refresh_from_db()
    triage.decide(actor=people.triager, item_id=decided.pk, version=decided.version, outcome="lead")


@pytest.fixture
def before(clients: dict[str, Client], addresses: dict[str, list[str]]) -> dict[tuple[str, str], Seen]:
    """What they see before anything happens; one of them looked around before, so that caches are warm."""
    look(
        clients,
        {name: (some if name in (*READERS, NOBODY) else ["/desk/"]) for name, some in addresses.items()},
    )
    return look(clients, addresses)


def test_silence_filed_upward_every_way_leaves_every_byte_as_it_was(
    people: People,
    clients: dict[str, Client],
    addresses: dict[str, list[str]],
    before: dict[tuple[str, str], Seen],
) -> None:
    number = _next_number()

    receipts = {how: file_tip(**what) for how, what in UPWARD_AT_FILING.items()}
    _said_at_the_forum(people)
    add_message(receipt=receipts["by code"].number, text="再补充：茶楼的王某。")
    withdraw(receipt=receipts["by name"].number)
    _busy_above(people)

    holders = set(
        Report.objects.filter(pk__in=[one.report for one in receipts.values()]).values_list("holder_id")
    )
    assert holders == {(CITY,), (PROVINCE,)}
    assert differences(before, look(clients, addresses)) == []
    assert _next_number() == number


def test_silence_moved_upward_what_happens_afterwards_leaves_every_byte_as_it_was(
    people: People,
    clients: dict[str, Client],
    addresses: dict[str, list[str]],
    before: dict[tuple[str, str], Seen],
) -> None:
    moved = _moved_up(people)
    number = _next_number()
    after_the_move = look(clients, addresses)

    add_message(receipt=moved["lift"].number, text="再补充：茶楼的王某。")
    add_message(receipt=moved["follow-up"].number, text="再补充：市检察院也知道。")
    _busy_above(people)

    assert differences(after_the_move, look(clients, addresses)) == []
    assert _next_number() == number
    left = differences(before, after_the_move)
    assert [line for line in left if not line.startswith("auditor-county at /desk/audit/:")] == []


def _moved_up(people: People) -> dict[str, Any]:
    """Three reports the county had: one lifted, one moved by its follow-up, one referred to the city."""
    plain_tip = {**NEUTRAL, "organ": COUNTY, "kind": "suggestion", "text": "茶楼里有人收受现金。"}
    filed = {how: file_tip(**plain_tip) for how in ("lift", "follow-up", "referral")}
    item = {how: TriageItem.objects.get(pk=one.report) for how, one in filed.items()}
    assert {one.holder_id for one in item.values()} == {COUNTY}
    about = (Subject(name="王某", organ=COUNTY),)
    actor = people.triager_county
    triage.lift(actor=actor, item_id=item["lift"].pk, version=item["lift"].version, subjects=about)
    add_message(receipt=filed["follow-up"].number, text="补充：此人是锦江区检察院的王某。")
    triage.refer(actor=actor, item_id=item["referral"].pk, version=item["referral"].version, organ=CITY)
    assert set(
        TriageItem.objects.filter(pk__in=[one.pk for one in item.values()]).values_list("holder_id")
    ) == {(CITY,)}
    return filed


def test_silence_a_report_above_answers_like_one_that_is_not_there(
    people: People, clients: dict[str, Client]
) -> None:
    report, unknown = str(file_tip(**UPWARD_AT_FILING["by code"]).report), str(uuid4())

    def seen(pk: str) -> dict[tuple[str, str], Seen]:
        ids = dict.fromkeys(_IDS, pk) | {"act": "claim"}
        every = [path for path in paths(ids) if pk in path]
        found = look(clients, dict.fromkeys(clients, every))
        return {(name, path.replace(pk, "")): _without(pk, one) for (name, path), one in found.items()}

    assert differences(seen(report), seen(unknown)) == []


def _without(pk: str, one: Seen) -> Seen:
    """The answer without the id that was asked for, which a redirect to the sign-in page repeats."""
    headers = tuple((name, value.replace(pk, "")) for name, value in one.headers)
    return Seen(one.status, headers, one.body.replace(pk, ""), one.statements)


def test_silence_the_comparison_notices_one_report_of_their_own(clients: dict[str, Client]) -> None:
    asked = {
        "moderator-county": ["/desk/", "/desk/queue/", "/desk/queue/?kind=suggestion", "/desk/audit/"],
        "leader-county": ["/api/v1/desk/queue", "/api/v1/desk/queue?q=茶楼"],
        "clerk-county": ["/desk/", "/api/v1/desk/queue"],
        "auditor-county": ["/desk/audit/"],
    }
    who = {name: clients[name] for name in asked}
    look(who, asked)
    before = look(who, asked)

    file_tip(**{**NEUTRAL, "organ": COUNTY, "kind": "suggestion", "text": "茶楼里有人收受现金。"})

    assert {line.partition(": ")[0] for line in differences(before, look(who, asked))} == {
        "moderator-county at /desk/",
        "moderator-county at /desk/queue/",
        "moderator-county at /desk/queue/?kind=suggestion",
        "leader-county at /api/v1/desk/queue",
        "leader-county at /api/v1/desk/queue?q=茶楼",
        "auditor-county at /desk/audit/",
    }


@pytest.mark.parametrize("what", RANDOM)
def test_silence_only_what_is_random_is_left_out(what: str) -> None:
    texts = {
        "CSRF token in a form": ('csrfmiddlewaretoken" value="{}"', "aB3" * 21 + "c"),
        "CSRF token for htmx": ('"X-CSRFToken": "{}"', "aB3" * 21 + "c"),
        "one-time nonce or token of a form": ('name="subject-token" value="{}"', "0f" * 16),
        "id of a draft": ("&quot;id&quot;:&quot;{}&quot;", "0f00000a-" * 4),
    }
    around, random = texts[what]

    assert random not in plain(around.format(random))
    assert plain(around.format("other")) == around.format("other")

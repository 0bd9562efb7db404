"""Who may use which route: one table. A route that is missing here fails the tests."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from moderation.forum.actions import create_forum
from moderation.ledger.models import Lead
from portal.audit.seals import seal_heads
from portal.identity.actions import ask_for_identity
from portal.intake.content import Identity
from tests.factors import give_phone, half
from tests.people import People, file_tip
from tests.rest import Rest, read

pytestmark = pytest.mark.django_db

OWN = ("clerk", "moderator", "triager", "handler", "leader", "supervisor", "custodian", "verifier")
ADMINS = ("sysadmin", "secadmin", "auditor")
COUNTY = tuple(f"{role}-county" for role in OWN)
ABOVE = ("triager-province", "supervisor-province")
ELSEWHERE = ("triager-discipline", "supervisor-discipline")
EVERYBODY = (*OWN, *ADMINS, *COUNTY, *ABOVE, *ELSEWHERE)
QUEUE = ("moderator", "triager", "leader")
HOLDERS = (*QUEUE, "supervisor-province")
"""Who sees what 510100 holds: its queue roles, and the supervisors of the organ above."""

HAND_OVER = tuple(name for name in EVERYBODY if name.split("-")[0] in {"clerk", "triager", "leader"})
READERS = tuple(name for name in EVERYBODY if name.split("-")[0] in {*QUEUE, "supervisor"})
ASKERS = tuple(name for name in EVERYBODY if name.split("-")[0] in {*QUEUE, "custodian"})
CUSTODIANS = ("custodian", "custodian-county")
CLERKS = ("clerk", "clerk-county")
ACTS: tuple[str, ...] = ("claim", "release", "take_over", "open", "void", "decide", "ask", "reply")
ACTS += ("merge", "unmerge", "refer", "lift")


@dataclass(frozen=True)
class Rule:
    """`may`: those who get `granted`; other staff get `refused`, nobody signed in gets `nobody`.

    `public`: everybody gets `granted`, signed in or not.
    """

    method: str = "get"
    may: tuple[str, ...] = ()
    granted: frozenset[int] = frozenset({200})
    refused: int = 404
    nobody: int = 401
    public: bool = False


def public(method: str = "get", *granted: int) -> Rule:
    return Rule(method, public=True, granted=frozenset(granted or (200,)))


def page(may: tuple[str, ...], refused: int = 403, *, method: str = "get", granted: int = 200) -> Rule:
    return Rule(method, may, frozenset({granted}), refused, 302)


def item_act() -> Rule:
    """An act on an item, sent without a version: who may see it is asked for one, others find nothing."""
    return Rule("post", HOLDERS, frozenset({428, 400, 403}), 404)


def forum_act() -> Rule:
    """Only the host's clerk adds to an event; who merely sees it is refused, others find nothing."""
    return Rule("post", ("clerk", *HOLDERS), frozenset({400, 403}), 404, 302)


def _request_act(*who: str) -> Rule:
    """An act on a request it is too early for, or without what it needs; others find nothing."""
    return Rule("post", who, frozenset({400, 403}), 404, 302)


def nobody_in_a_demo(method: str = "get") -> Rule:
    """Second factors are not there in a demo; `tests/portal/accounts/test_factor_pages.py` has the others."""
    return Rule(method, refused=404, nobody=302)


def listing() -> Rule:
    """A list is there for everybody and holds what they may see."""
    return Rule("get", EVERYBODY)


TABLE: dict[str, tuple[Rule, ...]] = {
    "": (public(),),
    "report/": (public(), public("post", 400, 200, 422)),
    "suggest/": (public(), public("post", 400, 200, 422)),
    "report/proof/": (public("get", 302, 405), public("post", 400, 404)),
    "track/": (public(), public("post", 404)),
    "track/add/": (public("get", 302, 405), public("post", 404)),
    "track/rate/": (public("get", 302, 405), public("post", 404)),
    "track/withdraw/": (public("get", 302, 405), public("post", 404)),
    "track/receipt/": (public("get", 302, 405), public("post", 400, 404)),
    "healthz": (public(),),
    "readyz": (public(),),
    "metrics": (public(),),
    "api/v1/schema/": (public(),),
    "api/v1/docs/": (public(),),
    "api/v1/organs": (public(),),
    "api/v1/categories": (public(),),
    "api/v1/forms": (public(),),
    "api/v1/proof-keys": (public(),),
    "api/v1/reports": (public("post", 400),),
    "api/v1/report": (public("get", 401),),
    "api/v1/report/messages": (public("post", 401),),
    "api/v1/report/rating": (public("post", 401),),
    "api/v1/report/withdraw": (public("post", 401),),
    "api/v1/report/receipt": (public("post", 401),),
    "api/v1/desk/session": (Rule("get", EVERYBODY), public("post", 400)),
    "api/v1/desk/queue": (listing(),),
    "api/v1/desk/queue/<uuid:id>": (Rule("get", HOLDERS),),
    **{f"api/v1/desk/queue/<uuid:id>/{act}": (item_act(),) for act in ACTS},
    "api/v1/ledger/leads": (
        listing(),
        Rule("post", HAND_OVER, frozenset({400}), 403),
    ),
    "api/v1/ledger/leads/<uuid:lead_id>": (Rule("get", HOLDERS),),
    "desk/": (page(EVERYBODY),),
    "desk/sign-in/": (public("get", 200, 302), public("post", 200, 403)),
    "desk/second-step/": (public("get", 302), public("post", 302)),  # nobody here is half signed in
    "desk/second-step/challenge/": (nobody_in_a_demo("post"),),
    "desk/factors/": (page(EVERYBODY),),
    "desk/factors/add/": (nobody_in_a_demo(), nobody_in_a_demo("post")),
    "desk/factors/add/phone/": (nobody_in_a_demo(), nobody_in_a_demo("post")),
    "desk/factors/add/key/": (nobody_in_a_demo(), nobody_in_a_demo("post")),
    "desk/factors/add/key/challenge/": (nobody_in_a_demo("post"),),
    "desk/factors/<uuid:factor_id>/remove/": (nobody_in_a_demo("post"),),
    "desk/join/": (public(), public("post", 200)),
    "desk/grants/": (page(EVERYBODY),),
    "desk/staff/": (page(("sysadmin", "secadmin")),),
    "desk/staff/<uuid:staff_id>/": (page(("sysadmin", "secadmin"), 404),),
    "desk/audit/": (page(("auditor",)),),
    "desk/sessions/": (page(EVERYBODY), Rule("post", (), refused=404, nobody=302)),
    "desk/passphrase/": (page(EVERYBODY), Rule("post", EVERYBODY, frozenset({200}), 403, 302)),
    "desk/drafts/": (Rule("post", EVERYBODY, frozenset({400}), 403, 401),),
    "desk/drafts/<uuid:draft_id>/discard/": (Rule("post", (), refused=404, nobody=302),),
    "desk/audit/heads/": (page(("auditor",), method="post"),),
    "desk/identity/": (page(ASKERS),),
    "desk/identity/carry/": (page(CUSTODIANS, method="post", granted=302),),
    "desk/identity/reports/<uuid:report_id>/": (
        Rule("get", HOLDERS, frozenset({200, 403}), 404, 302),
        Rule("post", HOLDERS, frozenset({400, 403}), 404, 302),
    ),
    "desk/identity/<uuid:request_id>/": (page(("triager", "custodian"), 404),),
    "desk/identity/<uuid:request_id>/approve/": (_request_act("triager", "custodian"),),
    "desk/identity/<uuid:request_id>/refuse/": (_request_act("triager", "custodian"),),
    "desk/identity/<uuid:request_id>/withdraw/": (_request_act("custodian"),),
    "desk/identity/<uuid:request_id>/open/": (_request_act("triager"),),
    "desk/identity/<uuid:request_id>/return/": (_request_act("triager"),),
    "desk/identity/<uuid:request_id>/cancel/": (page(("triager",), 404, method="post", granted=302),),
    "desk/queue/": (page(READERS),),
    "desk/queue/index/": (page(READERS), page(READERS, method="post")),
    "desk/queue/next/": (Rule("get", READERS, frozenset({200, 302}), 403, 302),),
    "desk/queue/<uuid:item_id>/": (page(HOLDERS, 404),),
    "desk/queue/<uuid:item_id>/merge/": (page(HOLDERS, 404),),
    "desk/queue/<uuid:item_id>/<slug:act>/": (
        Rule("post", HOLDERS, frozenset({200, 302, 400, 403, 409}), 404, 302),
    ),
    "desk/leads/": (page(EVERYBODY),),
    "desk/leads/new/": (page(HAND_OVER),),
    "desk/leads/<uuid:lead_id>/": (page(HOLDERS, 404),),
    "desk/forums/": (page(EVERYBODY),),
    "desk/forums/new/": (page(CLERKS),),
    "desk/forums/<uuid:forum_id>/": (page(("clerk", *HOLDERS), 404),),
    "desk/forums/<uuid:forum_id>/attendees/": (forum_act(),),
    "desk/forums/<uuid:forum_id>/utterances/": (forum_act(),),
    "desk/log/": (page(CLERKS),),
    "desk/sign-out/": (public("post", 302),),  # the last: it ends everybody's session
}


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        here = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield here
        else:
            yield from _routes(entry, here)


def test_who_may_every_route_is_in_the_table() -> None:
    assert sorted(set(_routes(get_resolver()))) == sorted(TABLE)


@pytest.fixture
def ids(people: People) -> dict[str, str]:
    """One item, one lead, one forum of 510100, and a member of its staff."""
    report = file_tip(identity=Identity(name="李四")).report
    asked = ask_for_identity(actor=people.triager, report_id=report, reason="核实实名")
    triager = Rest("triager")
    for_lead = file_tip(title="另一件").report
    detail = read(triager.get(f"desk/queue/{for_lead}"))
    decided = triager.post(
        f"desk/queue/{for_lead}/decide",
        {"outcome": "lead", "reason": "", "note": "", "version": detail["version"]},
    )
    assert decided.status_code == 200, decided.content
    seal_heads()
    forum = create_forum(actor=people.clerk, kind="forum", name="座谈会", held_on=dt.date(2026, 11, 2))
    return {
        "<uuid:id>": str(report),
        "<uuid:item_id>": str(report),
        "<uuid:lead_id>": str(Lead.objects.get().pk),
        "<uuid:forum_id>": str(forum.pk),
        "<uuid:report_id>": str(report),
        "<uuid:request_id>": str(asked.pk),
        "<uuid:staff_id>": str(people.triager.staff.pk),
        "<uuid:factor_id>": str(report),
        "<slug:act>": "claim",
        "<uuid:draft_id>": str(report),
    }


def test_who_may_each_route_answers_as_the_table_says(ids: dict[str, str]) -> None:
    clients = {name: Rest(name).client for name in EVERYBODY} | {"": Client()}
    for client in clients.values():
        client.handler.enforce_csrf_checks = False
    wrong = []
    for route, rules in TABLE.items():
        path = "/" + route
        for placeholder, value in ids.items():
            path = path.replace(placeholder, value)
        for rule in rules:
            for name, client in clients.items():
                status = _ask(client, rule.method, path)
                if status not in _right(rule, name):
                    wrong.append(f"{rule.method} {path} by {name or 'nobody'}: {status}")

    assert wrong == []


HALF_WAY = {
    "desk/second-step/": frozenset({200, 400}),
    "desk/second-step/challenge/": frozenset({400}),  # has a phone, no security key
    "desk/sign-in/": frozenset({200, 302, 403}),
    "desk/factors/add/": frozenset({403}),
    "desk/factors/add/phone/": frozenset({403}),
    "desk/factors/add/key/": frozenset({403}),
    "desk/factors/add/key/challenge/": frozenset({403}),
}
"""What answers somebody half signed in otherwise than nobody: the second step; registering refuses."""


@pytest.mark.parametrize("username", ["triager", "auditor", "supervisor-province"])
def test_who_may_half_signed_in_is_nobody_everywhere(
    username: str, ids: dict[str, str], outside_demo: None
) -> None:
    give_phone(username)
    client, wrong = half(username), []
    for route, rules in TABLE.items():
        path = "/" + route
        for placeholder, value in ids.items():
            path = path.replace(placeholder, value)
        for rule in rules:
            status = _ask(client, rule.method, path)
            if status not in HALF_WAY.get(route, _right(rule, "")):
                wrong.append(f"{rule.method} {path}: {status}")

    assert wrong == []


def _ask(client: Client, method: str, path: str) -> int:
    if method == "post" and path.startswith("/api/"):
        return client.post(path, "{}", content_type="application/json").status_code
    return int(getattr(client, method)(path).status_code)


def _right(rule: Rule, name: str) -> frozenset[int]:
    if rule.public or name in rule.may:
        return rule.granted
    return frozenset({rule.refused if name else rule.nobody})

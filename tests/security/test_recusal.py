"""A report that names an organ leaves no trace for it: list, count, search, detail, audit, numbers."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from moderation.ledger.models import NumberSeries
from moderation.triage.models import TriageItem
from portal.audit.models import AuditEntry
from portal.intake.models import Report
from portal.organs.queries import organ_tree
from tests.people import CITY, COUNTY, DISCIPLINE, PROVINCE, People, hire, triage_key_of
from tests.rest import TIP, Rest

pytestmark = pytest.mark.django_db

SIBLING = "510105"
HOUSES = {COUNTY: "-county", CITY: "", PROVINCE: "-province", DISCIPLINE: "-discipline"}
ROLES = ("clerk", "moderator", "triager", "handler", "leader", "supervisor", "custodian", "verifier")
API = (
    "desk/queue",
    "desk/queue?state=open",
    "desk/queue?kind=tip&sort=-received",
    "desk/queue?q=茶楼",
    "ledger/leads",
    "ledger/leads?q=XS",
)
PAGES = ("/desk/", "/desk/queue/", "/desk/leads/", "/desk/forums/")
READS = {"queue_read", "item_read", "leads_read", "lead_read", "signed_in", "signed_out", "forum_read"}
_TOKENS = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|name="nonce" value=")[^"]*')

NEUTRAL = {
    "title": "干警收受财物",
    "content": "在茶楼收受现金。",
    "subjects": [],
    "place": "",
    "occurred": "",
}


def _by_code(organ: str) -> dict[str, Any]:
    return {**NEUTRAL, "subjects": [{"name": "王某", "organ": organ}]}


def _in_text(name: str) -> dict[str, Any]:
    return {**NEUTRAL, "content": f"在茶楼收受现金的是{name}的王某。"}


def _follow_up(name: str) -> dict[str, Any]:
    return {**NEUTRAL, "follow_up": f"补充：此人是{name}的。"}


CASES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    # how: (addressed, changes, named, holder)
    "county by code": (CITY, _by_code(COUNTY), COUNTY, CITY),
    "county by name": (COUNTY, _in_text("成都市锦江区人民检察院"), COUNTY, CITY),
    "county by alias": (COUNTY, _in_text("锦江区院"), COUNTY, CITY),
    "county by follow-up": (COUNTY, _follow_up("锦江检察院"), COUNTY, CITY),
    "city by code": (CITY, _by_code(CITY), CITY, PROVINCE),
    "city by name": (COUNTY, _in_text("成都市人民检察院"), CITY, PROVINCE),
    "city by alias": (CITY, _in_text("成都市院"), CITY, PROVINCE),
    "city by follow-up": (CITY, _follow_up("市检察院"), CITY, PROVINCE),
    "province by code": (CITY, _by_code(PROVINCE), PROVINCE, DISCIPLINE),
    "province by name": (PROVINCE, _in_text("四川省人民检察院"), PROVINCE, DISCIPLINE),
    "province by alias": (CITY, _in_text("省检察院"), PROVINCE, DISCIPLINE),
    "province by follow-up": (CITY, _follow_up("四川省院"), PROVINCE, DISCIPLINE),
    "special office by code": (PROVINCE, _by_code(DISCIPLINE), DISCIPLINE, "outside"),
    "special office by name": (CITY, _in_text("派驻四川省人民检察院纪检监察组"), DISCIPLINE, "outside"),
    "special office by alias": (CITY, _in_text("驻省检察院纪检监察组"), DISCIPLINE, "outside"),
    "special office by follow-up": (PROVINCE, _follow_up("派驻省检察院纪检监察组"), DISCIPLINE, "outside"),
    "sibling by code": (COUNTY, _by_code(SIBLING), SIBLING, CITY),
    "sibling by name": (COUNTY, _in_text("成都市青羊区人民检察院"), SIBLING, CITY),
    "sibling by alias": (COUNTY, _in_text("青羊区院"), SIBLING, CITY),
    "sibling by follow-up": (COUNTY, _follow_up("青羊区检察院"), SIBLING, CITY),
}


@pytest.fixture
def sibling_staff(people: People) -> list[str]:
    """Staff of the sibling office."""
    for role in ("triager", "leader", "moderator"):
        hire(f"{role}-sibling", organ=SIBLING, role=role, by=triage_key_of(SIBLING, people))
    return ["triager-sibling", "leader-sibling", "moderator-sibling"]


def _people_below(named: str, sibling_staff: list[str]) -> Iterator[str]:
    """Demo staff of the named organ and of every demo house below it."""
    tree = organ_tree()
    if named == SIBLING:
        yield from sibling_staff
        return
    for organ, suffix in HOUSES.items():
        if named in tree.chain(organ):
            yield from (f"{role}{suffix}" for role in ROLES)


def _seen(client: Client) -> list[tuple[int, str]]:
    answers = [client.get(f"/api/v1/{path}") for path in API] + [client.get(path) for path in PAGES]
    return [(one.status_code, _TOKENS.sub(r"\1", one.content.decode())) for one in answers]


def _traces(organs: set[str]) -> list[object]:
    """What audit, numbers and tables hold for these organs, their own reading left aside."""
    entries = AuditEntry.objects.filter(organ_id__in=organs).exclude(action__in=READS)
    return [
        sorted(entries.values_list("organ_id", "action", "object_id")),
        sorted(NumberSeries.objects.filter(organ_id__in=organs).values_list("organ_id", "last")),
        TriageItem.objects.filter(holder_id__in=organs).count(),
        Report.objects.filter(holder_id__in=organs).count(),
    ]


@pytest.mark.parametrize("how", CASES)
def test_recusal_leaves_no_trace_at_or_below(sibling_staff: list[str], how: str) -> None:
    addressed, changes, named, holder = CASES[how]
    changes = dict(changes)
    follow_up = changes.pop("follow_up", None)
    tree = organ_tree()
    below = {node.code for node in tree if named in tree.chain(node.code)}
    reporter = Rest()
    receipt = ""
    if follow_up is not None:
        receipt = reporter.file(**{**TIP, **changes, "organ": addressed})
        first = Report.objects.get()
        reporter.post("report/messages", {"text": follow_up}, Authorization=f"Receipt {receipt}")
        _assert_gone(first.pk, named, below, holder, sibling_staff)
        return
    clients = [Rest(name).client for name in _people_below(named, sibling_staff)]
    before = [_seen(client) for client in clients], _traces(below)

    reporter.file(**{**TIP, **changes, "organ": addressed})

    report = Report.objects.get()
    assert report.holder_id == holder
    assert ([_seen(client) for client in clients], _traces(below)) == before
    _assert_gone(report.pk, named, below, holder, sibling_staff)


def _assert_gone(report: UUID, named: str, below: set[str], holder: str, sibling_staff: list[str]) -> None:
    assert Report.objects.get(pk=report).holder_id == holder
    assert TriageItem.objects.get(pk=report).holder_id == holder
    assert holder not in below
    for name in _people_below(named, sibling_staff):
        rest = Rest(name)
        assert rest.get(f"desk/queue/{report}").status_code == 404
        assert rest.client.get(f"/desk/queue/{report}/").status_code == 404
        for path in API:
            assert json.loads(rest.get(path).content) == {"items": [], "next": None}

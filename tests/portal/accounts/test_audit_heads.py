"""An auditor takes the sealed heads away: of their own organ and those below, and of no other."""

import json

import pytest

from portal.audit.actions import record
from portal.audit.heads_file import file_fingerprint
from portal.audit.models import AuditEntry
from portal.audit.seals import seal_heads
from portal.common.clock import local_date, now
from tests.moderation.ledger.browser import browser
from tests.people import CITY, COUNTY, OUTSIDER, PROVINCE, People, hire
from tests.portal.public.pages import text_of

pytestmark = pytest.mark.django_db
PAGE, HEADS = "/desk/audit/", "/desk/audit/heads/"
DISCIPLINE = "510000D"


def _sealed(*organs: str) -> None:
    for organ in organs:
        record(organ=organ, actor="x", action="item_lift", object_kind="report", object_id="1")
    seal_heads()


def test_heads_of_own_organ_and_those_below_are_handed_out(people: People) -> None:
    _sealed(PROVINCE, CITY, COUNTY, DISCIPLINE)

    answer = browser("auditor").post(HEADS)

    day = local_date(now()).strftime("%Y%m%d")
    seals = json.loads(answer.content)["seals"]
    assert [seal["organ"] for seal in seals] == [PROVINCE, CITY, COUNTY]
    assert answer["Content-Disposition"] == f'attachment; filename="audit-heads-{PROVINCE}-{day}.json"'
    assert answer["Cache-Control"] == "no-store"


def test_heads_taken_away_are_on_record_with_the_files_fingerprint(people: People) -> None:
    _sealed(PROVINCE, CITY)

    answer = browser("auditor").post(HEADS)

    entry = AuditEntry.objects.get(action="audit_heads_exported")
    assert (entry.organ_id, entry.actor, entry.detail) == (PROVINCE, "auditor", {"count": 2})
    assert entry.object_id == file_fingerprint(answer.content)


def test_heads_for_an_auditor_below_are_the_same_whatever_happens_above(people: People) -> None:
    hire("auditor-city", organ=CITY, role="auditor")
    client = browser("auditor-city")
    _sealed(CITY, COUNTY)
    before, page_before = json.loads(client.post(HEADS).content), text_of(client.get(PAGE))

    _sealed(PROVINCE, DISCIPLINE, OUTSIDER)
    after, page_after = json.loads(client.post(HEADS).content), text_of(client.get(PAGE))

    assert [seal["organ"] for seal in before["seals"]] == [CITY, COUNTY]
    assert {**after, "made_at": ""} == {**before, "made_at": ""}
    assert ("2 个单位" in page_before, "2 个单位" in page_after) == (True, True)


def test_heads_before_the_first_seal_are_not_there(people: People) -> None:
    client = browser("auditor")

    assert client.post(HEADS).status_code == 404
    assert "还没有封签" in text_of(client.get(PAGE))


def test_page_of_one_organ_says_how_many_entries_were_sealed(people: People) -> None:
    _sealed(CITY, COUNTY)

    page = text_of(browser("auditor").get(PAGE, {"organ": COUNTY}))

    assert "封签时，共 1 条。" in page

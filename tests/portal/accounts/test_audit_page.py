"""The auditor's page: every act in words, and nothing typed into its address gets into the log."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from moderation.ledger.models import SourceClass
from moderation.triage.models import Outcome, State
from portal.accounts import audit_words
from portal.accounts.audit_words import in_words
from portal.audit.actions import record
from portal.audit.models import AuditEntry
from portal.identity.models import ClosedFor
from portal.intake.models import Channel, Kind
from portal.vault.models import PurposeKey, VaultKey
from tests.moderation.ledger.browser import browser
from tests.people import CITY, COUNTY, OUTSIDER, People
from tests.portal.public.pages import text_of

pytestmark = pytest.mark.django_db
PAGE = "/desk/audit/"
WRITERS = {
    "record": "action",
    "partial": "action",
    "Act": 2,
    "_audit": None,
    "audit_staff": None,
    "log": 1,
    "close": 2,
    "audit_factor": 1,
}
"""Who writes the log, and where the action stands among their arguments; `None`: any word."""


def _recorded() -> Iterator[str]:
    """Every action that stands as a word in the code that records it."""
    for floor in ("portal", "moderation", "wechat_bot"):
        for file in (Path(settings.BASE_DIR) / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield from _actions(node, node.func.id)


def _actions(call: ast.Call, name: str) -> Iterator[str]:
    if name not in WRITERS:
        return
    place = WRITERS[name]
    words: list[ast.expr] = list(call.args)
    if isinstance(place, int):
        words = words[place : place + 1]
    elif isinstance(place, str):
        words = [keyword.value for keyword in call.keywords if keyword.arg == place]
    for word in words:
        if isinstance(word, ast.Constant) and isinstance(word.value, str):
            yield word.value


def test_words_cover_every_action_the_code_records() -> None:
    assert sorted(set(_recorded())) == sorted(audit_words.ACTIONS)


def test_words_of_closed_lists_are_the_lists_own() -> None:
    lists = {
        "kind": Kind,
        "channel": Channel,
        "outcome": Outcome,
        "source_class": SourceClass,
        "from": State,
        "purpose": VaultKey.Purpose,
        "node_key": PurposeKey.Purpose,
        "why": ClosedFor,
    }

    for name, words in lists.items():
        assert audit_words._VALUES[name] == {value: str(label) for value, label in words.choices}


def test_entry_says_in_words_what_is_so() -> None:
    entry = AuditEntry(
        action="queue_read", object_kind="queue", detail={"count": 3, "searched": False, "reason": ""}
    )
    searched = AuditEntry(
        action="item_decide", object_kind="report", detail={"outcome": "lead", "final": True}
    )
    roles = AuditEntry(action="roles_set", object_kind="staff", detail={"roles": "leader,triager"})

    assert (in_words(entry).action, in_words(entry).object) == ("查看队列", "队列")
    assert [in_words(one).details for one in (entry, searched, roles)] == [
        ("条数：3",),
        ("定性：问题线索", "办理结果"),
        ("岗位：负责人、分流员",),
    ]


def test_page_shows_words(people: People) -> None:
    details = {"count": 7, "searched": False}
    record(
        organ=CITY, actor="triager", action="queue_read", object_kind="queue", object_id=CITY, detail=details
    )

    page = text_of(browser("auditor").get(PAGE))

    assert ("查看队列" in page, "条数：7" in page) == (True, True)
    assert [word for word in ("queue_read", "searched", "False", "count") if word in page] == []


@pytest.mark.parametrize("typed", ["我想说的话", OUTSIDER + "x", "x" * 500, "*"])
def test_page_keeps_what_is_typed_for_an_organ_out_of_the_log(people: People, typed: str) -> None:
    client = browser("auditor")

    answer = client.get(PAGE, {"organ": typed})

    read = AuditEntry.objects.get(action="audit_read")
    assert (answer.status_code, read.object_id) == (200, "all")


def test_page_of_one_organ_shows_its_entries_alone(people: People) -> None:
    for organ in ("510000", CITY, COUNTY):
        record(organ=organ, actor="x", action="item_lift", object_kind="report", object_id="1")
    client = browser("auditor")
    place = people.auditor.staff.organ_id

    answer = client.get(PAGE, {"organ": COUNTY})

    read = AuditEntry.objects.get(action="audit_read")
    assert (read.organ_id, read.object_id, read.detail) == (place, COUNTY, {"count": 1})
    assert text_of(answer).count("密封径送") == 1

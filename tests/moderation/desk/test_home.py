"""The first page of the desk, for everybody who sits down at one."""

import datetime as dt
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.triage import actions
from moderation.triage.models import TriageItem
from portal.accounts.admitting import admit
from portal.accounts.models import Staff
from portal.audit.models import AuditEntry
from portal.common.clock import now
from portal.vault.keys import fingerprint
from tests.moderation.ledger.browser import browser
from tests.people import CITY, People, file_tip, hire

pytestmark = pytest.mark.django_db

TITLE = "锦江区院一名干警收受请托人财物"
_MAIN = re.compile(r'class="table__main">.*?>([^<>]+)</a>', re.DOTALL)


def _home(person: str) -> str:
    page = browser(person).get("/desk/")
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ("clerk", "登记员不能再看到"),
        ("handler", "交给您办理的线索"),
        ("verifier", "申请销账的线索"),
        ("custodian", "需要查看身份的申请"),
        ("sysadmin", "开设和停用账号"),
        ("secadmin", "设置别人的岗位"),
        ("auditor", "查看本院和下级院的操作记录"),
        ("supervisor", "您看到的是下一级院的受理情况"),
        ("moderator", "一件来件怎么办"),
        ("triager", "一件来件怎么办"),
        ("leader", "一件来件怎么办"),
    ],
)
def test_home_tells_each_role_what_it_does_here(house: None, person: str, told: str) -> None:
    assert told in _home(person)


@pytest.mark.parametrize(
    "person",
    [
        *("clerk", "handler", "supervisor", "custodian", "verifier", "sysadmin", "secadmin", "auditor"),
        *("triager-county", "leader-county", "supervisor-county", "triager-province"),
    ],
)
def test_home_shows_nothing_of_an_item_to_others(house: None, person: str) -> None:
    before = _without_token(_home(person))
    file_tip()

    assert _without_token(_home(person)) == before


def test_home_without_a_session_leads_to_the_sign_in_page(house: None) -> None:
    assert Client().get("/desk/")["Location"] == "/desk/sign-in/?next=%2Fdesk%2F"


def test_home_lists_mine_then_what_comes_next_urgent_and_early_first(people: People) -> None:
    early = _filed("早到的", days=5)
    mine = _filed("我的", days=2)
    _filed("晚到的", days=1)
    _filed("紧急的", text="今晚再没有人管我就不想活了。")
    theirs = _filed("别人的", days=6)
    actions.claim(actor=people.triager, item_id=mine.pk, version=mine.version)
    actions.claim(actor=people.triager2, item_id=theirs.pk, version=theirs.version)

    page = _home("triager")

    assert early.urgent is False
    assert _MAIN.findall(page) == ["我的", "紧急的", "早到的", "晚到的"]


def test_home_lists_what_is_decided_and_still_owed_an_answer(people: People) -> None:
    item = _filed("该答复的", days=8)
    later = _filed("不急的", days=1)
    for one in (item, later):
        actions.decide(actor=people.triager, item_id=one.pk, version=one.version, outcome="complaints_dept")

    assert _MAIN.findall(_home("triager")) == ["该答复的"]


def test_home_figures_count_up_to_today(people: People) -> None:
    _filed("超期的", days=20)
    asked = _filed("问过的")
    junk = _filed("广告")
    actions.ask(actor=people.triager, item_id=asked.pk, version=asked.version, text="请补充时间。")
    actions.void(actor=people.triager, item_id=junk.pk, version=junk.version, reason="广告")

    counted = re.findall(r"<strong>([\d+]+)</strong>(\w+)</a>", _home("triager"))
    figures = {label: count for count, label in counted}

    assert figures == {
        "待审核": "0",
        "待分流": "1",
        "今天到期": "0",
        "已超期": "1",
        "待来件人补充": "1",
        "待确认作废": "1",
    }


@pytest.mark.parametrize("count", [1, 3])
def test_home_query_count_is_constant(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        _filed(f"第{number}件")
        mine = _filed(f"我的第{number}件")
        actions.claim(actor=people.moderator, item_id=mine.pk, version=mine.version)
    client = browser("moderator")
    client.get("/desk/")

    with django_assert_num_queries(28):
        page = client.get("/desk/").content.decode()

    assert page.count('class="table__main"') == 2 * count


def test_home_reading_titles_is_on_record_once(people: People) -> None:
    _filed("甲"), _filed("乙")

    _home("triager")

    (entry,) = AuditEntry.objects.filter(action="queue_read")
    assert (entry.organ_id, entry.actor, entry.detail) == (CITY, "triager", {"count": 2, "searched": False})


def test_home_without_titles_is_no_reading(house: None) -> None:
    _home("triager")

    assert AuditEntry.objects.filter(action="queue_read").count() == 0


def test_home_of_a_newcomer_shows_their_fingerprint_until_a_colleague_lets_them_in(people: People) -> None:
    newcomer = hire("newcomer", organ=CITY, role="triager")
    _filed("一件")

    alone = _home("newcomer")
    colleague = _home("triager")
    admit(
        actor=people.triager,
        staff=Staff.objects.get(pk=newcomer.staff.pk),
        compared=fingerprint(newcomer.keyring.personal.public),
    )
    admitted = _home("newcomer")

    assert ("您的密钥还在等待授权" in alone, "一件" in alone) == (True, False)
    assert "1 位同事在等待授权" in colleague
    assert ("您的密钥还在等待授权" in admitted, "一件</a>" in admitted) == (False, True)


def _filed(title: str, *, days: int = 0, text: str = "某日在茶楼收受现金。") -> TriageItem:
    moment = now() - dt.timedelta(days=days)
    return TriageItem.objects.get(pk=file_tip(title=title, text=text, now=moment).report)


def _without_token(page: str) -> str:
    return re.sub(r'"[A-Za-z0-9]{64}"', "", page)


@pytest.mark.parametrize("count", [1, 3])
def test_home_query_count_does_not_grow_with_colleagues_who_wait(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        hire(f"newcomer-{number}", organ=CITY, role="triager")
    client = browser("moderator")
    client.get("/desk/")

    with django_assert_num_queries(21):
        page = client.get("/desk/").content.decode()

    assert f"{count} 位同事在等待授权" in page

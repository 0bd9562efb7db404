"""The sessions page: what is shown of one's sessions, and ending them at once."""

import datetime as dt
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Staff, StaffSession
from portal.audit.models import AuditEntry
from portal.common.clock import now
from tests.moderation.ledger.browser import browser
from tests.people import People

pytestmark = pytest.mark.django_db
SESSIONS = "/desk/sessions/"


def _handles(client: Client) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f-]{36})"', client.get(SESSIONS).content.decode())


def _ended(actor: str) -> list[object]:
    rows = AuditEntry.objects.filter(actor=actor, action="sessions_ended").order_by("sequence")
    return [(row.detail["count"], row.object_id) for row in rows]


def test_sessions_page_shows_ones_own_only_and_never_the_session_key(house: None) -> None:
    here, _there, _colleague = browser("triager"), browser("triager"), browser("leader")

    page = here.get(SESSIONS).content.decode()

    assert (page.count("本次登录"), len(_handles(here))) == (1, 1)
    assert [key for key in StaffSession.objects.values_list("session_key", flat=True) if key in page] == []


def test_ending_one_session_ends_it_at_once_and_no_other(people: People) -> None:
    here, there = browser("triager"), browser("triager")
    browser("triager")
    handle = str(StaffSession.objects.get(session_key=there.session.session_key).handle)

    here.post(SESSIONS, {"session": handle})

    assert (there.get("/desk/").status_code, here.get("/desk/").status_code) == (302, 200)
    assert len(_handles(here)) == 1
    assert _ended("triager") == [(1, str(people.triager.staff.pk))]


def test_ending_all_others_keeps_this_one(house: None) -> None:
    here, *others = (browser("triager") for _ in range(3))
    colleague = browser("leader")

    here.post(SESSIONS, {"others": "1"})

    assert [client.get("/desk/").status_code for client in others] == [302, 302]
    assert [client.get("/desk/").status_code for client in (here, colleague)] == [200, 200]


def test_sessions_page_says_which_are_locked(house: None) -> None:
    here, _idle = browser("triager"), browser("triager")
    StaffSession.objects.exclude(session_key=here.session.session_key).update(
        seen_at=now() - dt.timedelta(minutes=16)
    )

    page = here.get(SESSIONS).content.decode()

    assert (page.count("已锁定"), page.count("使用中")) == (1, 0)


@pytest.mark.parametrize("handle", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_ending_what_is_no_session_of_ones_own_is_not_found(house: None, handle: str) -> None:
    assert browser("triager").post(SESSIONS, {"session": handle}).status_code == 404


def test_ending_a_colleagues_session_is_not_found(house: None) -> None:
    colleague = browser("leader")
    handle = str(StaffSession.objects.get().handle)

    answer = browser("triager").post(SESSIONS, {"session": handle})

    assert (answer.status_code, colleague.get("/desk/").status_code) == (404, 200)


def test_sysadmin_ends_all_sessions_of_somebody(people: People) -> None:
    first, second = browser("clerk"), browser("clerk")
    staff = people.clerk.staff

    page = browser("sysadmin").post(f"/desk/staff/{staff.pk}/", {"end_sessions": "1"}).content.decode()

    assert "已结束 2 处登录" in page
    assert [client.get("/desk/").status_code for client in (first, second)] == [302, 302]
    assert Staff.objects.get(pk=staff.pk).active
    assert _ended("sysadmin") == [(2, str(staff.pk))]


@pytest.mark.parametrize(("name", "status"), [("secadmin", 403), ("leader", 404), ("auditor", 404)])
def test_nobody_else_ends_somebodys_sessions(people: People, name: str, status: int) -> None:
    client = browser("clerk")

    answer = browser(name).post(f"/desk/staff/{people.clerk.staff.pk}/", {"end_sessions": "1"})

    assert (answer.status_code, client.get("/desk/").status_code) == (status, 200)


def test_sysadmin_ends_nobodys_sessions_at_the_special_office(people: People) -> None:
    client = browser("triager-discipline")
    path = f"/desk/staff/{people.triager_discipline.staff.pk}/"

    answer = browser("sysadmin").post(path, {"end_sessions": "1"})

    assert (answer.status_code, client.get("/desk/").status_code) == (404, 200)


@pytest.mark.parametrize("count", [1, 3])
def test_sessions_page_costs_the_same(
    house: None, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = browser("auditor")
    for _ in range(count - 1):
        browser("auditor")
    here.get("/desk/grants/")

    with django_assert_num_queries(6):
        page = here.get(SESSIONS).content.decode()

    assert page.count("<tr>") - page.count("<thead><tr>") == count

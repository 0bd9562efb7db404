"""The account pages: who may open them, what they do by form, and what a list costs."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.accounts.actions import invite_staff, join, set_roles
from portal.accounts.admitting import own_fingerprint
from portal.accounts.models import Staff
from portal.accounts.signed_in import acting, key_owner
from portal.audit.actions import record
from portal.audit.models import AuditEntry, AuditHead
from portal.organs.queries import organ_tree
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.models import Grant
from tests.moderation.ledger.browser import browser
from tests.people import CITY, COUNTY, DISCIPLINE, OUTSIDER, PROVINCE, People

pytestmark = pytest.mark.django_db

EVERYBODY = ("clerk", "moderator", "triager", "handler", "leader", "supervisor", "custodian", "verifier")
ADMINS = ("sysadmin", "secadmin", "auditor")
STAFF, GRANTS, AUDIT = "/desk/staff/", "/desk/grants/", "/desk/audit/"
PHRASE = "春江水暖鸭先知 2026"


def _code_on(page: str) -> str | None:
    found = re.search(r'加入码.*?class="fingerprint">([0-9a-f]{20})<', page)
    return found[1] if found else None


def _rows(page: str) -> int:
    return page.count("<tr>") - page.count("<thead><tr>")


def _newcomer(people: People, username: str, roles: frozenset[str] = frozenset({"triager"})) -> Staff:
    """Somebody who has set a passphrase and waits to be let in."""
    invited = invite_staff(actor=people.sysadmin, username=username, display_name=username, organ=CITY)
    staff = join(username=username, code=invited.code, passphrase=PHRASE)
    return set_roles(actor=people.secadmin, staff=staff, roles=roles)


def _read_aloud(staff: Staff) -> str:
    row = current_personal_key(key_owner(staff))
    assert row is not None
    return own_fingerprint(acting(staff, Keyring(open_personal_key(row, PHRASE)))) or ""


@pytest.mark.parametrize(
    ("path", "may"),
    [(STAFF, {"sysadmin", "secadmin"}), (AUDIT, {"auditor"}), (GRANTS, {*EVERYBODY, *ADMINS})],
)
def test_pages_open_for_those_who_may(house: None, path: str, may: set[str]) -> None:
    answers = {name: browser(name).get(path).status_code for name in (*EVERYBODY, *ADMINS)}

    assert answers == {name: 200 if name in may else 403 for name in (*EVERYBODY, *ADMINS)}
    assert Client().get(path).status_code == 302


# --- staff --------------------------------------------------------------------------------------------


def test_invite_by_form_shows_the_code_once_and_the_code_joins(house: None) -> None:
    client = browser("sysadmin")

    shown = client.post(STAFF, {"username": "newcomer", "display_name": "新同事", "organ": COUNTY})
    again = client.get(STAFF)
    code = _code_on(shown.content.decode())
    joined = Client().post(
        "/desk/join/", {"username": "newcomer", "code": code, "passphrase": PHRASE, "again": PHRASE}
    )

    assert code is not None
    assert _code_on(again.content.decode()) is None
    assert code not in again.content.decode()
    assert "口令已设置" in joined.content.decode()
    staff = Staff.objects.get(username="newcomer")
    assert (staff.organ_id, staff.roles, staff.invited_until) == (COUNTY, frozenset(), None)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"username": "triager"}, "这个用户名已有人使用"),
        ({"organ": "999999"}, "请选择本院或下级院"),
        ({"organ": DISCIPLINE}, "请选择本院或下级院"),
        ({"display_name": ""}, "该字段是必填项"),
    ],
)
def test_invite_by_form_refused_says_why_and_keeps_the_words(
    house: None, changes: dict[str, str], told: str
) -> None:
    sent = {"username": "newcomer", "display_name": "新同事", "organ": CITY, **changes}

    page = browser("sysadmin").post(STAFF, sent).content.decode()

    assert told in page
    assert all(f'value="{value}"' in page for value in sent.values() if value)
    assert (_code_on(page), Staff.objects.filter(username="newcomer").count()) == (None, 0)


def test_invite_by_secadmin_is_refused(house: None) -> None:
    sent = {"username": "newcomer", "display_name": "新同事", "organ": CITY}

    answer = browser("secadmin").post(STAFF, sent)

    assert (answer.status_code, Staff.objects.filter(username="newcomer").count()) == (403, 0)


def test_staff_page_offers_the_form_to_sysadmins_only(house: None) -> None:
    pages = {name: browser(name).get(STAFF).content.decode() for name in ("sysadmin", "secadmin")}

    assert {name: 'name="username"' in page for name, page in pages.items()} == {
        "sysadmin": True,
        "secadmin": False,
    }


def _only(people: People, count: int) -> None:
    """Leave the administered staff at `count`: the sysadmin and so many more."""
    tree = organ_tree()
    kept = ["sysadmin", "triager", "leader-county"][:count]
    below = [node.code for node in tree if PROVINCE in (node.code, *tree.ancestors(node.code))]
    Staff.objects.filter(organ_id__in=below).exclude(username__in=kept).update(organ_id=DISCIPLINE)


@pytest.mark.parametrize("count", [1, 3])
def test_staff_list_costs_the_same(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser("sysadmin")
    client.get(STAFF)
    _only(people, count)

    with django_assert_num_queries(7):
        page = client.get(STAFF).content.decode()

    assert _rows(page) == count


# --- one person ---------------------------------------------------------------------------------------


def test_roles_by_form_are_saved_and_shown(people: People) -> None:
    staff = people.clerk.staff
    client = browser("secadmin")

    page = client.post(f"{STAFF}{staff.pk}/", {"roles": ["moderator", "leader"]}).content.decode()
    again = client.get(f"{STAFF}{staff.pk}/").content.decode()

    assert "岗位已保存" in page
    assert Staff.objects.get(pk=staff.pk).roles == {"moderator", "leader"}
    assert sorted(re.findall(r'value="(\w+)"[^>]*checked', again)) == ["leader", "moderator"]


def test_roles_by_form_forbidden_mix_is_explained_and_nothing_saved(people: People) -> None:
    staff = people.clerk.staff

    page = browser("secadmin").post(f"{STAFF}{staff.pk}/", {"roles": ["auditor", "leader"]}).content.decode()

    assert "必须单独设置" in page
    assert "岗位已保存" not in page
    assert Staff.objects.get(pk=staff.pk).roles == {"clerk"}


def test_roles_by_form_of_a_sysadmin_are_refused(people: People) -> None:
    staff = people.clerk.staff

    answer = browser("sysadmin").post(f"{STAFF}{staff.pk}/", {"roles": ["leader"]})

    assert answer.status_code == 403
    assert Staff.objects.get(pk=staff.pk).roles == {"clerk"}


def test_close_by_form_ends_the_account(people: People) -> None:
    staff = people.clerk.staff
    theirs = browser("clerk")

    refused = browser("secadmin").post(f"{STAFF}{staff.pk}/", {"close": "1"})
    done = browser("sysadmin").post(f"{STAFF}{staff.pk}/", {"close": "1"})

    assert (refused.status_code, done.status_code, done["Location"]) == (403, 302, STAFF)
    assert Staff.objects.get(pk=staff.pk).active is False
    assert theirs.get("/desk/").status_code == 302


def test_person_of_the_special_office_is_not_found(people: People) -> None:
    staff = people.triager_discipline.staff

    answers = [browser(name).get(f"{STAFF}{staff.pk}/").status_code for name in ("sysadmin", "secadmin")]

    assert answers == [404, 404]


# --- grants -------------------------------------------------------------------------------------------


def test_grant_by_form_after_comparing(people: People) -> None:
    staff = _newcomer(people, "newcomer")
    client, sent = browser("triager"), {"staff": str(staff.pk), "fingerprint": _read_aloud(staff)}
    shown = client.get(GRANTS).content.decode()
    granted = Grant.objects.filter(to__owner=key_owner(staff), key__purpose="triage")

    unchecked = client.post(GRANTS, sent)
    before = granted.count()
    done = client.post(GRANTS, {**sent, "compared": "on"}).content.decode()

    assert sent["fingerprint"] in shown
    assert (unchecked.status_code, before, granted.count()) == (400, 0, 1)
    assert "已授权：newcomer" in done
    assert "没有等待授权的同事" in done


def test_grants_page_of_another_organ_shows_nobody(people: People) -> None:
    _newcomer(people, "newcomer")

    page = browser("triager-county").get(GRANTS).content.decode()

    assert ("没有等待授权的同事" in page, "newcomer" in page) == (True, False)


@pytest.mark.parametrize("count", [1, 3])
def test_grants_list_costs_the_same(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        _newcomer(people, f"newcomer{number}")
    client = browser("triager")
    client.get(GRANTS)

    with django_assert_num_queries(13):
        page = client.get(GRANTS).content.decode()

    assert page.count('name="compared"') == count


# --- audit --------------------------------------------------------------------------------------------


def _log(organ: str, count: int) -> None:
    """The log holds so many entries of this organ."""
    AuditEntry.objects.filter(organ=organ).delete()
    AuditHead.objects.filter(organ=organ).delete()
    for number in range(count):
        record(organ=organ, actor="triager", action="item_claim", object_kind="report", object_id=number)


def _organs_on(page: str) -> list[str]:
    return re.findall(r'data-label="单位">([^<]+)<', page)


def test_audit_filter_by_organ(house: None) -> None:
    client = browser("auditor")
    _log(CITY, 2)
    record(organ=COUNTY, actor="clerk-county", action="signed_in", object_kind="staff", object_id=1)
    names = {code: organ_tree().node(code).short_name for code in (CITY, COUNTY)}

    county = client.get(AUDIT, {"organ": COUNTY}).content.decode()
    city = client.get(AUDIT, {"organ": CITY}).content.decode()

    assert _organs_on(county) == [names[COUNTY]]
    assert _organs_on(city) == [names[CITY]] * 2
    assert f'value="{COUNTY}" selected' in county


def test_audit_reading_is_logged_with_the_organ_read(house: None) -> None:
    client = browser("auditor")

    client.get(AUDIT, {"organ": CITY})
    client.get(AUDIT)

    reads = AuditEntry.objects.filter(action="audit_read").order_by("sequence")
    assert [(row.actor, row.organ_id, row.object_id) for row in reads] == [
        ("auditor", PROVINCE, CITY),
        ("auditor", PROVINCE, "all"),
    ]


def test_audit_of_an_organ_not_below_is_never_shown(house: None) -> None:
    client = browser("auditor")
    _log(DISCIPLINE, 2)

    page = client.get(AUDIT, {"organ": DISCIPLINE}).content.decode()

    assert organ_tree().node(DISCIPLINE).short_name not in _organs_on(page)


@pytest.mark.parametrize("count", [1, 3])
def test_audit_list_costs_the_same(
    house: None, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser("auditor")
    client.get(AUDIT)
    _log(OUTSIDER, count)

    with django_assert_num_queries(12):
        page = client.get(AUDIT, {"organ": OUTSIDER}).content.decode()

    assert _rows(page) == count

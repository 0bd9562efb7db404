"""A session nobody uses is locked: its key is destroyed, it still knows whose it is, and opens nothing."""

import datetime as dt
from typing import cast

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from portal.accounts.actions import close_account
from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.middleware import KEY_COOKIE
from portal.accounts.models import Staff, StaffSession
from portal.accounts.sessions import lock_idle_sessions, note_activity
from portal.audit.models import AuditEntry
from portal.common.clock import now
from portal.vault.models import VaultKey
from tests.moderation.ledger.browser import browser
from tests.people import People
from tests.portal.accounts.desk_window import SIGN_IN, away, unlock

pytestmark = pytest.mark.django_db


def _only() -> StaffSession:
    return StaffSession.objects.get()


def _acts(username: str) -> list[str]:
    rows = AuditEntry.objects.filter(actor=username).order_by("sequence")
    return list(rows.values_list("action", flat=True))


def test_idle_session_loses_its_key_on_the_next_request_and_asks_for_the_passphrase(house: None) -> None:
    client = browser("triager")
    away()

    answer = client.get("/desk/grants/")
    page = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == "/desk/sign-in/?next=%2Fdesk%2Fgrants%2F"
    assert (_only().stored_key, _only().staff.username) == (None, "triager")
    assert ("分流员 张" in page, 'name="username" value="triager"' in page) == (True, True)


def test_idle_session_nobody_touches_is_locked_by_housekeeping(house: None) -> None:
    browser("triager")
    browser("leader")
    away(username="triager")

    call_command("housekeeping")

    locked = dict(StaffSession.objects.values_list("staff__username", "stored_key"))
    assert (locked["triager"], locked["leader"] is None) == (None, False)


def test_used_session_is_not_locked(house: None) -> None:
    client = browser("triager")
    away(14)

    first = client.get("/desk/grants/").status_code
    seen = _only().seen_at

    assert (first, lock_idle_sessions(now=now() + dt.timedelta(minutes=14))) == (200, 0)
    assert now() - seen < dt.timedelta(minutes=1)


def test_request_that_began_before_the_lock_does_not_bring_the_key_back(house: None) -> None:
    browser("triager")
    away(14)
    as_a_request_read_it = _only()
    StaffSession.objects.update(stored_key=None)

    note_activity(as_a_request_read_it, now=now())

    row = _only()
    assert row.stored_key is None
    assert now() - row.seen_at > dt.timedelta(minutes=13)


def test_locked_session_is_nobody_to_the_api(house: None) -> None:
    client = browser("triager")
    away()

    answers = [client.get("/api/v1/desk/session"), client.get("/api/v1/desk/queue")]
    written = client.post("/api/v1/ledger/leads", {}, content_type="application/json")

    assert [(one.status_code, one.json()["code"]) for one in (*answers, written)] == [
        (401, "not_signed_in")
    ] * 3


def test_unlocking_goes_back_and_begins_another_session(house: None) -> None:
    client = browser("triager")
    old, old_cookie = _only().session_key, client.cookies[KEY_COOKIE].value
    away()
    client.get("/desk/grants/")

    answer = unlock(client, "triager", "/desk/grants/")

    assert answer["Location"] == "/desk/grants/"
    assert client.get("/desk/grants/").status_code == 200
    assert (_only().session_key == old, client.cookies[KEY_COOKIE].value == old_cookie) == (False, False)
    assert _acts("triager") == ["signed_in", "session_unlocked"]


def test_unlocking_with_a_wrong_passphrase_stays_locked(house: None) -> None:
    client = browser("triager")
    away()
    client.get("/desk/grants/")

    answers = [unlock(client, "triager", passphrase="wrong").status_code for _ in range(5)]
    even_the_right_one = unlock(client, "triager").status_code

    assert answers == [401] * 5
    assert even_the_right_one == 429
    assert _only().locked


def _send_with_token(client: Client, path: str, token: str, **sent: str) -> HttpResponse:
    return cast(HttpResponse, client.post(path, {"csrfmiddlewaretoken": token, **sent}))


def test_unlocking_leaves_the_forms_of_other_windows_good(house: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(SIGN_IN)
    _send_with_token(client, SIGN_IN, _token(client), username="triager", passphrase=PASSPHRASE)
    client.get("/desk/")
    in_other_window = _token(client)
    away()
    client.get("/desk/")
    _send_with_token(client, SIGN_IN, _token(client), username="triager", passphrase=PASSPHRASE)

    answer = _send_with_token(client, "/desk/sessions/", in_other_window, others="1")

    assert (answer.status_code, answer["Location"]) == (302, "/desk/sessions/?done=others")


def _token(client: Client) -> str:
    return client.cookies["csrftoken"].value


def test_unlocking_a_closed_account_fails_like_any_wrong_passphrase(people: People) -> None:
    client = browser("clerk")
    away()
    client.get("/desk/")
    close_account(actor=people.sysadmin, staff=Staff.objects.get(username="clerk"))

    answer = unlock(client, "clerk")

    assert answer.status_code == 401
    assert list(StaffSession.objects.filter(staff__username="clerk")) == []


@pytest.mark.parametrize("what", ["closed", "another key"])
def test_account_closed_or_key_replaced_while_the_passphrase_is_checked_gets_no_session(
    people: People, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    client = browser("clerk")
    away()
    client.get("/desk/")
    key = _only().key_id

    def meanwhile(*_args: object) -> bool:
        if what == "closed":
            close_account(actor=people.sysadmin, staff=Staff.objects.get(username="clerk"))
        else:
            VaultKey.objects.filter(pk=key).update(superseded_at=now())
        return False

    monkeypatch.setattr("portal.accounts.sign_in.renew_lock", meanwhile)

    answer = unlock(client, "clerk")

    assert answer.status_code == 401
    assert StaffSession.objects.filter(stored_key__isnull=False).count() == 0
    assert client.get("/desk/").status_code == 302


def test_locked_session_whose_key_was_replaced_is_nobodys(people: People) -> None:
    client = browser("clerk")
    away()
    client.get("/desk/")
    VaultKey.objects.filter(pk=_only().key_id).update(superseded_at=now())

    page = client.get(SIGN_IN).content.decode()
    answer = unlock(client, "clerk")

    assert ("已锁定" in page, answer.status_code) == (False, 401)
    assert client.get("/desk/").status_code == 302


def test_open_session_whose_key_was_replaced_is_nobodys(people: People) -> None:
    client = browser("clerk")
    VaultKey.objects.filter(pk=_only().key_id).update(superseded_at=now())

    assert client.get("/desk/").status_code == 302


def test_somebody_else_signs_in_over_a_locked_session(house: None) -> None:
    client = browser("triager")
    away()
    client.get("/desk/")

    unlock(client, "leader")

    assert (_only().staff.username, _acts("leader")) == ("leader", ["signed_in"])


def test_locked_session_can_be_left(house: None) -> None:
    client = browser("triager")
    away()
    client.get("/desk/")

    client.post("/desk/sign-out/")

    assert StaffSession.objects.count() == 0
    assert "已锁定" not in client.get(SIGN_IN).content.decode()

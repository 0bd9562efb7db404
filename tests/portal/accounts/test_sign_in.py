"""Signing in over the API: one answer for every failure, throttling that slows strangers only."""

import datetime as dt
import json
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.device_cookie import DEVICE_COOKIE
from portal.accounts.middleware import KEY_COOKIE
from portal.accounts.models import StaffSession
from portal.audit.models import AuditEntry
from portal.common.clock import now

pytestmark = pytest.mark.django_db
URL = "/api/v1/desk/session"


def _sign_in(client: Client, username: str = "triager", password: str = PASSPHRASE) -> Any:
    body = json.dumps({"username": username, "password": password})
    return client.post(URL, body, content_type="application/json")


def _body(response: HttpResponseBase) -> Any:
    return json.loads(response.content)  # type: ignore[attr-defined]  # the client reads it whole


def test_sign_in_tells_who_and_sets_cookies(house: None, client: Client) -> None:
    response = _sign_in(client)

    assert response.status_code == 200
    assert _body(response) == {
        "username": "triager",
        "display_name": "分流员 张",
        "organ": "510100",
        "roles": ["triager"],
    }
    assert {"sessionid", KEY_COOKIE, DEVICE_COOKIE, "csrftoken"} == set(response.cookies)
    assert all(response.cookies[name]["httponly"] for name in ("sessionid", KEY_COOKIE, DEVICE_COOKIE))
    assert _body(client.get(URL))["username"] == "triager"


@pytest.mark.parametrize(("username", "password"), [("triager", "wrong"), ("nobody", PASSPHRASE), ("", "")])
def test_sign_in_every_failure_is_refused(house: None, client: Client, username: str, password: str) -> None:
    response = _sign_in(client, username, password)

    assert response.status_code in {400, 401}
    assert KEY_COOKIE not in response.cookies


def test_sign_in_unknown_and_wrong_get_one_answer(house: None, client: Client) -> None:
    assert _sign_in(client, "triager", "wrong").content == _sign_in(client, "nobody", "wrong").content


def test_sign_in_nobody_is_signed_in_without_session(house: None, client: Client) -> None:
    response = client.get(URL)

    assert response.status_code == 401
    assert _body(response)["code"] == "not_signed_in"


def test_sign_in_five_failures_then_wait(house: None, client: Client) -> None:
    for _ in range(5):
        assert _sign_in(client, password="wrong").status_code == 401

    response = _sign_in(client)

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_sign_in_stranger_cannot_lock_a_known_browser_out(house: None) -> None:
    own, stranger = Client(), Client()
    assert _sign_in(own).status_code == 200
    for _ in range(6):
        _sign_in(stranger, password="wrong")

    assert _sign_in(stranger).status_code == 429
    assert _sign_in(own).status_code == 200
    assert _sign_in(stranger, "leader").status_code == 200


def test_sign_in_device_cookie_spelt_otherwise_is_the_same_browser(house: None, client: Client) -> None:
    _sign_in(client)
    nonce, _, tag = client.cookies[DEVICE_COOKIE].value.partition(".")
    spellings = [nonce, f"!{nonce}", f"{nonce[:5]}!{nonce[5:]}", f"~{nonce}", f"{nonce}==", f"!!{nonce}"]

    answers = []
    for spelling in spellings:
        client.cookies[DEVICE_COOKIE] = f"{spelling}.{tag}"
        answers.append(_sign_in(client, password="wrong").status_code)

    assert answers == [401, 401, 401, 401, 401, 429]


@pytest.mark.parametrize("cookie", ["AAAAAAAAAAAAAAAAAAAAAA==.é", "é.é", "é", ".", "!.!"])
def test_sign_in_device_cookie_of_other_letters_is_nobodys(house: None, client: Client, cookie: str) -> None:
    answer = client.post(
        URL,
        json.dumps({"username": "triager", "password": "wrong"}),
        content_type="application/json",
        headers={"Cookie": f"{DEVICE_COOKIE}={cookie}"},
    )

    assert answer.status_code == 401


def test_session_key_cookie_alone_or_session_alone_is_nobody(house: None, client: Client) -> None:
    _sign_in(client)
    without_key, without_session = Client(), Client()
    without_key.cookies["sessionid"] = client.cookies["sessionid"].value
    without_session.cookies[KEY_COOKIE] = client.cookies[KEY_COOKIE].value

    assert without_key.get(URL).status_code == 401
    assert without_session.get(URL).status_code == 401


def test_session_idle_is_locked(house: None, client: Client) -> None:
    _sign_in(client)
    StaffSession.objects.update(seen_at=now() - dt.timedelta(minutes=16))

    answer = client.get(URL)

    assert (answer.status_code, _body(answer)["code"]) == (401, "not_signed_in")


def test_session_unsafe_method_needs_csrf_token(house: None) -> None:
    client = Client(enforce_csrf_checks=True)
    _sign_in(client)

    without = client.delete(URL)
    token = client.cookies["csrftoken"].value
    within = client.delete(URL, headers={"X-CSRFToken": token})

    assert (without.status_code, within.status_code) == (403, 204)
    assert client.get(URL).status_code == 401


def test_session_sign_in_and_out_are_audited(house: None, client: Client) -> None:
    _sign_in(client)
    client.delete(URL)

    acts = AuditEntry.objects.filter(actor="triager").order_by("sequence").values_list("action", flat=True)
    assert list(acts) == ["signed_in", "signed_out"]
    assert StaffSession.objects.count() == 0


def test_session_closed_account_is_out_at_once(house: None, client: Client) -> None:
    _sign_in(client)
    StaffSession.objects.all().delete()

    assert client.get(URL).status_code == 401


def test_session_database_does_not_hold_the_key(house: None, client: Client) -> None:
    _sign_in(client)
    cookie = client.cookies[KEY_COOKIE].value

    assert cookie not in json.dumps(dict(client.session.items()))


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/report/", "javascript:x"])
def test_sign_in_page_never_leads_elsewhere(house: None, client: Client, next_page: str) -> None:
    response = client.post(
        "/desk/sign-in/", {"username": "triager", "passphrase": PASSPHRASE, "next": next_page}
    )

    assert (response.status_code, response.headers["Location"]) == (302, "/desk/")

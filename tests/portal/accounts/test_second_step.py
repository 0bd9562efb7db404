"""Signing in by phone: the half session, codes that work once, and how often a wrong one is taken."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.device_cookie import DEVICE_COOKIE
from portal.accounts.factor_duty import second_factor_required
from portal.accounts.factor_models import Factor, FactorTries
from portal.accounts.half_session import HALF
from portal.accounts.middleware import KEY_COOKIE
from portal.accounts.models import Staff, StaffSession
from portal.accounts.proving import WrongFactor, prove_by_code
from portal.accounts.tasks import clear_factors
from portal.audit.models import AuditEntry
from portal.common.clock import now as present
from portal.vault.models import SealedItem
from tests.factors import ADD, SIGN_IN, STEP, Phone, give_phone, half, is_signed_in, owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "outside_demo")]
SESSION = "/api/v1/desk/session"


def _acts(action: str) -> list[dict[str, object]]:
    return list(
        AuditEntry.objects.filter(action=action).order_by("sequence").values_list("detail", flat=True)
    )


def test_factor_is_required_outside_the_demo_only(settings: Settings) -> None:
    assert second_factor_required() is True
    settings.YANLU_DEMO = True
    assert second_factor_required() is False


def test_passphrase_alone_leads_to_the_second_step_and_no_further() -> None:
    give_phone("triager")
    client = Client()

    answer = client.post(
        SIGN_IN, {"username": "triager", "passphrase": "yanlu-demo-1", "next": "/desk/queue/"}
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{STEP}?next=%2Fdesk%2Fqueue%2F")
    assert is_signed_in(client) is False
    assert (DEVICE_COOKIE in client.cookies, StaffSession.objects.count()) == (False, 0)
    assert client.get(SIGN_IN)["Location"] == f"{STEP}?next=%2Fdesk%2F"
    assert _acts("signed_in") == []


def test_code_signs_in_under_a_new_session_and_key() -> None:
    phone, client = give_phone("triager"), half("triager")
    before = {name: client.cookies[name].value for name in ("sessionid", KEY_COOKIE)}

    answer = client.post(STEP, {"code": phone.code(), "next": "/desk/queue/"})

    assert (answer.status_code, answer["Location"]) == (302, "/desk/queue/")
    assert is_signed_in(client) is True
    assert all(client.cookies[name].value != value for name, value in before.items())
    assert Session.objects.filter(session_key=before["sessionid"]).count() == 0
    assert DEVICE_COOKIE in client.cookies
    assert FactorTries.objects.count() == 0
    again = Client()
    again.cookies.load(before)
    assert is_signed_in(again) is False


@pytest.mark.parametrize(("ahead", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_code_of_a_clock_one_step_off_is_taken(ahead: int, taken: bool) -> None:
    now = dt.datetime(2026, 11, 2, 9, 0, 10, tzinfo=dt.UTC)
    phone, whose = give_phone("triager", at=now), owner("triager")

    def prove() -> bool:
        try:
            prove_by_code(owner=whose, code=phone.code(now, ahead=ahead), device="", now=now)
        except WrongFactor:
            return False
        return True

    assert prove() is taken
    assert prove() is False


def test_code_older_than_the_last_one_taken_is_refused() -> None:
    now = dt.datetime(2026, 11, 2, 9, 0, 10, tzinfo=dt.UTC)
    phone, whose = give_phone("triager", at=now), owner("triager")
    prove_by_code(owner=whose, code=phone.code(now, ahead=1), device="", now=now)

    with pytest.raises(WrongFactor):
        prove_by_code(owner=whose, code=phone.code(now), device="", now=now)


@pytest.mark.parametrize("spelt", ["{0} {1}", "{0}-{1}", " {0}{1}\t", "{full}"])
def test_code_is_understood_as_people_type_it(spelt: str) -> None:
    phone, client = give_phone("triager"), half("triager")
    code = phone.code()
    full = code.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})

    answer = client.post(STEP, {"code": spelt.format(code[:3], code[3:], full=full)})

    assert answer.status_code == 302
    assert is_signed_in(client) is True


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２", "⑥⑥⑥⑥⑥⑥", "٣٣٣٣٣٣", "\x00" * 6])
def test_code_that_is_none_is_refused_and_on_record(code: str) -> None:
    give_phone("triager")
    client = half("triager")

    answer = client.post(STEP, {"code": code})

    assert answer.status_code == 400
    assert is_signed_in(client) is False


def test_wrong_code_says_what_to_do_and_is_on_record() -> None:
    phone, client = give_phone("triager"), half("triager")
    wrong = f"{(int(phone.code()) + 1) % 10**6:06d}"

    answer = client.post(STEP, {"code": wrong})

    assert answer.status_code == 400
    assert "请等手机上换成下一组再输入" in answer.content.decode()
    assert _acts("second_factor_failed") == [{"factor": "totp"}]
    assert client.post(STEP, {"code": phone.code()}).status_code == 302


def test_code_of_a_colleague_is_refused() -> None:
    give_phone("triager")
    other = give_phone("leader")
    client = half("triager")

    assert client.post(STEP, {"code": other.code()}).status_code == 400
    assert is_signed_in(client) is False


def test_code_used_once_does_not_work_in_a_second_browser() -> None:
    phone, first, second = give_phone("triager"), half("triager"), half("triager")
    code = phone.code()

    answers = [client.post(STEP, {"code": code}).status_code for client in (first, second)]

    assert answers == [302, 400]
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


# --- how often ----------------------------------------------------------------------------------------


def _wrong(phone: Phone, client: Client, times: int) -> list[int]:
    wrong = f"{(int(phone.code()) + 1) % 10**6:06d}"
    return [client.post(STEP, {"code": wrong}).status_code for _ in range(times)]


def test_sixth_try_is_not_looked_at_in_whatever_new_browser() -> None:
    phone = give_phone("triager")
    browsers = [half("triager") for _ in range(6)]

    answers = [_wrong(phone, client, 1)[0] for client in browsers]
    right = browsers[0].post(STEP, {"code": phone.code()})

    assert answers == [400] * 5 + [429]
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= 900 + 1
    assert "口令可能已被他人知道" in right.content.decode()
    assert len(_acts("second_factor_failed")) == 5


def test_known_browser_gets_in_while_strangers_must_wait() -> None:
    phone, own = give_phone("triager"), half("triager")
    assert own.post(STEP, {"code": phone.code(ahead=-1)}).status_code == 302
    own.post("/desk/sign-out/")
    half("triager", own)
    stranger = half("triager")

    assert _wrong(phone, stranger, 6) == [400] * 5 + [429]
    assert own.post(STEP, {"code": phone.code()}).status_code == 302


def test_waiting_doubles_up_to_a_day_and_a_right_code_forgives() -> None:
    now = dt.datetime(2026, 11, 2, 9, 0, 10, tzinfo=dt.UTC)
    phone, whose, waits = give_phone("triager", at=now), owner("triager"), []
    for _ in range(10):
        for _ in range(5):
            with pytest.raises(WrongFactor):
                prove_by_code(owner=whose, code="", device="", now=now)
        until = FactorTries.objects.get().blocked_until
        assert until is not None
        waits.append((until - now).total_seconds() / 60)
        now = until

    prove_by_code(owner=whose, code=phone.code(now), device="", now=now)

    assert waits == [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440]
    assert FactorTries.objects.count() == 0


def test_tries_are_counted_without_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    phone, client = give_phone("triager"), half("triager")

    def down(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("portal.accounts.limits.get_usage", down)

    assert _wrong(phone, client, 6) == [400] * 5 + [429]


# --- the half session ---------------------------------------------------------------------------------


def test_half_session_ends_after_five_minutes_whatever_is_done() -> None:
    phone, client = give_phone("triager"), half("triager")
    session = client.session
    session[HALF] = {**session[HALF], "since": session[HALF]["since"] - 301}
    session.save()

    answer = client.post(STEP, {"code": phone.code()}, follow=True)

    assert answer.redirect_chain == [("/desk/sign-in/?late=1", 302)]
    assert "五分钟内" in answer.content.decode()
    assert is_signed_in(client) is False
    assert _acts("second_factor_failed") == []


def test_half_session_ends_by_signing_out() -> None:
    phone, client = give_phone("triager"), half("triager")
    cookies = {name: client.cookies[name].value for name in ("sessionid", KEY_COOKIE)}

    client.post("/desk/sign-out/")
    client.cookies.load(cookies)

    assert client.post(STEP, {"code": phone.code()})["Location"] == "/desk/sign-in/?late=1"
    assert _acts("signed_out") == []


@pytest.mark.parametrize("lacking", ["sessionid", KEY_COOKIE])
def test_half_session_needs_both_its_cookies(lacking: str) -> None:
    phone, client = give_phone("triager"), half("triager")
    del client.cookies[lacking]

    assert client.post(STEP, {"code": phone.code()}).status_code == 302
    assert is_signed_in(client) is False


def test_half_session_of_a_closed_account_is_over() -> None:
    phone, client = give_phone("triager"), half("triager")
    Staff.objects.filter(username="triager").update(active=False)

    assert client.post(STEP, {"code": phone.code()})["Location"] == "/desk/sign-in/?late=1"


def test_half_session_replaces_the_session_before_it() -> None:
    phone, client = give_phone("triager"), half("triager")
    client.post(STEP, {"code": phone.code()})

    half("triager", client)

    assert (is_signed_in(client), StaffSession.objects.count()) == (False, 0)


def test_half_session_keeps_the_key_out_of_the_database() -> None:
    give_phone("triager")
    client = half("triager")

    assert client.cookies[KEY_COOKIE].value not in str(dict(client.session.items()))
    assert set(client.session.keys()) == {HALF, "_session_expiry"}


# --- over the API -------------------------------------------------------------------------------------


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each refusal waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("portal.accounts.sign_in.time.sleep", waited.append)
    return waited


def _api(client: Client, password: str = PASSPHRASE, otp: object = "", username: str = "triager") -> Any:
    body = {"username": username, "password": password, "otp": otp}
    return client.post(SESSION, body, content_type="application/json")


def test_api_takes_passphrase_and_code_together(unhurried: list[float]) -> None:
    phone, client = give_phone("triager"), Client()

    answer = _api(client, otp=phone.code())

    assert answer.status_code == 200
    assert is_signed_in(client) is True
    assert unhurried == []


def test_api_refusals_are_one_answer_that_waits(unhurried: list[float]) -> None:
    phone = give_phone("triager")
    code = phone.code()

    refused = [
        _api(Client(), "wrong", ""),
        _api(Client(), "wrong", code),
        _api(Client(), otp=""),
        _api(Client(), otp=None),
        _api(Client(), username="nobody", otp=code),
        _api(Client(), username="leader", otp=code),  # has no phone
    ]

    assert {answer.status_code for answer in refused} == {401}
    assert len({answer.content for answer in refused}) == 1
    assert refused[0].json()["code"] == "not_signed_in"
    assert "先在网页上登录并登记" in refused[0].json()["detail"]
    assert len(unhurried) == len(refused)
    assert all(0 <= wait < 0.5 for wait in unhurried)


def test_api_wrong_codes_run_out_as_wrong_passphrases_do(unhurried: list[float]) -> None:
    give_phone("triager")
    give_phone("leader")
    codes, phrases = Client(), Client()

    by_code = [_api(codes, otp="000000").status_code for _ in range(6)]
    by_phrase = [_api(phrases, "wrong", username="leader").status_code for _ in range(6)]

    assert by_code == by_phrase == [401] * 5 + [429]


def test_api_does_not_tell_that_codes_ran_out_elsewhere(unhurried: list[float]) -> None:
    phone = give_phone("triager")
    client = half("triager")
    assert _wrong(phone, client, 6)[-1] == 429

    answer = _api(Client(REMOTE_ADDR="198.51.100.7"), otp=phone.code())

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_api_refuses_a_code_used_on_the_page(unhurried: list[float]) -> None:
    phone, client = give_phone("triager"), half("triager")
    code = phone.code()
    client.post(STEP, {"code": code})

    assert _api(Client(), otp=code).status_code == 401


def test_api_ignores_the_code_in_a_demo(settings: Settings) -> None:
    settings.YANLU_DEMO = True

    assert _api(Client(), otp="no code").status_code == 200


# --- afterwards ---------------------------------------------------------------------------------------


def test_housekeeping_forgets_what_was_not_finished() -> None:
    client = half("triager")
    client.post(ADD, {"kind": "totp"})
    Factor.objects.update(created_at=present() - dt.timedelta(minutes=11))
    FactorTries.objects.create(
        key_id=owner("triager").personal.id, failures=1, last_at=present() - dt.timedelta(days=8)
    )
    items = SealedItem.objects.count()

    clear_factors()

    assert (Factor.objects.count(), FactorTries.objects.count()) == (0, 0)
    assert SealedItem.objects.count() == items - 1

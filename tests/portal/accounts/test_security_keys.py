"""Signing in by security key: the site, the challenge, the counter."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.factor_models import Factor, FactorChallenge
from portal.audit.models import AuditEntry
from portal.common.clock import now as present
from portal.vault.security_keys import origin, relying_party
from tests.factors import (
    ADD,
    LIST,
    ORIGIN,
    STEP,
    SecurityKey,
    give_key,
    give_phone,
    half,
    is_signed_in,
    owner,
    question,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "outside_demo")]


def _log(*actions: str) -> list[tuple[str, object]]:
    entries = AuditEntry.objects.filter(action__in=actions).order_by("sequence")
    return [(entry.action, entry.detail["factor"]) for entry in entries]


def _failures() -> list[tuple[str, object]]:
    return _log("second_factor_failed", "factor_counter_back")


def _answer(client: Client, response: str) -> int:
    return client.post(STEP, {"response": response}).status_code


def test_security_key_registers_and_signs_in() -> None:
    key, client = give_key("triager"), half("triager")

    status = _answer(client, key.get(question(client)))

    assert (status, is_signed_in(client)) == (302, True)
    assert Factor.objects.get().sign_count == 2
    assert _log("factor_added") == [("factor_added", "key")]
    assert _failures() == []


def test_question_names_the_site_and_the_persons_own_keys() -> None:
    give_key("leader")
    key, client = give_key("triager"), half("triager")

    asked = question(client)

    assert (asked["rpId"], asked["userVerification"]) == ("yanlu.example", "preferred")
    assert [one["id"] for one in asked["allowCredentials"]] == [json.loads(key.get(asked))["id"]]


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://yanlu.example.evil.test"},
        {"origin": "https://sub.yanlu.example"},
        {"origin": "http://yanlu.example"},
        {"origin": "https://yanlu.example:8443"},
        {"host": "evil.test"},
        {"id": b"somebody else's credential"},
        {"private": SecurityKey().private},
    ],
)
def test_answer_of_another_page_key_or_site_is_refused(bent: dict[str, Any]) -> None:
    key, client = give_key("triager"), half("triager")
    for name, value in bent.items():
        setattr(key, name, value)

    assert _answer(client, key.get(question(client))) == 400
    assert is_signed_in(client) is False
    assert _failures() == [("second_factor_failed", "webauthn")]


@pytest.mark.parametrize(
    "response",
    ["{}", "[]", "null and void", '"text"', "7", '{"id": 1}', "[" * 5000, '{"rawId": "AA", "response": {}}'],
)
def test_answer_that_is_none_is_refused(response: str) -> None:
    give_key("triager")
    client = half("triager")
    question(client)

    assert _answer(client, response) == 400
    assert is_signed_in(client) is False


def test_answer_works_once() -> None:
    key, client = give_key("triager"), half("triager")
    response = key.get(question(client))
    assert _answer(client, response) == 302

    again = half("triager")

    assert _answer(again, response) == 400
    question(again)
    assert _answer(again, response) == 400


def test_answer_to_another_sessions_question_is_refused() -> None:
    key, own, other = give_key("triager"), half("triager"), half("triager")
    question(own)

    assert _answer(own, key.get(question(other))) == 400


def test_answer_to_an_earlier_question_is_refused() -> None:
    key, client = give_key("triager"), half("triager")
    earlier = question(client)
    question(client)

    assert _answer(client, key.get(earlier)) == 400


def test_answer_after_five_minutes_is_refused() -> None:
    key, client = give_key("triager"), half("triager")
    asked = question(client)
    FactorChallenge.objects.update(made_at=present().replace(year=2025))

    assert _answer(client, key.get(asked)) == 400


def test_answer_given_for_registering_does_not_sign_in() -> None:
    key, client = give_key("triager"), half("triager")
    asked = question(client)
    FactorChallenge.objects.update(purpose="register")

    assert _answer(client, key.get(asked)) == 400


@pytest.mark.parametrize("step", [0, -1])
def test_counter_that_does_not_go_up_is_refused_and_on_record(step: int) -> None:
    key, client = give_key("triager", SecurityKey(counter=7)), half("triager")
    key.step = step

    status = _answer(client, key.get(question(client)))

    assert (status, is_signed_in(client)) == (400, False)
    assert _failures() == [("factor_counter_back", "key")]
    assert Factor.objects.get().sign_count == 7


def test_counter_that_falls_back_to_nothing_is_refused() -> None:
    key, client = give_key("triager", SecurityKey(counter=7)), half("triager")
    key.step = -7

    assert _answer(client, key.get(question(client))) == 400
    assert _failures() == [("factor_counter_back", "key")]


def test_key_that_never_counts_is_taken() -> None:
    key = give_key("triager", SecurityKey(counter=0, step=0))

    for _ in range(2):
        client = half("triager")
        assert _answer(client, key.get(question(client))) == 302


def test_registering_the_same_key_twice_is_refused() -> None:
    key, client = give_key("triager"), half("triager")
    _answer(client, key.get(question(client)))
    confirm = key.get(question(client))
    assert client.post(LIST, {"response": confirm}).status_code == 302
    asked = question(client, f"{ADD}key/challenge/")

    answer = client.post(f"{ADD}key/", {"response": key.create(asked), "label": "spare_key"})

    assert [one["id"] for one in asked["excludeCredentials"]] == [json.loads(confirm)["id"]]
    assert answer.status_code == 400
    assert "已经登记过" in answer.content.decode()
    assert Factor.objects.count() == 1


@pytest.mark.parametrize("bent", [{"origin": "https://evil.test"}, {"host": "evil.test"}])
def test_registration_from_another_site_is_refused(bent: dict[str, str]) -> None:
    client, key = half("triager"), SecurityKey(**bent)  # type: ignore[arg-type]
    response = key.create(question(client, f"{ADD}key/challenge/"))

    answer = client.post(f"{ADD}key/", {"response": response, "label": "key"})

    assert (answer.status_code, is_signed_in(client)) == (400, False)
    assert Factor.objects.count() == 0


def test_registration_answer_works_once() -> None:
    client, key = half("triager"), SecurityKey()
    response = key.create(question(client, f"{ADD}key/challenge/"))
    assert client.post(f"{ADD}key/", {"response": response, "label": "key"}).status_code == 302
    client = half("triager")
    _answer(client, key.get(question(client)))
    client.post(LIST, {"response": key.get(question(client))})

    again = client.post(f"{ADD}key/", {"response": response, "label": "spare_key"})

    assert again.status_code == 400
    assert "没有通过验证" in again.content.decode()
    assert Factor.objects.count() == 1


def test_phone_beside_a_key_does_either_way() -> None:
    key = give_key("triager")
    phone = give_phone("triager")

    for given in ("phone", "key"):
        client = half("triager")
        page = client.get(STEP).content.decode()
        sent = {"code": phone.code()} if given == "phone" else {"response": key.get(question(client))}
        assert ('name="code"' in page, 'data-act="get"' in page) == (True, True)
        assert client.post(STEP, sent).status_code == 302
    assert owner("triager").staff.username == "triager"


@pytest.mark.parametrize(
    ("base", "host", "spelt"),
    [
        ("https://Yanlu.Example:443", "yanlu.example", "https://yanlu.example"),
        ("https://yanlu.example:8443", "yanlu.example", "https://yanlu.example:8443"),
        ("http://localhost:80", "localhost", "http://localhost"),
        ("https://例子.测试", "xn--fsqu00a.xn--0zwm56d", "https://xn--fsqu00a.xn--0zwm56d"),
        ("https://127.0.0.1", None, "https://127.0.0.1"),
    ],
)
def test_origin_is_spelt_as_browsers_do(base: str, host: str | None, spelt: str, settings: Settings) -> None:
    settings.YANLU_BASE_URL = base

    assert (relying_party(), origin()) == (host, spelt)
    assert ORIGIN == "https://yanlu.example"

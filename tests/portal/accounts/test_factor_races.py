"""The same second factor at the same moment: real threads, commits of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from portal.accounts.factor_models import Factor, FactorTries
from portal.accounts.factors import remove_factor
from portal.accounts.models import StaffSession
from portal.accounts.proving import WrongFactor, prove_by_code
from portal.audit.models import AuditEntry
from portal.common.clock import now as present
from portal.common.errors import Refusal
from tests.factors import ADD, STEP, SecurityKey, give_key, give_phone, half, owner, question

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("outside_demo"),
]


def together(*parts: Callable[[], object]) -> list[object]:
    """Run the parts side by side, begun by all at once; what each returned, or its refusal's class."""
    start = Barrier(len(parts))

    def run(part: Callable[[], object]) -> object:
        start.wait(timeout=30)
        try:
            return part()
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(run, parts))


def _sender(client: Client, path: str, data: dict[str, str]) -> Callable[[], object]:
    return lambda: client.post(path, data).status_code


def test_one_code_sent_by_four_browsers_signs_one_in() -> None:
    for username in ("triager", "leader", "moderator"):
        phone, browsers = give_phone(username), [half(username) for _ in range(4)]
        code = phone.code()

        answers = together(*(_sender(client, STEP, {"code": code}) for client in browsers))

        assert sorted(answers, key=str) == [302, 400, 400, 400]
        assert StaffSession.objects.filter(staff__username=username).count() == 1


def test_one_answer_of_a_key_sent_four_times_signs_in_once() -> None:
    key, client = give_key("triager"), half("triager")
    StaffSession.objects.all().delete()
    response = key.get(question(client))
    copies = [Client() for _ in range(4)]
    for copy in copies:
        copy.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})

    answers = together(*(_sender(copy, STEP, {"response": response}) for copy in copies))

    assert set(answers) <= {302, 400}  # who finds the half session gone is sent back to sign in, by 302
    assert StaffSession.objects.count() == 1
    assert AuditEntry.objects.filter(action="signed_in").count() == 2  # the first when it was registered


def test_of_many_wrong_codes_at_once_five_are_looked_at() -> None:
    whose = owner("triager")
    give_phone("triager")

    def guess() -> object:
        return prove_by_code(owner=whose, code="no code", device="", now=present())

    answers = together(*[guess] * 12)

    assert sorted(answers, key=str) == ["TooManyTries"] * 7 + [WrongFactor.__name__] * 5
    assert AuditEntry.objects.filter(action="second_factor_failed").count() == 5
    assert FactorTries.objects.get().failures == 5


def test_of_two_factors_removed_at_once_one_stays() -> None:
    give_phone("triager")
    give_phone("triager", label="spare_phone")
    whose = owner("triager")

    def remover(factor: Factor) -> Callable[[], object]:
        return lambda: remove_factor(owner=whose, factor_id=factor.pk, now=present())

    answers = together(*(remover(factor) for factor in Factor.objects.all()))

    assert sorted(answers, key=str) == ["Invalid", None]
    assert Factor.objects.count() == 1


def test_of_two_first_factors_at_once_one_counts() -> None:
    browsers, keys = [half("triager") for _ in range(2)], [SecurityKey() for _ in range(2)]
    parts = []
    for client, key in zip(browsers, keys, strict=True):
        response = key.create(question(client, f"{ADD}key/challenge/"))
        parts.append(_sender(client, f"{ADD}key/", {"response": response, "label": "key"}))

    answers = together(*parts)

    assert sorted(answers, key=str) == [302, 403]
    assert Factor.objects.count() == 1

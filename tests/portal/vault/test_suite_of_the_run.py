"""`make test` goes once through each suite: on SQLite everything is made with 1, on PostgreSQL with 2."""

import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection, transaction
from pytest_django import Settings

from portal import checks
from portal.accounts.demo_house import PASSPHRASE
from portal.common.clock import now
from portal.intake.actions import post_office_message
from portal.intake.content import Identity
from portal.intake.models import Report
from portal.vault.keys import make_key
from portal.vault.locks import make_personal_key
from portal.vault.models import Envelope, Grant, PassphraseLock, PurposeKey, SealedItem, VaultKey
from portal.vault.primitives import CURRENT
from tests.people import FOUNDED, People, file_tip
from tests.server import ROOT, Server, new_house

EXPECTED = {"sqlite": 1, "postgresql": 2}
SEALED_BY_A_SERVER = """
from django.conf import settings
from portal.vault.models import Grant, VaultKey
print(settings.YANLU_SUITE)
print({bytes(one.sealed)[0] for one in Grant.objects.all()}, {one.suite for one in VaultKey.objects.all()})
"""


def _first_bytes(blobs: Iterable[Any]) -> set[int]:
    return {bytes(blob)[0] for blob in blobs}


@pytest.mark.django_db
def test_run_makes_everything_with_the_suite_of_its_database(people: People) -> None:
    suite = EXPECTED[connection.vendor]
    receipt = file_tip(identity=Identity(name="李某", phone="13800000000"))
    with transaction.atomic():
        report = Report.objects.get(pk=receipt.report)
        post_office_message(report=report, actor=people.triager, text="答复", act="reply", now=now())

    made = {
        "items": _first_bytes(SealedItem.objects.values_list("ciphertext", flat=True)),
        "envelopes": _first_bytes(Envelope.objects.values_list("sealed", flat=True)),
        "grants": _first_bytes(Grant.objects.values_list("sealed", flat=True)),
        "locks": _first_bytes(PassphraseLock.objects.values_list("locked_seed", flat=True)),
        "certificates": _first_bytes(
            VaultKey.objects.exclude(certificate=None).values_list("certificate", flat=True)
        ),
        "keys": set(VaultKey.objects.values_list("suite", flat=True)),
        "node": _first_bytes(PurposeKey.objects.values_list("wrapped", flat=True)),
    }

    assert suite == configured.YANLU_SUITE
    assert made == {name: {suite} for name in made}
    assert Envelope.objects.filter(share="thread").count() == 1


def test_servers_of_the_run_make_everything_with_its_suite() -> None:
    suite = EXPECTED["postgresql" if os.environ["YANLU_TEST_BACKEND"] == "postgres" else "sqlite"]

    with new_house() as (home, database):
        server = Server(home, database, url="http://127.0.0.1:8000")
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", SEALED_BY_A_SERVER],
            cwd=ROOT,
            env=server.environment,
            capture_output=True,
            text=True,
            check=True,
        )

    assert done.stdout == f"{suite}\n{{{suite}}} {{{suite}}}\n"


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2])
def test_setting_decides_at_every_use(settings: Settings, house: None, number: int) -> None:
    for suite in (3 - number, number):
        settings.YANLU_SUITE = suite
        key = make_key(path=f"one/{suite}", purpose="triage", issuer=None, now=FOUNDED)
        personal = make_personal_key(path=f"one/staff:{suite}", passphrase=PASSPHRASE, now=FOUNDED)

        assert (CURRENT.number, key.suite, personal.suite) == (suite, suite, suite)


def test_start_without_sm4_in_the_library_is_refused_only_where_it_is_asked_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "sm_works_here", lambda: False)
    settings.YANLU_SUITE = 1
    unasked = checks.suite_is_there(None)
    settings.YANLU_SUITE = 2
    asked = checks.suite_is_there(None)

    assert (unasked, [one.id for one in asked]) == ([], ["yanlu.E003"])


def test_start_with_the_library_of_this_machine_is_fine(settings: Settings) -> None:
    settings.YANLU_SUITE = 2

    assert checks.suite_is_there(None) == []

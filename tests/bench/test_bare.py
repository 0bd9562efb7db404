"""The bare reference is a fair one: it writes what a real filing writes, row for row, size for size."""

import json
import secrets

import pytest
from django.test import Client
from pytest_django import Settings

from moderation.deadlines.models import Obligation
from moderation.triage.models import TriageItem
from portal.audit.models import AuditEntry
from portal.intake.models import Report
from portal.vault.models import Envelope, SealedItem
from tests.bench.measures import BARE, REPORTS, filing

pytestmark = pytest.mark.django_db

TABLES = (SealedItem, Envelope, Report, AuditEntry, TriageItem, Obligation)


def _rows() -> dict[str, int]:
    return {model._meta.db_table: model._default_manager.count() for model in TABLES}


def _sizes() -> dict[str, int]:
    report = Report.objects.get()
    item = report.original
    return {
        "ciphertext": len(item.ciphertext),
        "envelope": len(item.envelopes.get().sealed),
        **{name: len(getattr(report, name)) for name in ("lookup", "thread_public", "body_digest", "proof")},
        "link": len(AuditEntry.objects.get(object_id=str(report.pk)).link),
    }


def _file(client: Client, path: str, characters: int) -> tuple[dict[str, int], dict[str, int]]:
    before = _rows()
    answer = client.post(
        path,
        json.dumps(filing(characters)),
        content_type="application/json",
        headers={"Idempotency-Key": secrets.token_hex(16)},
    )
    assert answer.status_code == 201, answer.content
    added = {table: count - before[table] for table, count in _rows().items()}
    sizes = _sizes()
    Obligation.objects.all().delete()
    TriageItem.objects.all().delete()
    Report.objects.all().delete()
    return added, sizes


@pytest.mark.parametrize("characters", [300, 2000])
def test_bare_writes_rows_and_sizes_of_a_real_filing(
    house: None, client: Client, settings: Settings, characters: int
) -> None:
    settings.ROOT_URLCONF = "tests.bench.urls"

    real = _file(client, REPORTS, characters)
    bare = _file(client, BARE, characters)

    assert bare == real


def test_bare_reads_one_row(
    house: None,
    client: Client,
    settings: Settings,
) -> None:
    settings.ROOT_URLCONF = "tests.bench.urls"
    body = json.dumps(filing(300))
    written = client.post(BARE, body, content_type="application/json").json()

    read = client.get(f"{BARE}/{written['id']}")

    assert read.json()["received_at"] == written["received_at"]

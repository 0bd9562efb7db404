"""Keys are renewed and heads are sealed while people file, read and work: nothing fails, nothing is lost."""

import datetime as dt
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from portal.accounts import node_secrets
from portal.accounts.node_secrets import begin_master_rotation, finish_master_rotation, rotate_purpose
from portal.audit.actions import record
from portal.audit.models import AuditEntry, AuditSeal
from portal.audit.queries import verify_all
from portal.audit.seals import seal_heads
from portal.common.clock import BEIJING, now
from portal.intake.models import Report
from portal.intake.queries import open_thread
from portal.vault.master_keys import master_keys
from portal.vault.models import PurposeKey
from portal.vault.node_keys import node_key
from portal.vault.purpose_keys import RENEWABLE, unopened
from tests.people import CITY, COUNTY, file_tip, signed_in

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
Part = Callable[[], object]
TURNS = 3
PAUSE = 0.2
"""Seconds between the halves of a rotation here; a minute in service (`SETTLED_SECONDS`)."""


def _until_done(work: Part, *beside: Part) -> None:
    """Do the work once, the other parts over and over beside it; what any of them raises is raised."""
    done = threading.Event()

    def again_and_again(part: Part) -> None:
        try:
            while not done.is_set():
                part()
        finally:
            connection.close()

    def once() -> None:
        try:
            work()
        finally:
            done.set()
            connection.close()

    with ThreadPoolExecutor(len(beside) + 1) as pool:
        running = [pool.submit(once), *(pool.submit(again_and_again, part) for part in beside)]
        for part in running:
            part.result(timeout=120)


def test_reports_are_filed_and_read_while_every_key_is_renewed(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    file.write_text(settings.YANLU_MASTER_KEY)
    settings.YANLU_MASTER_KEY, settings.YANLU_MASTER_KEY_FILE = "", file
    settings.YANLU_SECRETS_DIR = settings.YANLU_DATA_DIR = tmp_path
    first, kept = master_keys(), node_key(now())
    receipts: list[tuple[bytes, str]] = [(bytes(16), file_tip(nonce=bytes(16)).number)]

    def file_one() -> None:
        nonce = secrets.token_bytes(16)
        receipts.append((nonce, file_tip(nonce=nonce).number))

    def read_one() -> None:
        assert open_thread(secrets.choice(receipts)[1]).status == "submitted"

    def work_a_moment() -> None:
        assert signed_in("triager").staff.username == "triager"
        assert node_key(now()) == kept

    def renew() -> None:
        for _ in range(TURNS):
            for purpose in RENEWABLE:
                rotate_purpose(purpose=purpose)
            begin_master_rotation()
            time.sleep(PAUSE)
            earlier = time.time() - node_secrets.SETTLED_SECONDS - 1
            os.utime(file, (earlier, earlier))
            finish_master_rotation()
            time.sleep(PAUSE)

    _until_done(renew, file_one, file_one, read_one, work_a_moment)

    versions = set(Report.objects.values_list("key_version", flat=True))
    assert (len(master_keys()), master_keys() != first, unopened()) == (1, True, [])
    assert PurposeKey.objects.count() == len(PurposeKey.Purpose.values) * (TURNS + 1)
    assert len(versions) > 1
    assert Report.objects.count() == len(receipts)
    for nonce, number in receipts:
        assert open_thread(number).status == "submitted"
        assert file_tip(nonce=nonce).number == number
    assert Report.objects.count() == len(receipts)
    assert verify_all()[1] == []


def test_heads_are_sealed_and_checked_while_writers_append() -> None:
    monday = dt.datetime(2026, 11, 23, 0, 20, tzinfo=BEIJING)
    days = [monday + number * dt.timedelta(days=1) for number in range(8)]

    def write(organ: str) -> Part:
        return lambda: record(
            organ=organ, actor="t", action="tested", object_kind="thing", object_id=1, now=monday
        )

    def seal() -> None:
        write(CITY)()
        write(COUNTY)()
        for day in days:
            seal_heads(now=day)
            assert verify_all(now=day)[1] == []

    _until_done(seal, write(CITY), write(CITY), write(COUNTY))

    seals = AuditSeal.objects.filter(organ=CITY).order_by("number")
    assert [row.day for row in seals] == [day.date() for day in days]
    for row in AuditSeal.objects.all():
        entry = AuditEntry.objects.get(organ=row.organ_id, sequence=row.sequence)
        assert bytes(entry.link) == bytes(row.link)
    assert verify_all(now=days[-1])[1] == []


def test_heads_sealed_by_two_at_once_are_sealed_once() -> None:
    for organ in (CITY, COUNTY):
        record(organ=organ, actor="t", action="tested", object_kind="thing", object_id=1)
    start = threading.Barrier(2)

    def seal(_: int) -> None:
        try:
            start.wait(timeout=30)
            seal_heads()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(seal, range(2)))

    assert AuditSeal.objects.count() == 2
    assert verify_all()[1] == []


def test_purpose_renewed_by_two_at_once_gives_two_versions() -> None:
    start = threading.Barrier(2)

    def renew(_: int) -> int:
        try:
            start.wait(timeout=30)
            return rotate_purpose(purpose="receipt")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        versions = sorted(pool.map(renew, range(2)))

    assert versions == [2, 3]
    assert sorted(PurposeKey.objects.filter(purpose="lookup").values_list("version", flat=True)) == [1, 2, 3]

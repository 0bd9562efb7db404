"""What was overwritten leaves SQLite's write-ahead log too, on a real file."""

from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from portal.common.sqlite.wal import fold_wal
from tests.portal.common.test_sqlite_writers import ALIAS, database

__all__ = ["database"]

SEALED = b"an old envelope and its ciphertext" * 200


def _sealed_and_lifted(database: Path) -> Path:
    """A file whose log still holds what the last transaction deleted."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("CREATE TABLE item (ciphertext blob)")
        cursor.execute("INSERT INTO item VALUES (%s)", [SEALED])
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("DELETE FROM item")
    return database.with_name(f"{database.name}-wal")


@pytest.mark.sqlite_only
def test_fold_wal_leaves_nothing_of_what_was_deleted(database: Path) -> None:
    wal = _sealed_and_lifted(database)
    before = SEALED[:34] in wal.read_bytes()

    folded = fold_wal(ALIAS)

    assert (before, folded) == (True, True)
    assert wal.read_bytes() == b""
    assert SEALED[:34] not in database.read_bytes()


@pytest.mark.sqlite_only
def test_fold_wal_after_the_commit_of_the_act_itself(database: Path) -> None:
    wal = _sealed_and_lifted(database)

    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE tally SET value = 1")
        transaction.on_commit(lambda: fold_wal(ALIAS), using=ALIAS)

    assert wal.read_bytes() == b""


@pytest.mark.sqlite_only
def test_fold_wal_beside_a_reader_waits_a_little_and_leaves_it(database: Path) -> None:
    wal = _sealed_and_lifted(database)
    reader = connections[ALIAS].copy()
    reader.inc_thread_sharing()
    reader.ensure_connection()
    reader.connection.execute("BEGIN DEFERRED")
    reader.connection.execute("SELECT * FROM tally").fetchall()
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE tally SET value = 2")
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()

    busy = fold_wal(ALIAS)
    reader.close()

    with connections[ALIAS].cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == usual
    assert (busy, fold_wal(ALIAS)) == (False, True)
    assert wal.read_bytes() == b""


@pytest.mark.sqlite_only
def test_fold_wal_inside_a_transaction_does_nothing(database: Path) -> None:
    with transaction.atomic(using=ALIAS):
        assert fold_wal(ALIAS) is False


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_fold_wal_elsewhere_is_nothing() -> None:
    assert connection.vendor == "postgresql"
    assert fold_wal() is False

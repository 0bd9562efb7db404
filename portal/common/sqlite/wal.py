"""Folding SQLite's write-ahead log into the database, so that what was overwritten is gone from both."""

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

PATIENCE_MS = 1000
"""How long to wait for readers and writers before leaving it to the next time."""


def fold_wal(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Move the log into the database file and cut it to nothing; whether that was possible now.

    The log keeps the pages of earlier transactions, and with them deleted rows, until it is overwritten.
    To be called after the commit: inside a transaction it does nothing. Elsewhere than on SQLite there is
    nothing to fold. Never raises because the database is busy.
    """
    connection = connections[using]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    try:
        with connection.cursor() as cursor:
            usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            try:
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {usual}")
    except DatabaseError:
        return False
    return not busy

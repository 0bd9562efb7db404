"""SQLite as Yanlu uses it: durable, without remains of deleted rows, and with a queue of writers.

SQLite admits one writer at a time. Those who find the door closed try again after 1, 2, 5 … 100 ms, so
whoever has waited longest tries least often, and under load some wait for seconds. Here a writer first
joins a queue (a lock on "<database file>.lock", which the kernel hands on in order of arrival) and only
the one at its head tries to begin. The lock is held while beginning, never during the transaction: there
is nothing to give back on commit, rollback or close, and the kernel takes it from a process that dies.
It is about fairness alone; that two transactions never write at once is SQLite's own doing.

Writes outside `transaction.atomic()` do not queue. Every action has its atomic block.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.utils import debug_transaction

PATIENCE = 10.0
"""Seconds a writer waits for its turn before "database is locked"."""
PAUSE = 0.0005
"""Seconds between two tries of the writer at the head of the queue."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite backend with WAL, full synchronisation, secure deletion and queued writers."""

    transaction_mode: str | None
    patience: float = PATIENCE
    queue_file: str = ""

    def get_connection_params(self) -> dict[str, Any]:
        """Return Django's parameters, with IMMEDIATE transactions and our patience unless settings differ."""
        params: dict[str, Any] = super().get_connection_params()
        self.patience = float(params.setdefault("timeout", PATIENCE))
        self.transaction_mode = self.transaction_mode or "IMMEDIATE"
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Open the database and set what SQLite does not remember, or remembers only per file."""
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        try:
            _, _, path = connection.execute("PRAGMA database_list").fetchone()
            self.queue_file = f"{path}.lock" if path else ""  # in memory there is no other writer
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            if connection.execute("PRAGMA journal_mode").fetchone() == ("delete",):
                with self._turn():  # of several who open a new file at once, one turns it over to WAL
                    connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        """Begin when it is this writer's turn; `OperationalError` if that takes longer than our patience."""
        self.validate_thread_sharing()
        deadline = time.monotonic() + self.patience
        statement = f"BEGIN {self.transaction_mode}"
        with debug_transaction(self, statement), self.wrap_database_errors, self._turn():
            self._begin(statement, deadline)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait to be at the head of the queue; each writer before this one leaves when its patience ends."""
        if not self.queue_file:
            yield
            return
        try:
            queue = os.open(self.queue_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise sqlite3.OperationalError(f"no queue of writers: {error}") from error
        try:
            fcntl.flock(queue, fcntl.LOCK_EX)
            yield
        finally:
            # Closing alone would leave the lock with a child forked meanwhile.
            fcntl.flock(queue, fcntl.LOCK_UN)
            os.close(queue)

    def _begin(self, statement: str, deadline: float) -> None:
        """Try at short, even intervals: SQLite's own growing ones would leave the door idle."""
        execute = self.connection.execute
        execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    execute(statement)
                    return
                except sqlite3.OperationalError as error:
                    busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                    if not busy or time.monotonic() > deadline:
                        raise
                    time.sleep(PAUSE)
        finally:
            execute(f"PRAGMA busy_timeout = {round(self.patience * 1000)}")

"""The queue of writers in front of SQLite, with real threads and real processes on a real file."""

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from django.db import OperationalError, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from portal.common.sqlite.base import DatabaseWrapper
from tests.portal.common import sqlite_process

pytestmark = pytest.mark.sqlite_only

ALIAS = "writers"


@contextmanager
def database_alias(name: str, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make `connections[ALIAS]` the database `name`, apart from the one the other tests use."""
    options = {ALIAS: {"ENGINE": "portal.common.sqlite", "NAME": name}}
    connections.settings[ALIAS] = connections.configure_settings({"default": {}, **options})[ALIAS]
    with blocker.unblock():
        yield
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]


@pytest.fixture
def database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    path = tmp_path / "writers.sqlite3"
    with database_alias(str(path), django_db_blocker):
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("CREATE TABLE tally (value integer)")
            cursor.execute("INSERT INTO tally VALUES (0)")
        yield path


def wrapper() -> DatabaseWrapper:
    connection = connections[ALIAS]
    assert isinstance(connection, DatabaseWrapper)
    return connection


def tally() -> int:
    with connections[ALIAS].cursor() as cursor:
        return int(cursor.execute("SELECT value FROM tally").fetchone()[0])


def write(value: int) -> None:
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE tally SET value = %s", [value])


@contextmanager
def thread(work: Callable[[], None]) -> Iterator[threading.Thread]:
    """Run `work` in a thread that closes its own connection, and wait for it at the end."""

    def run() -> None:
        try:
            work()
        finally:
            connections[ALIAS].close()

    started = threading.Thread(target=run)
    started.start()
    try:
        yield started
    finally:
        started.join(15)


@contextmanager
def head_of_queue(database: Path) -> Iterator[None]:
    """Stand at the head of the queue, as a writer does who is about to begin."""
    with Path(f"{database}.lock").open("a") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextmanager
def open_transaction(database: Path) -> Iterator[None]:
    """Hold SQLite's write lock from a connection that knows no queue."""
    other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@contextmanager
def process(database: Path, act: str) -> Iterator[subprocess.Popen[str]]:
    """Run `sqlite_process` and kill it at the end, if it is still there."""
    command = [sys.executable, "-m", "tests.portal.common.sqlite_process", str(database), act]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_for_queue(database: Path) -> None:
    """Return when somebody stands at the head of the queue."""
    end = time.monotonic() + 10
    with suppress(BlockingIOError):
        while time.monotonic() < end:
            with head_of_queue(database):
                pass
            time.sleep(0.01)
        pytest.fail("nobody queues")


def first_line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    line: str = started.stdout.readline()
    return line


def test_connection_is_durable_and_leaves_no_remains(database: Path) -> None:
    names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")

    with connections[ALIAS].cursor() as cursor:
        values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert values == ["wal", 2, 1, 1, 10_000]


def test_new_file_opened_by_many_at_once(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    modes: list[str] = []
    together = threading.Barrier(8)

    def open_file() -> None:
        together.wait()
        with connections[ALIAS].cursor() as cursor:
            modes.append(cursor.execute("PRAGMA journal_mode").fetchone()[0])

    with database_alias(str(tmp_path / "new.sqlite3"), django_db_blocker), ExitStack() as threads:
        for _ in range(8):
            threads.enter_context(thread(open_file))

    assert modes == ["wal"] * 8


def test_writer_waits_for_its_turn(database: Path) -> None:
    with ExitStack() as threads, head_of_queue(database):
        writer = threads.enter_context(thread(lambda: write(1)))
        writer.join(0.3)
        still_waiting = writer.is_alive()
        value_meanwhile = tally()

    assert still_waiting
    assert (value_meanwhile, tally()) == (0, 1)


def test_reader_does_not_wait(database: Path) -> None:
    with head_of_queue(database), open_transaction(database):
        assert tally() == 0


def test_turn_is_passed_on_as_soon_as_the_transaction_began(database: Path) -> None:
    with transaction.atomic(using=ALIAS):
        with head_of_queue(database):
            pass
        with transaction.atomic(using=ALIAS), head_of_queue(database):
            pass


@pytest.mark.parametrize("ending", ["commit", "rollback", "close"])
def test_next_writer_gets_in_however_the_transaction_ended(database: Path, ending: str) -> None:
    with suppress(ZeroDivisionError), transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("UPDATE tally SET value = 1")
        if ending == "rollback":
            raise ZeroDivisionError
        if ending == "close":
            connections[ALIAS].close()
    value_after = tally()

    with thread(lambda: write(2)):
        pass
    write(tally() + 1)

    assert value_after == (1 if ending == "commit" else 0)
    assert tally() == 3


def test_patience_ends_and_the_turn_is_passed_on(database: Path) -> None:
    wrapper().patience = 0.2

    with open_transaction(database), pytest.raises(OperationalError, match="database is locked"):
        write(1)
    with head_of_queue(database):
        pass
    write(2)

    assert tally() == 2
    assert not connections[ALIAS].in_atomic_block


def test_writers_begin_in_order_of_arrival(database: Path) -> None:
    order: list[int] = []

    def arrive(number: int) -> None:
        with transaction.atomic(using=ALIAS):
            order.append(number)

    with ExitStack() as threads, open_transaction(database):
        for number in range(6):
            threads.enter_context(thread(partial(arrive, number)))
            time.sleep(0.05)

    assert order == [0, 1, 2, 3, 4, 5]


def test_waiting_counts_as_one_query(database: Path) -> None:
    with ExitStack() as held, CaptureQueriesContext(connections[ALIAS]) as queries:
        held.enter_context(open_transaction(database))
        threading.Timer(0.1, held.close).start()

        write(1)

    assert [query["sql"].split()[0] for query in queries] == ["BEGIN", "UPDATE", "COMMIT"]


def test_threads_of_several_processes_lose_no_update(database: Path) -> None:
    with process(database, "count") as one, process(database, "count") as two:
        waits = sorted(json.loads(first_line(one)) + json.loads(first_line(two)))

    rounds = 2 * sqlite_process.THREADS * sqlite_process.ROUNDS
    assert (len(waits), tally()) == (rounds, rounds)
    assert waits[int(rounds * 0.99)] < 0.5, f"slowest: {waits[-5:]}"


def test_killed_writer_holds_nobody_up(database: Path) -> None:
    with process(database, "stay") as holder:
        first_line(holder)
        with process(database, "stay") as waiting:
            wait_for_queue(database)
            waiting.send_signal(signal.SIGKILL)
            holder.send_signal(signal.SIGKILL)

            write(tally() + 1)

    assert tally() == 1


def test_child_forked_in_a_transaction_holds_nobody_up(database: Path) -> None:
    with process(database, "fork") as parent:
        child = int(first_line(parent))
        parent.wait(10)

        write(tally() + 3)
        os.kill(child, signal.SIGKILL)

    assert tally() == 2


def test_database_in_memory_has_no_queue(django_db_blocker: DjangoDbBlocker) -> None:
    with database_alias(":memory:", django_db_blocker), transaction.atomic(using=ALIAS):
        queue_file = wrapper().queue_file

    assert queue_file == ""

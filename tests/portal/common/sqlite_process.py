"""A process of its own that writes to one SQLite file: `python -m … FILE count|stay|fork`.

It knows nothing of Yanlu's settings, only of the database backend. Each act prints one line when it is
where the test wants it.
"""

import json
import os
import sys
import threading
import time

import django
from django.conf import settings
from django.db import connection, transaction

THREADS = 3
ROUNDS = 60


def count_up(waits: list[float]) -> None:
    """Read, add one and write back, many times; a lost update shows in the sum."""
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            waits.append(time.perf_counter() - start)
            value = cursor.execute("SELECT value FROM tally").fetchone()[0]
            cursor.execute("UPDATE tally SET value = %s", [value + 1])
    connection.close()


def run_threads() -> None:
    """Count up in several threads and print how long each round waited, in seconds."""
    waits: list[float] = []
    threads = [threading.Thread(target=count_up, args=(waits,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(waits), flush=True)


def write_and_stay(*, fork: bool) -> None:
    """Write and stay in the transaction; or fork in it, commit, and leave the child behind for a while."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE tally SET value = -1")
        child = os.fork() if fork else 0
        if child == 0:
            print(os.getpid(), flush=True)
            time.sleep(60)
            os._exit(0)


def main(database: str, act: str) -> None:
    """Set Django up around one database file and do the act."""
    settings.configure(DATABASES={"default": {"ENGINE": "portal.common.sqlite", "NAME": database}})
    django.setup()
    if act == "count":
        run_threads()
    else:
        write_and_stay(fork=act == "fork")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Run a command beside a PostgreSQL and a Redis of its own: `python -m tests.services -- pytest -n 2`.

Both servers live in one temporary folder, listen on sockets in it and nowhere else, forget everything, and
stop with the command, also on Ctrl-C. Servers that already run on this machine are never used. Tests that
run beside them make everything with suite 2 (`tests.settings`).
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.machine import Missing, ensure, program

START_SECONDS = 60
STOP_SECONDS = 20
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",  # the cluster does not outlive the run
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "100",
    "timezone": "UTC",
}


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """Start both servers and yield the environment variables that lead to them; stop them at the end.

    Raises `Missing` when a server is not to be had and `RuntimeError` when it does not start.
    """
    ensure("services")
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="yanlu-services-"))
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        with _postgres(folder, owner), _redis(folder, owner):
            yield {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "YANLU_TEST_BACKEND": "postgres",
                "YANLU_DATABASE_URL": f"postgresql://yanlu@/yanlu?host={folder}",
                "YANLU_CACHE_URL": f"unix://{folder}/redis.sock?db=0",
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Root may not run PostgreSQL: return the account that does it then, or None for ourselves."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _as(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    """How a server process is started: as its owner, and out of reach of the terminal's Ctrl-C."""
    options: dict[str, Any] = {"start_new_session": True, "cwd": "/"}
    if owner:
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    return options


@contextmanager
def _postgres(folder: Path, owner: pwd.struct_passwd | None) -> Iterator[None]:
    data = folder / "postgres"
    initdb = [_path("initdb"), "-D", str(data), "-U", "yanlu", "--auth=trust", "--no-sync"]
    made = subprocess.run(
        [*initdb, "--encoding=UTF8", "--locale=C.UTF-8"],
        capture_output=True,
        text=True,
        check=False,
        **_as(owner),
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stderr}")
    options = [f"--{name}={value}" for name, value in POSTGRES_OPTIONS.items()]
    command = [_path("postgres"), "-D", str(data), f"--unix_socket_directories={folder}", *options]

    def create_database() -> None:
        with psycopg.connect(
            host=str(folder), user="yanlu", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE yanlu")

    with _server("PostgreSQL", command, folder, owner, create_database, psycopg.OperationalError):
        yield


@contextmanager
def _redis(folder: Path, owner: pwd.struct_passwd | None) -> Iterator[None]:
    socket = folder / "redis.sock"
    command = [_path("redis-server"), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--save", "", "--appendonly", "no", "--databases", "64", "--dir", str(folder)]

    def ping() -> None:
        with redis.Redis(unix_socket_path=str(socket)) as client:
            client.ping()

    with _server("Redis", command, folder, owner, ping, redis.ConnectionError):
        yield


@contextmanager
def _server(
    name: str,
    command: list[str],
    folder: Path,
    owner: pwd.struct_passwd | None,
    answer: Callable[[], None],
    not_yet: type[Exception],
) -> Iterator[None]:
    """Start a server, wait until `answer` no longer raises `not_yet`, and stop it at the end."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **_as(owner))
    try:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                answer()
                break
            except not_yet as problem:
                if server.poll() is not None or time.monotonic() > end:
                    text = log.read_text(errors="replace")
                    raise RuntimeError(f"{name} did not start:\n{text}") from problem
                time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGINT)  # to PostgreSQL: end all sessions and stop
        _see_it_end(server)


def _see_it_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was told to stop; end it by force if it does not."""
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _path(name: str) -> str:
    found = program(name)
    if found is None:
        raise Missing(f"{name} is not on this machine.")
    return found


def run(command: list[str], variables: Mapping[str, str]) -> int:
    """Run the command with these variables and return its exit code; it ends when we are told to end."""
    process = subprocess.Popen(command, env={**os.environ, **variables})
    try:
        return process.wait()
    except BaseException as stop:
        if not isinstance(stop, KeyboardInterrupt):  # a Ctrl-C has reached the command as well
            process.terminate()
        _see_it_end(process)
        raise


def main(arguments: list[str]) -> int:
    """Run the command after `--` beside both servers and return its exit code."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background jobs ignore it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with services() as variables:
            return run(command, variables)
    except (Missing, RuntimeError) as problem:
        print(f"\n!!! {problem}\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A real Yanlu server for tests: the Procfile's own commands, on a loopback port, in folders of its own.

    with running_server(seed=True, worker=True) as server:
        httpx.get(f"{server.url}/track/")

The demo house is founded once per session and copied for each server, so a server is there in about a
second. On the PostgreSQL run it has a database of its own in the run's cluster, else an SQLite file.
"""

import atexit
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import redis
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
STOP_SECONDS = 15
FIRST_REDIS_DATABASE = 32
"""The tests themselves use those below."""


class DidNotStart(Exception):
    """The server ended, or did not answer in time; the text is the end of its log."""


@dataclass
class Server:
    """One server; `start` and `kill` may follow each other on the same data."""

    home: Path
    database: str
    web_workers: int = 1
    worker: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    awaited: str = "/readyz"
    """What must answer 200 before `start` returns."""
    host: str = "127.0.0.1"
    url: str = ""
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to work on the same data as the server."""
        return _environment(self.home, self.database) | {
            "YANLU_BASE_URL": self.url or "http://127.0.0.1:8000",
            **self.extra,
        }

    @property
    def log(self) -> str:
        """Everything the server's processes have said so far."""
        return (self.home / "log").read_text(errors="replace")

    def start(self) -> None:
        """Serve on a fresh port and return when a report would be taken. Raises `DidNotStart`."""
        port = _free_port()
        self.url = f"http://{self.host}:{port}"
        variables = {"PORT": str(port), "YANLU_WEB_WORKERS": str(self.web_workers)}
        self._run("web", variables)
        if self.worker:
            self._run("worker", variables)
        try:
            self._wait(port)
        except DidNotStart:
            self.kill()
            raise

    def stop(self) -> None:
        """End the server as an operator does; by force where that takes too long."""
        for process in self._running:
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            for process in self._running:
                process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """SIGKILL every process of the server at once, as a power cut does."""
        for process in self._running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._running:
            process.wait()
        self._running.clear()

    def web_processes(self) -> list[int]:
        """The process ids of the web workers."""
        return _children(self._running[0].pid)

    def _run(self, name: str, variables: Mapping[str, str]) -> None:
        with (self.home / "log").open("ab") as log:
            self._running.append(
                subprocess.Popen(
                    ["/bin/sh", "-c", _procfile()[name]],
                    cwd=ROOT,
                    env={**self.environment, **variables},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # a process group of its own, to be killed as one
                )
            )

    def _wait(self, port: int) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if any(process.poll() is not None for process in self._running):
                break
            if answers(port, self.awaited):
                return
            time.sleep(0.02)
        raise DidNotStart(self.log[-4000:])


@contextmanager
def running_server(
    *,
    seed: bool = False,
    worker: bool = False,
    web_workers: int = 1,
    environment: Mapping[str, str] | None = None,
    under: Path | None = None,
    demo: bool = True,
    host: str = "127.0.0.1",
) -> Iterator[Server]:
    """A founded house, served; it ends, and its data goes, with the block.

    `seed`: with the demo reports. `worker`: with the background worker beside it. `environment` overrides
    settings. `under` is the folder its own folder is made in, where a particular disk is wanted. Without
    `demo` it is a real house under `YANLU_DEMO=0`. `host` is its name in `YANLU_BASE_URL`.
    """
    with new_house(seed=seed, under=under, demo=demo) as (home, database):
        extra = _mode(demo) | dict(environment or {})
        server = Server(home, database, web_workers, worker, extra, host=host)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def new_house(
    *, seed: bool = False, under: Path | None = None, passphrases: str = "", demo: bool = True
) -> Iterator[tuple[Path, str]]:
    """A copy of the founded house nobody serves yet: its folder and its database URL.

    `passphrases` gives every member of the staff one of their own (`tests.founding.passphrase_of`).
    """
    founded = _founded(seed, _cluster(), passphrases, demo)
    home = Path(tempfile.mkdtemp(prefix="yanlu-server-", dir=under))
    try:
        shutil.copytree(founded.home / "secrets", home / "secrets")
        (home / "var").mkdir()
        (home / "var" / "static").symlink_to(founded.home / "var" / "static")
        with _database(home, copied_from=founded) as url:
            yield home, url
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def empty_house() -> Iterator[tuple[Path, str]]:
    """A folder and a database URL with nothing in them, to be set up as a real house."""
    home = Path(tempfile.mkdtemp(prefix="yanlu-empty-"))
    url = _new_database(home, template=None)
    try:
        yield home, url
    finally:
        if _cluster():
            _in_cluster("DROP DATABASE {} WITH (FORCE)", _name(url))
        shutil.rmtree(home, ignore_errors=True)


def answers(port: int, path: str = "/readyz") -> bool:
    """Whether a server on this port would take a report now, or answers 200 to whatever else is asked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class _Founded:
    """The house every server of the session starts from."""

    home: Path
    database: str


@cache
def _founded(seed: bool, cluster: str, passphrases: str, demo: bool) -> _Founded:
    """Once per kind of house and per cluster it stands in (none: SQLite)."""
    home = Path(tempfile.mkdtemp(prefix="yanlu-founded-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    founded = _Founded(home, _new_database(home, template=None))
    environment = _environment(home, founded.database) | _mode(demo)
    words = [*(["seed"] if seed else []), *([f"passphrases={passphrases}"] if passphrases else [])]
    module = [sys.executable, "-m", "tests.founding", *words]
    for command in ([sys.executable, "manage.py", "vault", "init"], module):
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DidNotStart(f"{' '.join(command[1:])}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return founded


def _mode(demo: bool) -> dict[str, str]:
    return {} if demo else {"YANLU_DEMO": "0"}


def _environment(home: Path, database: str) -> dict[str, str]:
    """This process's environment with one house's settings of Yanlu, and of its own only the suite."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YANLU_")}
    own = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "YANLU_DEMO": "1",
        "YANLU_ARGON2_KIB": "8",
        "YANLU_SUITE": os.environ.get("YANLU_SUITE", "1"),
        "YANLU_DATA_DIR": str(home / "var"),
        "YANLU_SECRETS_DIR": str(home / "secrets"),
        "YANLU_DATABASE_URL": database,
        "YANLU_CACHE_URL": _cache_url() if _cluster() else f"disk://{home}/cache",
    }
    return inherited | own


def _cluster() -> str:
    """The URL of the run's PostgreSQL, or nothing on an SQLite run."""
    return os.environ["YANLU_DATABASE_URL"] if os.environ.get("YANLU_TEST_BACKEND") == "postgres" else ""


@contextmanager
def _database(home: Path, *, copied_from: _Founded) -> Iterator[str]:
    if not _cluster():
        shutil.copy(copied_from.home / "yanlu.sqlite3", home / "yanlu.sqlite3")
        yield f"sqlite:///{home}/yanlu.sqlite3"
        return
    with redis.Redis.from_url(_cache_url()) as client:
        client.flushdb()
    url = _new_database(home, template=copied_from.database)
    try:
        yield url
    finally:
        _in_cluster("DROP DATABASE {} WITH (FORCE)", _name(url))


def _new_database(home: Path, *, template: str | None) -> str:
    if not _cluster():
        return f"sqlite:///{home}/yanlu.sqlite3"
    name = f"yanlu_{uuid4().hex[:12]}"
    _in_cluster("CREATE DATABASE {} TEMPLATE {}", name, _name(template) if template else "template0")
    return urlsplit(_cluster())._replace(path=f"/{name}").geturl()


def _in_cluster(statement: str, *names: str) -> None:
    with psycopg.connect(_cluster(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _cache_url() -> str:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"{os.environ['YANLU_CACHE_URL'].partition('?')[0]}?db={FIRST_REDIS_DATABASE + number}"


@cache
def _procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return sorted(int(child) for task in tasks for child in task.read_text().split())

"""Load from a client as lean as Python allows: raw sockets, prepared bytes, kept connections.

Client and server share the machine's cores, so `cores` measures what the client takes.
"""

import itertools
import json
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Request = Callable[[], bytes]
"""Makes the next request, whole."""


@dataclass
class Load:
    """What a stretch of load came to; times in seconds."""

    seconds: float = 0.0
    server_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests answered as expected, per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The time within which this share of the requests was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Connection:
    """One kept HTTP/1.1 connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        head, body = received[:end].lower(), received[end + 4 :]
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._receive()
        return int(head[9:12]), body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _receive(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("the server hung up")
        return part


def closed_loop(url: str, make: Request, *, expected: int, seconds: float, connections: int) -> Load:
    """Every connection asks again as soon as it was answered."""
    end = time.perf_counter() + seconds

    def moments() -> Iterator[float]:
        while (now := time.perf_counter()) < end:
            yield now

    return _run(url, make, expected, [moments() for _ in range(connections)])


def open_arrival(
    url: str, make: Request, *, expected: int, seconds: float, rate: float, connections: int
) -> Load:
    """Requests arrive by chance, `rate` a second, whether or not earlier ones are answered.

    Each is timed from its arrival, so waiting for a free connection counts.
    """
    chance, begun = random.Random(rate), time.perf_counter()
    arrivals, at = [], begun
    while (at := at + chance.expovariate(rate)) < begun + seconds:
        arrivals.append(at)
    shared = _Shared(arrivals)
    return _run(url, make, expected, [shared.moments() for _ in range(connections)])


class _Shared:
    """Arrivals handed out one by one to whoever is free."""

    def __init__(self, arrivals: list[float]) -> None:
        self._arrivals = iter(arrivals)
        self._lock = threading.Lock()

    def moments(self) -> Iterator[float]:
        """The next arrival, when it is due."""
        while True:
            with self._lock:
                moment = next(self._arrivals, None)
            if moment is None:
                return
            time.sleep(max(0.0, moment - time.perf_counter()))
            yield moment


def _run(url: str, make: Request, expected: int, schedules: list[Iterator[float]]) -> Load:
    load = Load()

    def work(schedule: Iterator[float]) -> None:
        connection = Connection(url)
        try:
            for begun in schedule:
                status, body = connection.ask(make())
                if status == expected:
                    load.latencies.append(time.perf_counter() - begun)
                else:
                    load.failures.append(f"{status} {body[:200]!r}")
        except OSError as problem:
            load.failures.append(repr(problem))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(schedule,)) for schedule in schedules]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - start
    return load


def posting(path: str, body: dict[str, object]) -> Request:
    """Posts the body each time under a key and from an address of its own."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

    def make() -> bytes:
        own = f"Idempotency-Key: {secrets.token_hex(16)}\r\nX-Forwarded-For: {_address()}\r\n"
        return f"{head}{own}Content-Length: {len(raw)}\r\n\r\n".encode() + raw

    return make


def getting(path: str, receipts: list[str]) -> Request:
    """Reads one thread after the other; receipts go into the header."""
    turn = itertools.cycle(receipts)

    def make() -> bytes:
        own = f"Authorization: Receipt {next(turn)}\r\nX-Forwarded-For: {_address()}\r\n"
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{own}\r\n".encode()

    return make


def getting_each(paths: list[str]) -> Request:
    """Reads one path after the other."""
    turn = itertools.cycle(paths)

    def make() -> bytes:
        return f"GET {next(turn)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()

    return make


def _address() -> str:
    return "10." + ".".join(str(part) for part in secrets.token_bytes(3))

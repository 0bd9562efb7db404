"""People who file reports over HTTP, and what each of them was shown."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

REPORTS, REPORT = "/api/v1/reports", "/api/v1/report"
BEHIND_PROXY = {"YANLU_TRUSTED_PROXIES": "127.0.0.1"}
"""With this setting a client may have an address of its own, so that nobody meets a rate limit."""
PATIENCE = 30.0
ORGANS = ("510100", "510104", "510000", "510700")
_WORDS = ("茶楼", "现金", "案情", "窗口", "办事", "电话", "三月", "承诺", "请托", "卷宗", "会见", "拖延")


@dataclass
class Submission:
    """One filing: its key, its body, and the answer the client was shown, if it was."""

    nonce: str
    body: dict[str, Any]
    address: str
    status: int | None = None
    answer: bytes | None = None
    lost: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What is sent beside the body."""
        return {"Idempotency-Key": self.nonce, "X-Forwarded-For": self.address}


def submissions(seed: str) -> Iterator[Submission]:
    """Filings of all shapes without end; the same seed gives the same ones."""
    chance = random.Random(seed)
    while True:
        body: dict[str, Any] = {
            "kind": chance.choice(("tip", "tip", "suggestion")),
            "organ": chance.choice(ORGANS),
            "about_organ": chance.choice((True, False, None)),
            "title": "".join(chance.choices(_WORDS, k=4)),
            "content": "".join(chance.choices(_WORDS, k=chance.randint(5, 600))),
        }
        if chance.random() < 0.3:
            body["identity"] = {"name": "李某", "phone": f"138{chance.randrange(10**8):08d}"}
        address = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
        yield Submission(f"{chance.getrandbits(128):032x}", body, address)


def client_of(url: str) -> httpx.Client:
    """A client that keeps its connections, waits long and takes nothing from the environment."""
    return httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)


class Crowd:
    """Several people filing one report after the other, until the server is gone."""

    def __init__(self, url: str, *, people: int, seed: str) -> None:
        self.filed: list[Submission] = []
        self.first_answer = threading.Event()
        self._threads = [
            threading.Thread(target=self._file, args=(url, submissions(f"{seed}/{number}")))
            for number in range(people)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until everybody has met the end."""
        for thread in self._threads:
            thread.join(2 * PATIENCE)

    def _file(self, url: str, mine: Iterator[Submission]) -> None:
        with client_of(url) as client:
            for submission in mine:
                self.filed.append(submission)
                try:
                    send(client, submission)
                except httpx.TransportError as problem:
                    submission.lost = type(problem).__name__
                    return
                self.first_answer.set()


def send(client: httpx.Client, submission: Submission) -> None:
    """File it and note what was shown. Raises `httpx.TransportError` where nothing whole was."""
    response = client.post(REPORTS, json=submission.body, headers=submission.headers)
    submission.status, submission.answer = response.status_code, response.content


def opens(client: httpx.Client, submission: Submission, receipt: str) -> bool:
    """Whether the receipt opens its thread."""
    headers = {"Authorization": f"Receipt {receipt}", "X-Forwarded-For": submission.address}
    return client.get(REPORT, headers=headers).status_code == 200

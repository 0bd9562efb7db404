"""`books` asked from beside a server: a process started once for many rounds.

`python -m tests.concurrency.examiner` reads one JSON question a line and answers with one a line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import django

from tests.server import ROOT


class Examiner:
    """The process, from the outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def problems(self) -> list[str]:
        """As `books.problems`."""
        found: list[str] = self._ask({})
        return found

    def committed(self, nonces: list[str]) -> dict[str, dict[str, str]]:
        """As `books.committed`."""
        found: dict[str, dict[str, str]] = self._ask({"nonces": nonces})
        return found

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def examiner(environment: Mapping[str, str]) -> Iterator[Examiner]:
    """An examiner of the installation that this environment leads to."""
    command = [sys.executable, "-m", "tests.concurrency.examiner"]
    with subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Examiner(process)
        finally:
            process.terminate()


def main() -> None:
    """Answer until the questions end; no connection stays open between two of them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.db import connections  # noqa: PLC0415  needs the settings, like the books

    from tests.concurrency.books import committed, problems  # noqa: PLC0415

    for line in sys.stdin:
        question = json.loads(line)
        answer: Any = committed(question["nonces"]) if "nonces" in question else problems()
        connections.close_all()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

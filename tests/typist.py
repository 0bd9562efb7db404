"""People at a terminal: a command of ours on a pseudo-terminal, answered question by question."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0


class Unexpected(AssertionError):
    """The command said something else, or ended; the text is all it has said."""


class Typist:
    """`manage.py` with these words, at a terminal; ends with the block."""

    def __init__(self, words: list[str], environment: Mapping[str, str]) -> None:
        self._terminal, inside = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=dict(environment),
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,  # no controlling terminal but this one
        )
        os.close(inside)
        self.said = ""
        self._heard = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def answer(self, question: str, line: str) -> None:
        """Wait until the command has asked this, then type a line."""
        self.hear(question)
        os.write(self._terminal, f"{line}\n".encode())

    def hear(self, words: str) -> None:
        """Wait until the command says this, after what was waited for before. Raises `Unexpected`."""
        end = time.monotonic() + PATIENCE
        while words not in self.said[self._heard :]:
            if not self._read(end):
                raise Unexpected(f"waited for {words!r}, heard:\n{self.said}")
        self._heard = self.said.index(words, self._heard) + len(words)

    def ends(self) -> int:
        """Wait until the command ends; its exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(end):
            pass
        return self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End the command as a power cut does."""
        self._process.kill()

    def _read(self, end: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise Unexpected(f"no more in time, heard:\n{self.said}")
        try:
            more = os.read(self._terminal, 65536)
        except OSError:  # the other side has been closed
            return False
        self.said += more.decode()
        return bool(more)

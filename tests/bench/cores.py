"""Where the machine's processor time goes: to the server, to the client, or to others."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.server import Server

_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuSeconds:
    """Processor time used so far."""

    server: float
    client: float
    everybody: float
    clock: float

    @classmethod
    def now(cls, server: Server) -> Self:
        """As it stands."""
        words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        user, nice, system, _idle, _waiting, *interrupts = map(int, words)
        busy = (user + nice + system + sum(interrupts)) * _TICK
        used = sum(_used(pid) for pid in server.web_processes())
        return cls(used, time.process_time(), busy, time.monotonic())

    def others_since(self, before: Self) -> float:
        """The share of all cores that neither server nor client used, and somebody else did."""
        whole = (self.clock - before.clock) * (os.cpu_count() or 1)
        own = self.server - before.server + self.client - before.client
        return max(0.0, (self.everybody - before.everybody - own) / whole)


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def resident_megabytes(pid: int) -> float:
    """Resident memory of one process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024

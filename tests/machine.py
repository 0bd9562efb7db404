"""What the tests need of the machine: looked for, installed where we may, and asked for loudly otherwise.

`python -m tests.machine browser services` makes sure of both; the exit code says whether they are there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POSTGRES_FOLDERS = "/usr/lib/postgresql"


class Missing(Exception):
    """Something is not on this machine and could not be installed."""


@dataclass(frozen=True)
class Need:
    """One thing the tests need: how to see that it is there, and the Debian package that brings it."""

    name: str
    package: str
    present: Callable[[], bool]


def program(name: str) -> str | None:
    """Return the path of a program, or None; PostgreSQL's are sought where Debian hides them."""
    found = shutil.which(name)
    if found:
        return found
    folders = Path(POSTGRES_FOLDERS).glob("*/bin")
    newest_first = sorted(folders, key=lambda folder: folder.parent.name.zfill(3), reverse=True)
    return next((str(folder / name) for folder in newest_first if (folder / name).exists()), None)


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font that can write Chinese; without one, pages are rows of boxes."""
    listing = program("fc-list")
    if listing is None:
        return False
    return bool(subprocess.run([listing, ":lang=zh"], capture_output=True, check=False).stdout)


def chromium() -> str | None:
    """Return the path of the system's Chromium, or None."""
    return program("chromium") or program("chromium-browser") or program("google-chrome")


NEEDS = {
    "browser": (
        Need("Chromium", "chromium", lambda: chromium() is not None),
        Need("a Chinese font", "fonts-noto-cjk", has_chinese_font),
    ),
    "services": (
        Need("PostgreSQL's server", "postgresql", lambda: program("initdb") is not None),
        Need("Redis' server", "redis-server", lambda: program("redis-server") is not None),
    ),
}


def ensure(*kinds: str) -> None:
    """See that everything of these kinds is there, installing it by apt as root or with sudo.

    Raises `Missing` with the list of what could not be had.
    """
    wanted = [need for kind in kinds for need in NEEDS[kind] if not need.present()]
    if not wanted:
        return
    _install([need.package for need in wanted])
    missing = [need for need in wanted if not need.present()]
    if missing:
        names = ", ".join(f"{need.name} (package {need.package})" for need in missing)
        raise Missing(f"This machine lacks {names}; it could not be installed. Install it and run again.")


def _install(packages: list[str]) -> None:
    """Install Debian packages without starting the services they bring; say what is done and what fails."""
    if shutil.which("apt-get") is None or not (os.geteuid() == 0 or _sudo_works()):
        return
    # RUNLEVEL=1 keeps the packages' own servers from starting: the tests never use those.
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-q", "-y"]
    apt += ["-o", "DPkg::Lock::Timeout=300"]
    if os.geteuid() != 0:
        apt = ["sudo", "-n", *apt]
    print(f"Installing {' '.join(packages)} ...", flush=True)
    for step in (["update"], ["install", "--no-install-recommends", *packages]):
        done = subprocess.run([*apt, *step], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", file=sys.stderr)


def _sudo_works() -> bool:
    sudo = shutil.which("sudo")
    return sudo is not None and subprocess.run([sudo, "-n", "true"], check=False).returncode == 0


if __name__ == "__main__":
    try:
        ensure(*sys.argv[1:])
    except Missing as problem:
        sys.exit(f"\n!!! {problem}\n")

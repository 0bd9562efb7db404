"""The demo mark: a demo vault and a real installation refuse each other at start.

It is in two places: the secrets folder says how the house was born, the root key's path which vault it is.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from portal.vault.certificates import DEMO_ROOT_PATH
from portal.vault.models import VaultKey

DEMO, REAL = "demo", "real"


def _file() -> Path:
    return Path(settings.YANLU_SECRETS_DIR) / "mode"


def mode_problem() -> str | None:
    """Why this house and `YANLU_DEMO` do not belong together, or `None`; one just being founded fits both."""
    return _birth_problem() or _vault_problem()


def _birth_problem() -> str | None:
    try:
        born = _file().read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        born = ""
    if born not in {DEMO, REAL}:
        return f"{_file()} should say {DEMO} or {REAL}"
    if born == DEMO and not settings.YANLU_DEMO:
        return f"this house was born a demo ({_file()}): it never serves with YANLU_DEMO=0"
    if born == REAL and settings.YANLU_DEMO:
        return f"this house was born a real one ({_file()}): it never serves with YANLU_DEMO=1"
    return None


def _vault_problem() -> str | None:
    try:
        roots = set(VaultKey.objects.filter(purpose=VaultKey.Purpose.ROOT).values_list("path", flat=True))
    except DatabaseError:  # not migrated yet
        return None
    if DEMO_ROOT_PATH in roots and not settings.YANLU_DEMO:
        return "this is a demo vault, whose keys everybody knows: it never serves with YANLU_DEMO=0"
    if roots - {DEMO_ROOT_PATH} and settings.YANLU_DEMO:
        return "this is a real vault: it never serves with YANLU_DEMO=1"
    return None


def record_birth() -> None:
    """Write down how the house is born, once. Raises `ImproperlyConfigured` where it was born otherwise."""
    refuse_wrong_mode()
    if _file().exists():
        return
    _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with open(os.open(_file(), flags, 0o600), "w", encoding="ascii") as file:
        file.write(f"{DEMO if settings.YANLU_DEMO else REAL}\n")


def refuse_wrong_mode() -> None:
    """Raises `ImproperlyConfigured` where `mode_problem` finds one."""
    problem = mode_problem()
    if problem:
        raise ImproperlyConfigured(problem)

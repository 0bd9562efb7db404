"""The pin: the fingerprint of the one root this house obeys, beside its secrets and not in the database."""

import os
from pathlib import Path

from django.conf import settings

from portal.common.files import replace_file

VARIABLE = "YANLU_ROOT_FINGERPRINT"


def pin_file() -> Path:
    """Where the pin lies unless the environment gives it."""
    return Path(settings.YANLU_SECRETS_DIR) / "root.fingerprint"


def given_by_environment() -> bool:
    """Whether the environment is where this house keeps its pin, empty or not; then no file is written."""
    return VARIABLE in os.environ or f"{VARIABLE}_FILE" in os.environ


def pin(fingerprint: str) -> bool:
    """Obey this root from now on, in this process at once and in others after their restart.

    False where the environment gives the pin: then it must be changed there.
    """
    settings.YANLU_ROOT_FINGERPRINT = fingerprint
    if given_by_environment():
        return False
    path = pin_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(path, f"{fingerprint}\n".encode())
    return True

"""The demo mark: a demo vault and a real installation refuse each other at start."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from portal.vault.certificates import DEMO_ROOT_PATH
from portal.vault.models import VaultKey


def mode_problem() -> str | None:
    """Why this vault and `YANLU_DEMO` do not belong together, or `None`; a vault without a root fits both."""
    try:
        roots = set(VaultKey.objects.filter(purpose=VaultKey.Purpose.ROOT).values_list("path", flat=True))
    except DatabaseError:  # not migrated yet
        return None
    if DEMO_ROOT_PATH in roots and not settings.YANLU_DEMO:
        return "this is a demo vault, whose keys everybody knows: it never serves with YANLU_DEMO=0"
    if roots - {DEMO_ROOT_PATH} and settings.YANLU_DEMO:
        return "this is a real vault: it never serves with YANLU_DEMO=1"
    return None


def refuse_wrong_mode() -> None:
    """Raises `ImproperlyConfigured` where `mode_problem` finds one."""
    problem = mode_problem()
    if problem:
        raise ImproperlyConfigured(problem)

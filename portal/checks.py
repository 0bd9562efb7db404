"""System checks: a wrong set-up is refused at start, not discovered at the first report."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from portal import hooks
from portal.vault.primitives import sm_works_here


@register()
def hooks_exist(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every configured hook is known and every receiver can be imported."""
    problems: list[CheckMessage] = []
    for name in settings.YANLU_HOOKS:
        if name not in hooks.HOOKS:
            problems.append(Error(f"unknown hook {name!r}", id="yanlu.E001"))
            continue
        try:
            hooks.receivers(name)
        except ImportError as missing:
            problems.append(Error(f"hook {name}: {missing}", id="yanlu.E002"))
    return problems


@register()
def suite_is_there(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The suite that new things are to be made with works with the libraries of this machine."""
    if settings.YANLU_SUITE == 2 and not sm_works_here():
        problem = "YANLU_SUITE=2: the OpenSSL under `cryptography` has no SM3 or SM4-GCM on this machine"
        return [Error(problem, id="yanlu.E003")]
    return []

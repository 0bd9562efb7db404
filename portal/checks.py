"""System checks: a wrong set-up is refused at start, not discovered at the first report."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from portal import hooks


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

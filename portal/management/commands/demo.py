"""`manage.py demo`: the demo vault, demo staff and demo reports, in a demo installation only."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import hooks
from portal.accounts.demo_house import build_demo_house
from portal.common.clock import now
from portal.vault.mark import mode_problem


class Command(BaseCommand):
    """Adds what is missing; doing it twice adds nothing."""

    help = "建立演示密钥、演示人员和演示来件（仅限 YANLU_DEMO=1）"

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises `CommandError` outside a demo, and in a house that was not born one."""
        if not settings.YANLU_DEMO:
            raise CommandError("这是正式系统：不能建立演示数据（YANLU_DEMO=0）")
        problem = mode_problem()
        if problem:
            raise CommandError(problem)
        for line in [*build_demo_house(now=now()), *hooks.demo()]:
            self.stdout.write(line)

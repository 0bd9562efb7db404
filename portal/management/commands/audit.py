"""`manage.py audit verify`: does every chain of the log still hold?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.audit.queries import verify_all


class Command(BaseCommand):
    """Walks every organ's chain and names the first break of each."""

    help = "校验审计日志的完整性"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word: what to do."""
        parser.add_argument("act", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the result; exit 1 when a chain is broken."""
        count, broken = verify_all()
        for problem in broken:
            self.stdout.write(f"{problem.organ} 第{problem.sequence}条：{problem.problem}")
        if broken:
            raise CommandError(f"{len(broken)} 条审计链不完整")
        self.stdout.write(f"{count} 条审计链完整")

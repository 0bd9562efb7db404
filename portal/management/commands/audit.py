"""`manage.py audit verify`: does every chain of the log still hold?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import StaffSession
from portal.audit.queries import verify_all
from portal.intake.models import Report


class Command(BaseCommand):
    """Walks every organ's chain and names the first break of each."""

    help = "校验审计日志的完整性"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word: what to do."""
        parser.add_argument("act", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the result; exit 1 when a chain is broken."""
        count, broken = verify_all(organs_with_recorded_acts())
        for problem in broken:
            self.stdout.write(f"{problem.organ} 第{problem.sequence}条：{problem.problem}")
        if broken:
            raise CommandError(f"{len(broken)} 条审计链不完整")
        self.stdout.write(f"{count} 条审计链完整")


def organs_with_recorded_acts() -> frozenset[str]:
    """Organs that must have a chain: those that hold reports, and those whose staff are signed in."""
    holders = Report.objects.order_by().values_list("holder_id", flat=True).distinct()
    at_work = StaffSession.objects.order_by().values_list("staff__organ_id", flat=True).distinct()
    return frozenset(holders) | frozenset(at_work)

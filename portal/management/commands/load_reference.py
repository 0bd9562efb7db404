"""`manage.py load_reference`: organs, departments, classifications and what the rooms above ship."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal import hooks
from portal.calendar.actions import open_calendar
from portal.common import clock
from portal.common.errors import NotReady
from portal.organs.reference import load_reference
from portal.organs.reference_files import BadReferenceData
from portal.organs.tree import BrokenTree


class Command(BaseCommand):
    """Loads the shipped reference data; safe to repeat, all or nothing."""

    help = "Loads the shipped reference data and says what changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per change, or that there was none. Raises CommandError if the data contradicts
        itself.
        """
        now = clock.now()
        try:
            with transaction.atomic():
                open_calendar()
                lines = [str(change) for change in load_reference(now=now)]
                lines += hooks.reference_data(now=now)
        except (BadReferenceData, BrokenTree) as wrong:
            raise CommandError(str(wrong)) from wrong
        except NotReady:
            raise CommandError("节点密钥尚未建立，请先运行 vault init 和 vault keys") from None
        for line in lines or ["no changes"]:
            self.stdout.write(line)

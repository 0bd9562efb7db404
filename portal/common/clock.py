"""The one place that asks what time it is."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

BEIJING = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """The present moment, aware, in Beijing time."""
    return timezone.now().astimezone(BEIJING)


def local_date(moment: dt.datetime) -> dt.date:
    """The calendar day in Beijing on which the moment falls."""
    return moment.astimezone(BEIJING).date()

"""Counting time limits in days, working days and calendar months.

Pure arithmetic over a `Calendar`; nothing here reads a database, a clock or a package's data.
"""

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from typing import Literal, Protocol

Unit = Literal["day", "workday", "month"]

_ONE_DAY = dt.timedelta(days=1)


class Calendar(Protocol):
    """What counting needs to know about a day."""

    def is_workday(self, day: dt.date) -> bool:
        """Whether offices work on this day: a make-up Saturday is a working day, a holiday Monday is not."""

    def is_official(self, day: dt.date) -> bool:
        """Whether the answer for this day is decided, rather than estimated before the holiday notice is
        out.
        """


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a time limit.

    `provisional` means that counting touched a day nobody has decided yet; the date must be counted again
    once the holiday notice for that year is published.
    """

    date: dt.date
    provisional: bool


def due_after(start: dt.date, *, length: int, unit: Unit, calendar: Calendar) -> Due:
    """The last day of a limit of `length` days, working days or calendar months that starts on `start`.

    Raises ValueError for a length below one or an unknown unit.
    """
    if unit == "day":
        return days_after(start, length, calendar)
    if unit == "workday":
        return workdays_after(start, length, calendar)
    if unit == "month":
        return months_after(start, length, calendar)
    raise ValueError(f"unknown unit: {unit!r}")


def days_after(start: dt.date, count: int, calendar: Calendar) -> Due:
    """The last of `count` days; the starting day is not counted and a last day at rest moves forward.

    Source: 刑事诉讼法 105; 民法典 201, 203. Raises ValueError for a count below one.
    """
    _require_positive(count)
    return _first_workday_from(start + count * _ONE_DAY, calendar)


def workdays_after(start: dt.date, count: int, calendar: Calendar) -> Due:
    """The `count`-th working day after `start`, which itself is not counted.

    Raises ValueError for a count below one.
    """
    _require_positive(count)
    day, left, provisional = start, count, False
    while left:
        day += _ONE_DAY
        provisional = provisional or not calendar.is_official(day)
        left -= calendar.is_workday(day)
    return Due(day, provisional)


def months_after(start: dt.date, count: int, calendar: Calendar) -> Due:
    """The corresponding day `count` calendar months on, moved forward if at rest.

    A month without that day gives its last one: 30 November and three months make 28 February (29 in a leap
    year). Source: 民法典 202, 203. Raises ValueError for a count below one.
    """
    _require_positive(count)
    return _first_workday_from(add_months(start, count), calendar)


def add_months(start: dt.date, count: int) -> dt.date:
    """The corresponding day `count` calendar months on, or that month's last day; rest days are not
    considered.
    """
    years, month = divmod(start.month - 1 + count, 12)
    year = start.year + years
    return dt.date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def workday_on_or_after(day: dt.date, calendar: Calendar) -> Due:
    """The first working day from `day` on, `day` included."""
    return _first_workday_from(day, calendar)


def workday_on_or_before(day: dt.date, calendar: Calendar) -> Due:
    """The last working day up to `day`, `day` included: milestones planned back from a final date end on
    these.
    """
    return _first_workday_from(day, calendar, step=-_ONE_DAY)


def _first_workday_from(day: dt.date, calendar: Calendar, *, step: dt.timedelta = _ONE_DAY) -> Due:
    provisional = not calendar.is_official(day)
    while not calendar.is_workday(day):
        day += step
        provisional = provisional or not calendar.is_official(day)
    return Due(day, provisional)


def _require_positive(count: int) -> None:
    if count < 1:
        raise ValueError(f"a time limit is at least one unit long, not {count}")

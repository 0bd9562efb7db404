"""The calendar the whole system counts with."""

from types import MappingProxyType

from django.db import connection

from portal.calendar.models import CalendarDay, CalendarYear
from portal.calendar.sources import DecidedCalendar

# The last calendar read, under the stamp it was read at. Replaced whole, so threads need no lock.
_cached: tuple[str, DecidedCalendar] | None = None


def the_calendar() -> DecidedCalendar:
    """The calendar in force: days and years decided here over the published notices over the estimate.

    Kept in the process and checked with one indexed read per call, so a change is seen by every process at
    once. The stamp it is checked against is random, not a counter: a rolled-back change leaves a stamp that
    never comes again, where a counter would be reused for other content.
    """
    global _cached  # noqa: PLW0603  one value per process
    stamp = _current_stamp()
    known = _cached
    if stamp is not None and known is not None and known[0] == stamp:
        return known[1]
    while True:
        calendar = _read()
        stamp_after = _current_stamp()
        if stamp_after == stamp:
            break
        stamp = stamp_after
    if stamp is not None:
        _cached = (stamp, calendar)
    return calendar


def _current_stamp() -> str | None:
    # Asked for in every request, often more than once: plain SQL takes a tenth of the ORM's time.
    with connection.cursor() as cursor:
        cursor.execute("SELECT stamp FROM calendar_edition WHERE id = 1")
        row = cursor.fetchone()
    return str(row[0]) if row else None


def _read() -> DecidedCalendar:
    return DecidedCalendar(
        days=MappingProxyType(dict(CalendarDay.objects.values_list("date", "is_workday"))),
        years=frozenset(CalendarYear.objects.values_list("year", flat=True)),
    )

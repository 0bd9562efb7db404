"""Every change of the calendar.

The calendar stands below the audit log, so a caller that acts for a person opens the transaction and writes
the audit entry beside the call. Whoever keeps dates counted earlier counts provisional ones again
afterwards.
"""

import datetime as dt
import secrets
from collections.abc import Collection

from django.db import transaction

from portal.calendar.models import CalendarDay, CalendarEdition, CalendarYear
from portal.calendar.sources import SATURDAY, YEAR_END_DAY


class BadNotice(ValueError):
    """A holiday notice that contradicts itself; nothing of it was stored."""


@transaction.atomic
def decide_day(*, day: dt.date, is_workday: bool, source_doc: str) -> bool:
    """Set one day by hand, with the document that says so. Returns whether anything changed.

    Raises ValueError without a source document.
    """
    source_doc = _required_source(source_doc)
    before = CalendarDay.objects.filter(date=day).values_list("is_workday", "source_doc").first()
    if before == (is_workday, source_doc):
        return False
    CalendarDay.objects.update_or_create(
        date=day, defaults={"is_workday": is_workday, "source_doc": source_doc, "notice": None}
    )
    renew_edition()
    return True


@transaction.atomic
def forget_day(*, day: dt.date) -> bool:
    """Take back a decision about one day, so that the other sources speak again. Returns whether there was
    one.

    A day that stood in an entered notice and was then set by hand comes back when the notice is entered
    again.
    """
    deleted, _ = CalendarDay.objects.filter(date=day).delete()
    if deleted:
        renew_edition()
    return deleted > 0


@transaction.atomic
def enter_notice(
    *,
    year: int,
    days_off: Collection[dt.date],
    make_up_days: Collection[dt.date],
    source_doc: str,
) -> None:
    """Enter the whole holiday notice of a year: its days off and its make-up working days.

    Afterwards the year is officially known. Entering it again replaces the earlier entry; days set by hand
    stay. Raises BadNotice for a day outside the year (and outside 29–31 December before it), for a day in
    both lists, and for a make-up day that is no weekend.
    """
    source_doc = _required_source(source_doc)
    _check_notice(year, set(days_off), set(make_up_days))
    notice, _ = CalendarYear.objects.update_or_create(year=year, defaults={"source_doc": source_doc})
    CalendarDay.objects.filter(notice=notice).delete()
    by_hand = set(CalendarDay.objects.values_list("date", flat=True))
    CalendarDay.objects.bulk_create(
        CalendarDay(date=day, is_workday=is_workday, source_doc=source_doc, notice=notice)
        for days, is_workday in ((set(days_off), False), (set(make_up_days), True))
        for day in sorted(days - by_hand)
    )
    renew_edition()


def open_calendar() -> None:
    """Give a new installation its first stamp, so that even a calendar without entries is kept in the
    process.
    """
    if not CalendarEdition.objects.exists():
        renew_edition()


def renew_edition() -> None:
    """Give the calendar a new stamp, in the caller's transaction, so that no process keeps what it read
    before.
    """
    CalendarEdition.objects.update_or_create(id=1, defaults={"stamp": secrets.token_hex(16)})


def _check_notice(year: int, days_off: set[dt.date], make_up_days: set[dt.date]) -> None:
    first = dt.date(year - 1, 12, YEAR_END_DAY)
    last = dt.date(year, 12, 31)
    outside = sorted(day for day in days_off | make_up_days if not first <= day <= last)
    if outside:
        raise BadNotice(f"不属于{year}年安排的日期：{_listed(outside)}")
    both = sorted(days_off & make_up_days)
    if both:
        raise BadNotice(f"既列为放假又列为上班：{_listed(both)}")
    weekdays = sorted(day for day in make_up_days if day.weekday() < SATURDAY)
    if weekdays:
        raise BadNotice(f"调休上班日不是周末：{_listed(weekdays)}")


def _listed(days: list[dt.date]) -> str:
    return "、".join(day.isoformat() for day in days)


def _required_source(source_doc: str) -> str:
    source_doc = source_doc.strip()
    if not source_doc:
        raise ValueError("a decided day names the document that decides it")
    return source_doc

"""The calendar the system counts with, as decisions about it are made and taken back."""

import datetime as dt
from contextlib import suppress

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.calendar.actions import BadNotice, decide_day, enter_notice, forget_day, open_calendar
from portal.calendar.counting import Due, days_after
from portal.calendar.models import CalendarDay, CalendarEdition, CalendarYear
from portal.calendar.queries import the_calendar

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 3, 9)
DOC = "测试通知〔2026〕1号"


@pytest.fixture(autouse=True)
def _opened() -> None:
    open_calendar()


def test_calendar_unchanged_is_kept_for_one_query() -> None:
    calendar = the_calendar()

    with CaptureQueriesContext(connection) as queries:
        assert the_calendar() is calendar

    assert len(queries) == 1


def test_decided_day_counts_at_once_and_until_taken_back() -> None:
    assert the_calendar().is_workday(MONDAY)

    assert decide_day(day=MONDAY, is_workday=False, source_doc=DOC)
    assert not the_calendar().is_workday(MONDAY)
    assert not decide_day(day=MONDAY, is_workday=False, source_doc=DOC)

    assert forget_day(day=MONDAY)
    assert the_calendar().is_workday(MONDAY)
    assert not forget_day(day=MONDAY)


def test_calendar_read_inside_a_decision_that_is_undone_is_not_kept() -> None:
    class Undone(Exception):
        pass

    with suppress(Undone), transaction.atomic():
        decide_day(day=MONDAY, is_workday=False, source_doc=DOC)
        assert not the_calendar().is_workday(MONDAY)
        raise Undone

    assert the_calendar().is_workday(MONDAY)
    decide_day(day=dt.date(2026, 3, 10), is_workday=False, source_doc=DOC)
    assert the_calendar().is_workday(MONDAY)


def test_calendar_without_stamp_is_never_kept() -> None:
    CalendarEdition.objects.all().delete()

    assert the_calendar() is not the_calendar()


def test_entered_notice_makes_its_year_official() -> None:
    new_year = dt.date(2026, 12, 25)
    assert days_after(new_year, 7, the_calendar()) == Due(dt.date(2027, 1, 4), provisional=True)

    enter_notice(
        year=2027,
        days_off=[dt.date(2027, 1, 1), dt.date(2027, 1, 4)],
        make_up_days=[dt.date(2027, 1, 9)],
        source_doc=DOC,
    )

    assert days_after(new_year, 7, the_calendar()) == Due(dt.date(2027, 1, 5), provisional=False)
    assert the_calendar().is_workday(dt.date(2027, 1, 9))


def test_notice_entered_again_replaces_its_days_but_not_those_set_by_hand() -> None:
    friday, monday = dt.date(2027, 1, 1), dt.date(2027, 1, 4)
    enter_notice(year=2027, days_off=[friday, monday], make_up_days=[], source_doc=DOC)
    decide_day(day=friday, is_workday=True, source_doc="值班安排")

    enter_notice(year=2027, days_off=[friday], make_up_days=[], source_doc="更正通知")

    assert the_calendar().is_workday(friday)
    assert the_calendar().is_workday(monday)
    assert CalendarYear.objects.get().source_doc == "更正通知"


@pytest.mark.parametrize(
    ("days_off", "make_up_days", "complaint"),
    [
        (["2028-01-01"], [], "2028-01-01"),
        (["2026-12-28"], [], "2026-12-28"),
        (["2027-01-02"], ["2027-01-02"], "2027-01-02"),
        ([], ["2027-01-04"], "2027-01-04"),
    ],
)
def test_notice_that_contradicts_itself_is_refused(
    days_off: list[str], make_up_days: list[str], complaint: str
) -> None:
    with pytest.raises(BadNotice, match=complaint):
        enter_notice(
            year=2027,
            days_off=[dt.date.fromisoformat(day) for day in days_off],
            make_up_days=[dt.date.fromisoformat(day) for day in make_up_days],
            source_doc=DOC,
        )

    assert not CalendarYear.objects.exists()
    assert not CalendarDay.objects.exists()


def test_decision_without_document_is_refused() -> None:
    with pytest.raises(ValueError, match="names the document"):
        decide_day(day=MONDAY, is_workday=False, source_doc="  ")


def test_database_refuses_a_day_without_document() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarDay.objects.create(date=MONDAY, is_workday=False, source_doc="")

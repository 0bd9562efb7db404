"""Time limits counted over the published calendars, and the laws any calendar obeys."""

import datetime as dt
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.calendar.counting import (
    Due,
    add_months,
    days_after,
    due_after,
    months_after,
    workday_on_or_after,
    workday_on_or_before,
    workdays_after,
)
from portal.calendar.sources import DecidedCalendar

PUBLISHED = DecidedCalendar()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def sure(text: str) -> Due:
    return Due(day(text), provisional=False)


def open_until_notice(text: str) -> Due:
    return Due(day(text), provisional=True)


@pytest.mark.parametrize(
    ("start", "length", "unit", "due"),
    [
        # Seven days end on 5 October, inside the National Day holiday.
        ("2021-09-28", 7, "day", "2021-10-08"),
        # 9 October is a make-up Saturday and counts as a working day.
        ("2021-09-28", 7, "workday", "2021-10-13"),
        ("2020-11-30", 3, "month", "2021-03-01"),  # 28 February 2021 is a Sunday
        ("2021-11-30", 3, "month", "2022-02-28"),
        ("2023-11-30", 3, "month", "2024-02-29"),
        ("2026-05-31", 1, "month", "2026-06-30"),
        ("2026-03-02", 7, "day", "2026-03-09"),
        ("2026-03-02", 5, "workday", "2026-03-09"),
        # The last day is a make-up Saturday: it stands.
        ("2021-10-02", 7, "day", "2021-10-09"),
        # The last day is an ordinary Saturday: Monday.
        ("2026-03-07", 7, "day", "2026-03-16"),
        # A start on a rest day is not counted any differently.
        ("2026-10-01", 10, "workday", "2026-10-20"),
        ("2024-12-31", 12, "month", "2025-12-31"),
    ],
)
def test_due_after_over_published_years(start: str, length: int, unit: str, due: str) -> None:
    assert due_after(day(start), length=length, unit=unit, calendar=PUBLISHED) == sure(due)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "length", "unit", "due"),
    [
        # 1 January 2027 is a holiday by statute, a Friday; whether 4 January works is for the notice to say.
        ("2026-12-25", 7, "day", "2027-01-04"),
        ("2026-11-23", 3, "month", "2027-02-23"),
        ("2026-12-24", 7, "workday", "2027-01-05"),
        # The days the 2027 notice could still make working days or days off.
        ("2026-12-22", 7, "day", "2026-12-29"),
        # Spring Festival 2027 as the statute has it: eve 5 February to 8 February, moved days to the 10th.
        ("2027-01-30", 7, "day", "2027-02-11"),
    ],
)
def test_due_after_into_unknown_year_is_provisional(start: str, length: int, unit: str, due: str) -> None:
    found = due_after(day(start), length=length, unit=unit, calendar=PUBLISHED)  # type: ignore[arg-type]

    assert found == open_until_notice(due)


def test_due_after_ending_before_year_end_window_is_sure() -> None:
    assert days_after(day("2026-12-21"), 7, PUBLISHED) == sure("2026-12-28")


def test_workday_search_from_rest_day_goes_either_way() -> None:
    national_day = day("2021-10-01")

    assert workday_on_or_after(national_day, PUBLISHED) == sure("2021-10-08")
    assert workday_on_or_before(national_day, PUBLISHED) == sure("2021-09-30")
    assert workday_on_or_before(day("2021-10-09"), PUBLISHED) == sure("2021-10-09")


@pytest.mark.parametrize("unit", ["day", "workday", "month"])
@pytest.mark.parametrize("length", [0, -1])
def test_due_after_length_below_one_is_refused(unit: str, length: int) -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        due_after(day("2026-01-05"), length=length, unit=unit, calendar=PUBLISHED)  # type: ignore[arg-type]


def test_due_after_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown unit"):
        due_after(day("2026-01-05"), length=1, unit="week", calendar=PUBLISHED)  # type: ignore[arg-type]


def test_decided_day_overrules_notice_and_is_official() -> None:
    closed_for_flood = DecidedCalendar(days={day("2026-03-09"): False})

    assert days_after(day("2026-03-02"), 7, closed_for_flood) == sure("2026-03-10")


def test_year_entered_here_is_official_and_replaces_the_estimate() -> None:
    notice_2027 = DecidedCalendar(
        days={day("2027-01-01"): False, day("2027-02-20"): True}, years=frozenset({2027})
    )

    assert days_after(day("2026-12-25"), 7, notice_2027) == sure("2027-01-04")
    assert days_after(day("2026-12-22"), 7, notice_2027) == sure("2026-12-29")
    # The notice as entered does not list 8 February, so the statutory estimate no longer applies to it.
    assert days_after(day("2027-02-01"), 7, notice_2027) == sure("2027-02-08")
    assert days_after(day("2027-02-13"), 7, notice_2027) == sure("2027-02-20")
    assert days_after(day("2027-12-22"), 7, notice_2027) == open_until_notice("2027-12-29")


# --- laws over any calendar ---

DATES = st.dates(min_value=dt.date(2003, 1, 1), max_value=dt.date(2032, 12, 31))
LENGTHS = st.integers(min_value=1, max_value=60)
UNITS = st.sampled_from(["day", "workday", "month"])


@dataclass(frozen=True)
class PatternCalendar:
    """A calendar made of a repeating pattern with at least one working day in it."""

    pattern: tuple[bool, ...]

    def is_workday(self, day: dt.date) -> bool:
        return self.pattern[day.toordinal() % len(self.pattern)]

    def is_official(self, day: dt.date) -> bool:
        return day.year < 2020


CALENDARS = st.one_of(
    st.just(PUBLISHED),
    st.lists(st.booleans(), min_size=1, max_size=20).filter(any).map(lambda p: PatternCalendar(tuple(p))),
)


@given(start=DATES, length=LENGTHS, unit=UNITS, calendar=CALENDARS)
def test_due_never_falls_on_rest_day_nor_on_start(
    start: dt.date, length: int, unit: str, calendar: PatternCalendar
) -> None:
    due = due_after(start, length=length, unit=unit, calendar=calendar)  # type: ignore[arg-type]

    assert calendar.is_workday(due.date)
    assert due.date > start


@given(
    start=DATES,
    later=st.integers(0, 40),
    length=LENGTHS,
    longer=st.integers(0, 20),
    unit=UNITS,
    calendar=CALENDARS,
)
def test_due_grows_with_start_and_length(
    start: dt.date, later: int, length: int, longer: int, unit: str, calendar: PatternCalendar
) -> None:
    shift = dt.timedelta(days=later)
    due = due_after(start, length=length, unit=unit, calendar=calendar)  # type: ignore[arg-type]

    started_later = due_after(start + shift, length=length, unit=unit, calendar=calendar)  # type: ignore[arg-type]
    made_longer = due_after(start, length=length + longer, unit=unit, calendar=calendar)  # type: ignore[arg-type]

    assert due.date <= started_later.date
    assert due.date <= made_longer.date


@given(start=DATES, first=LENGTHS, second=LENGTHS, calendar=CALENDARS)
def test_workdays_add_up(start: dt.date, first: int, second: int, calendar: PatternCalendar) -> None:
    halfway = workdays_after(start, first, calendar).date

    assert (
        workdays_after(halfway, second, calendar).date == workdays_after(start, first + second, calendar).date
    )


@given(start=DATES, count=LENGTHS, calendar=CALENDARS)
def test_workdays_after_counts_exactly_the_working_days(
    start: dt.date, count: int, calendar: PatternCalendar
) -> None:
    due = workdays_after(start, count, calendar).date

    between = (start + dt.timedelta(days=n) for n in range(1, (due - start).days + 1))
    assert sum(calendar.is_workday(one) for one in between) == count


@given(start=DATES, count=st.integers(0, 60))
def test_add_months_lands_in_the_right_month_on_the_nearest_day(start: dt.date, count: int) -> None:
    moved = add_months(start, count)

    assert (moved.year * 12 + moved.month) - (start.year * 12 + start.month) == count
    assert moved.day <= start.day
    if moved.day < start.day:
        assert (moved + dt.timedelta(days=1)).day == 1


@given(start=DATES, count=LENGTHS, calendar=CALENDARS)
def test_months_after_passes_over_rest_days_only(
    start: dt.date, count: int, calendar: PatternCalendar
) -> None:
    target = add_months(start, count)
    due = months_after(start, count, calendar).date

    skipped = (target + dt.timedelta(days=n) for n in range((due - target).days))
    assert not any(calendar.is_workday(one) for one in skipped)


@given(start=DATES, length=LENGTHS, unit=UNITS)
def test_provisional_exactly_when_an_open_day_was_touched(start: dt.date, length: int, unit: str) -> None:
    calendar = PatternCalendar((True,))

    due = due_after(start, length=length, unit=unit, calendar=calendar)  # type: ignore[arg-type]

    assert due.provisional == (due.date.year >= 2020)

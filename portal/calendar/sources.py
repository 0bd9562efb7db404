"""Where the answers for single days come from.

Three sources, best first: days and years decided in this installation (`CalendarDay`, `CalendarYear`), the
holiday notices of the State Council as the `chinesecalendar` package holds them, and an estimate (weekends
and the statutory holidays of the `holidays` package) for years whose notice is not out.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from chinese_calendar import constants as notices

SATURDAY = 5

# A notice also rules over the last days of the year before it: six of the 22 notices from 2006 on did,
# always within these days. Until next year's notice is out they are as open as next year itself.
YEAR_END_MONTH = 12
YEAR_END_DAY = 29

_NOTICE_DAYS_OFF = frozenset(notices.holidays)
_NOTICE_MAKE_UP_DAYS = frozenset(notices.workdays)
_NOTICE_YEARS = frozenset(range(min(_NOTICE_DAYS_OFF).year, max(_NOTICE_DAYS_OFF).year + 1))


@dataclass(frozen=True, slots=True)
class DecidedCalendar:
    """A `Calendar` of what was decided here, falling back to the published notices and then to the estimate.

    `days` maps single decided days to whether they are working days. `years` are those whose notice was
    entered here in full: in them a day without an entry of its own is simply a weekday or a weekend.
    """

    days: Mapping[dt.date, bool] = field(default_factory=lambda: MappingProxyType({}))
    years: frozenset[int] = frozenset()

    def is_workday(self, day: dt.date) -> bool:
        """Whether offices work on this day."""
        decided = self.days.get(day)
        if decided is not None:
            return decided
        if day.year in self.years:
            return day.weekday() < SATURDAY
        if day.year in _NOTICE_YEARS:
            return day in _NOTICE_MAKE_UP_DAYS or (day.weekday() < SATURDAY and day not in _NOTICE_DAYS_OFF)
        return day.weekday() < SATURDAY and day not in estimated_days_off(day.year)

    def is_official(self, day: dt.date) -> bool:
        """Whether this day is decided: by an entry of its own or by the notices that rule over it."""
        if day in self.days:
            return True
        if not self._knows(day.year):
            return False
        open_until_next_notice = day.month == YEAR_END_MONTH and day.day >= YEAR_END_DAY
        return not open_until_next_notice or self._knows(day.year + 1)

    def _knows(self, year: int) -> bool:
        return year in self.years or year in _NOTICE_YEARS


@lru_cache(maxsize=64)
def estimated_days_off(year: int) -> frozenset[dt.date]:
    """The statutory holidays of a year as far as they can be known before its notice; make-up days cannot."""
    # Eleven megabytes that a year with a notice never needs.
    from holidays import country_holidays  # noqa: PLC0415

    return frozenset(country_holidays("CN", years=year))

"""Tables of days and years decided in this installation."""

from django.db import models
from django.db.models import Q

__all__ = [
    "CalendarDay",
    "CalendarEdition",
    "CalendarYear",
]


class CalendarYear(models.Model):
    """A year whose holiday notice was entered here in full."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    source_doc = models.CharField("依据文件", max_length=200)

    class Meta:
        app_label = "portal"
        db_table = "calendar_year"
        verbose_name = verbose_name_plural = "节假日安排年份"
        constraints = [
            models.CheckConstraint(condition=~Q(source_doc=""), name="calendar_year_has_source"),
            models.CheckConstraint(
                condition=Q(year__gte=2000, year__lte=2200), name="calendar_year_plausible"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年（{self.source_doc}）"


class CalendarDay(models.Model):
    """One day decided officially or corrected by an administrator; it overrules every other source."""

    date = models.DateField("日期", primary_key=True)
    is_workday = models.BooleanField("是否工作日")
    source_doc = models.CharField("依据文件", max_length=200)
    notice = models.ForeignKey(
        CalendarYear, verbose_name="所属安排", on_delete=models.CASCADE, null=True, related_name="days"
    )

    class Meta:
        app_label = "portal"
        db_table = "calendar_day"
        verbose_name = verbose_name_plural = "日历日"
        constraints = [
            models.CheckConstraint(condition=~Q(source_doc=""), name="calendar_day_has_source"),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {'上班' if self.is_workday else '休息'}"


class CalendarEdition(models.Model):
    """The single row whose stamp changes with every change of the calendar (see `queries.the_calendar`)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.CharField(max_length=32)

    class Meta:
        app_label = "portal"
        db_table = "calendar_edition"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="calendar_edition_single_row"),
        ]

    def __str__(self) -> str:
        return self.stamp

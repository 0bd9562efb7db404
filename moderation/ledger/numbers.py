"""Gap-free numbers per organ, year and series."""

from django.db.models import F

from moderation.ledger.models import NumberSeries

LEADS = "lead"


def next_number(*, organ: str, year: int, series: str) -> int:
    """The next number of a series, from 1. Call in the transaction that uses it.

    The update holds the row until that transaction ends: nobody else gets a number meanwhile, and a
    rollback gives this one back.
    """
    row = NumberSeries.objects.filter(organ_id=organ, year=year, series=series)
    if not row.update(last=F("last") + 1):
        NumberSeries.objects.get_or_create(organ_id=organ, year=year, series=series)
        row.update(last=F("last") + 1)
    return row.values_list("last", flat=True).get()


def lead_no(*, organ: str, year: int, number: int) -> str:
    """A lead's number as people quote it, for example `XS-510100-2026-00001`."""
    return f"XS-{organ}-{year}-{number:05d}"

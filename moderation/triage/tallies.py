"""Counts that stay cheap however long the queue is: beyond 99 nobody needs to know how many."""

from typing import Any

from django.db.models import QuerySet

MOST = 99


def tally(rows: QuerySet[Any]) -> str:
    """How many rows, as people read it: `7`, or `99+`. One query that stops at a hundred."""
    count = rows.order_by()[: MOST + 1].count()
    return f"{MOST}+" if count > MOST else str(count)

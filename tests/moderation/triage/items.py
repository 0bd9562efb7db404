"""Items in any state, brought there by the people who would."""

import datetime as dt
from typing import Any

from moderation.triage import actions
from moderation.triage.models import TriageItem
from portal.common.clock import BEIJING
from portal.intake.actions import Receipt
from portal.intake.models import Report
from tests.people import People, file_tip

FILED = dt.datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
LATER = FILED + dt.timedelta(days=1)
EVEN_LATER = FILED + dt.timedelta(days=2)


def item_of(receipt: Receipt) -> TriageItem:
    """The item as it stands now."""
    return TriageItem.objects.get(pk=receipt.report)


def report_of(item: TriageItem) -> Report:
    """The item's report as it stands now."""
    return Report.objects.get(pk=item.pk)


def again(item: TriageItem) -> TriageItem:
    """The item as it stands now."""
    return TriageItem.objects.get(pk=item.pk)


def filed(**changes: Any) -> TriageItem:
    """The usual tip, just filed, in the city's queue."""
    return item_of(file_tip(**{"now": FILED, **changes}))


def held(**changes: Any) -> TriageItem:
    """A tip that waits for a human first, as screening will leave some."""
    item = filed(**changes)
    TriageItem.objects.filter(pk=item.pk).update(state="held")
    return again(item)


def item_in(state: str, people: People, **changes: Any) -> TriageItem:
    """A tip in this state of the city's queue, without a claim."""
    if state == "held":
        return held(**changes)
    item = filed(**changes)
    if state == "waiting":
        return actions.ask(
            actor=people.triager2, item_id=item.pk, version=item.version, text="请补充时间。", now=LATER
        )
    if state in {"void_proposed", "void"}:
        item = actions.void(
            actor=people.moderator2, item_id=item.pk, version=item.version, reason="广告", now=LATER
        )
    if state == "void":
        item = actions.void(actor=people.triager2, item_id=item.pk, version=item.version, now=LATER)
    if state == "decided":
        item = actions.decide(
            actor=people.triager2,
            item_id=item.pk,
            version=item.version,
            outcome="complaints_dept",
            now=LATER,
        )
    return item

"""The usual lead handed over to the city about the county, and the usual report made into one."""

import datetime as dt
from typing import Any

from django.db import transaction

from moderation.ledger.actions import register_lead, register_lead_from_report
from moderation.ledger.models import Lead
from portal.accounts.signed_in import SignedIn
from portal.common.clock import BEIJING
from portal.intake.content import Content, Subject
from portal.intake.models import Report
from portal.intake.queries import open_original
from tests.people import COUNTY, file_tip

MORNING = dt.datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
SUBJECT = Subject(name="李某", organ=COUNTY, post="书记员")


def hand_over(actor: SignedIn, **changes: Any) -> Lead:
    """Register the usual lead; keywords change it."""
    lead: dict[str, Any] = {
        "source_class": "central_supervision_group",
        "title": "一名干警违规经商",
        "summary": "督导组移交：该干警长期在亲属名下经营茶楼。",
        "subjects": [SUBJECT],
        "received_on": dt.date(2026, 3, 1),
        "now": MORNING,
    }
    return register_lead(actor=actor, **{**lead, **changes})


def from_report(actor: SignedIn, **changes: Any) -> Lead:
    """File the usual tip and enter it, as triage does."""
    report = Report.objects.get(pk=file_tip(now=MORNING, **changes).report)
    return enter(actor, report)


def enter(actor: SignedIn, report: Report, content: Content | None = None) -> Lead:
    """Enter a filed report in a transaction of the caller's."""
    content = content or open_original(report, actor.keyring)
    assert content is not None
    with transaction.atomic():
        return register_lead_from_report(actor=actor, report=report, content=content, now=MORNING)

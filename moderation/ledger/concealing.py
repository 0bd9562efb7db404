"""When a report moves above the organ that made a lead of it, the lead goes out of that organ's sight.

Its number stays used and its row stays; the organ above makes a lead of its own if it wants one.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from moderation.ledger.models import Lead
from moderation.ledger.text import PURPOSE, text_binding
from portal.intake.models import Report
from portal.vault.items import Binding
from portal.vault.models import SealedItem


def conceal_leads(report: Report) -> None:
    """Hide the leads that organs other than the present holder made of this report. Call in a transaction."""
    Lead.objects.filter(report=report).exclude(organ_id=report.holder_id).update(concealed=True)


def lead_ids(reports: Collection[UUID]) -> Sequence[UUID]:
    """The leads any organ made of these reports."""
    return list(Lead.objects.filter(report__in=reports).values_list("pk", flat=True))


def lead_texts(report: Report) -> Sequence[tuple[SealedItem, str, Binding]]:
    """The sealed words of every lead made of this report, as (item, purpose, binding)."""
    leads = Lead.objects.filter(report=report).select_related("text").prefetch_related("text__envelopes")
    return [(lead.text, PURPOSE, text_binding(lead.id)) for lead in leads]

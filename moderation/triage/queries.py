"""Reading the queue. Everything starts at `visible_to`; pages shown to people go through `reading`."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet, prefetch_related_objects

from moderation.triage.filters import ORDERS, QueueFilters, narrowed
from moderation.triage.indexing import reach_of
from moderation.triage.letters import SHOWN_WITH, QueueLine, QueuePage
from moderation.triage.models import TriageItem
from moderation.triage.searching import search_page
from portal import hooks
from portal.accounts.models import Staff
from portal.accounts.signed_in import visible_holders
from portal.audit.models import AuditEntry
from portal.audit.queries import history_of
from portal.common.clock import now as present
from portal.common.errors import NotFound
from portal.common.paging import USUAL_PAGE, keyset_page
from portal.intake.content import Content, preflight_text
from portal.intake.models import Report
from portal.intake.queries import StaffEntry, open_messages, open_original
from portal.vault.keyring import Keyring
from portal.vault.primitives import Tampered

DAMAGED = hooks.Finding(code="sealed_text_damaged", severity="hold", field="text")
"""Shown where something sealed to this person no longer opens: the store was changed."""


@dataclass(frozen=True)
class ItemDetail:
    """One item opened. `content` is `None` where these keys do not open it (yet)."""

    item: TriageItem
    content: Content | None
    messages: tuple[StaffEntry, ...]
    findings: tuple[hooks.Finding, ...]
    history: tuple[AuditEntry, ...]

    @property
    def body(self) -> str:
        """What is compared with other letters; empty where the content does not open."""
        return f"{self.content.title}\n{self.content.text}" if self.content else ""


def visible_to(staff: Staff) -> QuerySet[TriageItem]:
    """The items this person may know of: those of visible holders.

    A supervisor also sees what moved up to the own organ and waits to be carried over: only the oversight
    key reaches the parts still sealed below.
    """
    holders = sorted(visible_holders(staff))
    seen = Q(holder_id=holders[0]) if len(holders) == 1 else Q(holder_id__in=holders)
    if staff.supervisor:
        seen |= Q(holder_id=staff.organ_id, awaits_lift=True)
    return TriageItem.objects.filter(seen)


def visible_item(staff: Staff, item_id: UUID) -> TriageItem:
    """One item, for an action to be decided on. Raises `NotFound`."""
    item = visible_to(staff).select_related("claimed_by").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    return item


def queue_page(
    *,
    staff: Staff,
    keyring: Keyring,
    filters: QueueFilters,
    cursor: str | None = None,
    limit: int = USUAL_PAGE,
    now: dt.datetime | None = None,
) -> QueuePage:
    """One page of the queue, its titles opened. Void items are listed only where asked for.

    With `q` newest first whatever the sort (`moderation.triage.searching`).
    Raises `Invalid` for a foreign cursor.
    """
    rows = narrowed(visible_to(staff), filters, staff=staff, now=now or present())
    if filters.q:
        reach = reach_of(visible_holders(staff), keyring)
        return search_page(rows, keyring=keyring, reach=reach, q=filters.q, cursor=cursor, limit=limit)
    page = keyset_page(rows, order=ORDERS[filters.sort], cursor=cursor, limit=limit, related=SHOWN_WITH)
    return QueuePage(tuple(opened_lines(page.items, keyring)), page.next)


def opened_lines(items: list[TriageItem], keyring: Keyring) -> list[QueueLine]:
    """The items with their titles, opened together."""
    return [QueueLine(item, content.title if content else None) for item, content in _opened(items, keyring)]


def queue_line(item_id: UUID, keyring: Keyring) -> QueueLine:
    """One item as it stands after an action, which may have moved it out of sight."""
    item = TriageItem.objects.select_related(*SHOWN_WITH).get(pk=item_id)
    return opened_lines([item], keyring)[0]


def item_detail(*, staff: Staff, keyring: Keyring, item_id: UUID) -> ItemDetail:
    """One item with everything about it that these keys open. Raises `NotFound`.

    Findings are made afresh from the opened text: nothing quoted is stored anywhere.
    """
    item = visible_to(staff).select_related(*SHOWN_WITH).filter(pk=item_id).first()
    if item is None:
        raise NotFound
    prefetch_related_objects([item], "report__original__envelopes")
    findings: list[hooks.Finding] = []
    content: Content | None = None
    messages: list[StaffEntry] = []
    try:
        content = open_original(item.report, keyring)
        messages = open_messages(item.report, keyring)
    except Tampered:
        findings.append(DAMAGED)
    if content is not None:
        findings += hooks.preflight(preflight_text(item.kind, content))
    entries = history_of(kind="report", object_id=item.pk, organs=frozenset({item.holder_id}))
    history = tuple(entries.exclude(action="item_read"))
    return ItemDetail(item, content, tuple(messages), tuple(findings), history)


def quiet_content(report: Report, keyring: Keyring) -> Content | None:
    """The content, or `None` where it does not open for whatever reason; for lists."""
    try:
        return open_original(report, keyring)
    except Tampered:
        return None


def _opened(items: list[TriageItem], keyring: Keyring) -> Iterable[tuple[TriageItem, Content | None]]:
    prefetch_related_objects(items, "report__original__envelopes")
    return [(item, quiet_content(item.report, keyring)) for item in items]

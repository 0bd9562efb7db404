"""Reading the ledger. Everything starts at `visible_to`."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects

from moderation.ledger.models import Lead, LeadState, SourceClass
from moderation.ledger.text import LeadText, open_text
from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, visible_holders
from portal.audit.models import AuditEntry
from portal.audit.queries import history_of
from portal.common.errors import Invalid, NotFound
from portal.common.paging import USUAL_PAGE, keyset_page

NEWEST_FIRST = ("-registered_at", "id")
_SHOWN_WITH = ("organ", "registered_by", "text")


@dataclass(frozen=True)
class LeadFilter:
    """What a list is narrowed to; an empty field does not narrow."""

    state: str = ""
    source_class: str = ""
    year: int | None = None
    q: str = ""


@dataclass(frozen=True)
class LeadLine:
    """One line of the ledger; `title` is `None` where these keys do not open it."""

    lead: Lead
    title: str | None


@dataclass(frozen=True)
class LeadPage:
    """Lines in order, and the cursor of the next page (`None` at the end)."""

    lines: tuple[LeadLine, ...]
    next: str | None


@dataclass(frozen=True)
class LeadDetail:
    """One lead with what was done to it; `text` is `None` where these keys do not open it."""

    lead: Lead
    text: LeadText | None
    history: tuple[AuditEntry, ...]


def visible_to(staff: Staff) -> QuerySet[Lead]:
    """The leads this person may know of: those of organs whose held reports they see.

    Not those of reports that have moved above the organ since.
    """
    return Lead.objects.filter(organ_id__in=visible_holders(staff), concealed=False)


def lead_filter(*, state: str = "", source_class: str = "", year: str = "", q: str = "") -> LeadFilter:
    """A filter from words as typed. Raises `Invalid` naming what is not one."""
    problems: dict[str, str] = {}
    if state and state not in LeadState.values:
        problems["state"] = "没有这个状态。"
    if source_class and source_class not in SourceClass.values:
        problems["source_class"] = "没有这个来源。"
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        problems["year"] = "请填写四位年份。"
    if problems:
        raise Invalid(fields=problems)
    return LeadFilter(state, source_class, int(year) if year else None, q.strip()[:40])


def lead_page(
    actor: SignedIn, wanted: LeadFilter, *, cursor: str | None = None, limit: int = USUAL_PAGE
) -> LeadPage:
    """One page of the ledger, newest first, its titles opened. Raises `Invalid` for a foreign cursor."""
    page = keyset_page(
        _narrowed(visible_to(actor.staff), wanted),
        order=NEWEST_FIRST,
        cursor=cursor,
        limit=limit,
        related=_SHOWN_WITH,
    )
    prefetch_related_objects(page.items, "text__envelopes")
    lines = []
    for lead in page.items:
        text = open_text(lead, actor.keyring)
        lines.append(LeadLine(lead, text.title if text else None))
    return LeadPage(tuple(lines), page.next)


def lead_detail(actor: SignedIn, lead_id: UUID) -> LeadDetail:
    """One lead, opened. Raises `NotFound`. Reading one is put on record by `actions.read_lead`."""
    rows = visible_to(actor.staff).select_related(*_SHOWN_WITH).prefetch_related("text__envelopes")
    lead = rows.filter(pk=lead_id).first()
    if lead is None:
        raise NotFound
    changes = history_of(kind="lead", object_id=lead.id, organs=frozenset({lead.organ_id}))
    return LeadDetail(lead, open_text(lead, actor.keyring), tuple(changes.exclude(action="lead_read")))


def _narrowed(rows: QuerySet[Lead], wanted: LeadFilter) -> QuerySet[Lead]:
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.source_class:
        rows = rows.filter(source_class=wanted.source_class)
    if wanted.year is not None:
        rows = rows.filter(year=wanted.year)
    if wanted.q.isascii() and wanted.q.isdigit():
        rows = rows.filter(number=int(wanted.q)) if len(wanted.q) < 10 else rows.none()
    elif wanted.q:
        rows = rows.filter(lead_no__startswith=wanted.q.upper())
    return rows

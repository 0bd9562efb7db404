"""Entering leads into the ledger, and reading one."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from moderation.ledger.models import Lead, SourceClass
from moderation.ledger.numbers import LEADS, lead_no, next_number
from moderation.ledger.queries import LeadDetail, LeadFilter, LeadPage, lead_detail, lead_page
from moderation.ledger.text import LeadText, seal_text
from portal import hooks
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn, visible_holders
from portal.audit.actions import record
from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, NotFound, Stale
from portal.common.ids import new_id
from portal.common.paging import USUAL_PAGE
from portal.intake.content import Content, Subject, check_content, preflight_text
from portal.intake.holding import named_by
from portal.intake.models import Channel, Kind, Report
from portal.organs.queries import organ_tree
from portal.organs.recusal import may_hold
from portal.vault.items import SealedDraft

HAND_OVER_SOURCES = tuple(
    source for source in SourceClass if source not in {SourceClass.PUBLIC_REPORT, SourceClass.FORUM}
)
"""Sources entered by hand; what people report or say at a forum is filed as a report first."""
HAND_OVER_ROLES = ("clerk", "triager", "leader")
EARLIEST = dt.date(2000, 1, 1)

_SOURCE_OF_CHANNEL: dict[str, SourceClass] = {
    Channel.FORUM: SourceClass.FORUM,
    Channel.SELF_CHECK: SourceClass.SELF_CHECK,
    Channel.REFERRAL: SourceClass.OTHER_BODY,
}


def register_lead_from_report(*, actor: SignedIn, report: Report, content: Content, now: dt.datetime) -> Lead:
    """Enter a report into its holder's ledger; the one lead it already has there is returned as it stands.

    Called by triage in its transaction. Raises `NotFound` for a report this person may not know of,
    `Forbidden` for one held by another organ, `Invalid` where the content names the holder or an organ
    beside or above it (检举控告工作规则 15), or somebody whose organ is not known.
    """
    _check_holds(actor, report)
    earlier = Lead.objects.filter(organ_id=report.holder_id, report=report).first()
    if earlier is not None:
        return earlier
    # a tip's silence on whether it is about the addressed organ counts as yes, as at intake
    silence_counts = report.kind == Kind.TIP
    about = content.about_organ is True or (silence_counts and content.about_organ is None)
    _refuse_recused(
        report.holder_id, addressed=report.addressed_id, about=about, kind=report.kind, content=content
    )
    lead = Lead(
        id=new_id(),
        organ_id=report.holder_id,
        source_class=_SOURCE_OF_CHANNEL.get(report.channel, SourceClass.PUBLIC_REPORT),
        report=report,
        received_on=local_date(report.received_at),
    )
    text = LeadText(content.title, content.text, content.subjects)
    return _enter(lead, seal_text(text, lead=lead.id, organ=lead.organ_id), actor, now)


def register_lead(
    *,
    actor: SignedIn,
    source_class: str,
    title: str,
    summary: str,
    subjects: Sequence[Subject] = (),
    received_on: dt.date,
    now: dt.datetime | None = None,
    lead_id: UUID | None = None,
) -> Lead:
    """Enter a lead that was handed over or found by the office itself into the actor's ledger.

    A clerk may enter one and learns its number, nothing more. `lead_id`, random and made once per form,
    lets a form sent twice enter one lead. Raises `Forbidden`, `Invalid` (also where the lead concerns the
    organ itself or one beside or above it: then the organ above registers it), and `Stale` for a `lead_id`
    somebody else used.
    """
    now = now or present()
    actor.require(*HAND_OVER_ROLES)
    content = Content(title=title, text=summary, about_organ=False, subjects=tuple(subjects))
    _check_hand_over(source_class, content, received_on, local_date(now))
    organ = actor.staff.organ_id
    # The office's own words: 本院 there is who writes, so it counts as little as 贵院 in a suggestion.
    _refuse_recused(organ, addressed=organ, about=False, kind=Kind.SUGGESTION, content=content)
    lead = Lead(id=lead_id or new_id(), organ_id=organ, source_class=source_class, received_on=received_on)
    draft = seal_text(LeadText(title, summary, tuple(subjects)), lead=lead.id, organ=organ)
    try:
        return _enter(lead, draft, actor, now)
    except IntegrityError:
        earlier = Lead.objects.filter(pk=lead.id, organ_id=organ, registered_by=actor.staff).first()
        if earlier is not None:
            return earlier
        if Lead.objects.filter(pk=lead.id).exists():
            raise Stale("该表单已使用过，请重新打开。") from None
        raise


def read_leads(
    *,
    actor: SignedIn,
    wanted: LeadFilter,
    cursor: str | None = None,
    limit: int = USUAL_PAGE,
    now: dt.datetime | None = None,
) -> LeadPage:
    """A page of the ledger, on record in the reader's own chain with how many titles it showed.

    An empty page is no reading. Raises `Invalid` for a foreign cursor.
    """
    page = lead_page(actor, wanted, cursor=cursor, limit=limit)
    if page.lines:
        record(
            organ=actor.staff.organ_id,
            actor=actor.staff.username,
            action="leads_read",
            object_kind="ledger",
            object_id=actor.staff.organ_id,
            detail={"count": len(page.lines)},
            now=now,
        )
    return page


def read_lead(*, actor: SignedIn, lead_id: UUID, now: dt.datetime | None = None) -> LeadDetail:
    """A lead opened for this person; that they read it is on record. Raises `NotFound`."""
    detail = lead_detail(actor, lead_id)
    if detail.text is not None:
        record(
            organ=detail.lead.organ_id,
            actor=actor.staff.username,
            action="lead_read",
            object_kind="lead",
            object_id=lead_id,
            now=now,
        )
    return detail


def _enter(lead: Lead, draft: SealedDraft, actor: SignedIn, now: dt.datetime) -> Lead:
    lead.year = local_date(now).year
    lead.registered_at = now
    lead.registered_by = actor.staff
    with transaction.atomic():
        # The log first: everybody who takes a number of this organ queues there, so locks have one order.
        record(
            organ=lead.organ_id,
            actor=actor.staff.username,
            action="lead_registered",
            object_kind="lead",
            object_id=lead.id,
            detail={"source_class": lead.source_class, "report": str(lead.report_id or "")},
            now=now,
        )
        lead.number = next_number(organ=lead.organ_id, year=lead.year, series=LEADS)
        lead.lead_no = lead_no(organ=lead.organ_id, year=lead.year, number=lead.number)
        lead.text = draft.save()
        lead.save(force_insert=True)
    return lead


def _check_holds(actor: SignedIn, report: Report) -> None:
    if report.holder_id not in visible_holders(actor.staff):
        raise NotFound
    if report.holder_id != actor.staff.organ_id:
        raise Forbidden
    actor.require(*QUEUE_ROLES)


def _check_hand_over(source_class: str, content: Content, received_on: dt.date, today: dt.date) -> None:
    problems: dict[str, str] = {}
    if source_class not in HAND_OVER_SOURCES:
        problems["source_class"] = "请选择线索来源；群众举报和座谈会意见请从来件登记进入。"
    if not EARLIEST <= received_on <= today:
        problems["received_on"] = "收到日期不能晚于今天，也不能早于 2000 年。"
    try:
        check_content(content)
    except Invalid as refusal:
        problems |= {("summary" if name == "content" else name): why for name, why in refusal.fields.items()}
    if problems:
        raise Invalid(fields=problems)


def _refuse_recused(holder: str, *, addressed: str, about: bool, kind: str, content: Content) -> None:
    """The recusal rule of intake once more: screening may know names today that it did not know then."""
    tree = organ_tree()
    for number, subject in enumerate(content.subjects):
        if subject.organ and subject.organ not in tree:
            raise Invalid(fields={f"subjects.{number}.organ": "没有这个检察院代码。"})
    findings = hooks.preflight(preflight_text(kind, content))
    named = named_by(content, findings, tree=tree, addressed=addressed, kind=kind)
    if about or any(finding.code == "unresolved_person" for finding in findings):
        named.add(addressed)
    if not may_hold(tree, holder, named):
        raise Invalid(
            "内容涉及本院、同级或上级院，或有无法确定单位的人员，本院不能登记此线索，请报上级院处理。",
            fields={"subjects": "请核对被反映人所在单位；确属本院或上级院的，请报上级院登记。"},
        )

"""Deciding an item, and the office's words to its reporter."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from moderation.ledger.actions import register_lead_from_report
from moderation.triage.gate import UNCLAIMED, Act, change, lock_report, log, ready, roles_over
from moderation.triage.models import Outcome, Reason, State, TriageItem, TriageNote
from moderation.triage.notes import check_note, draft_note
from moderation.triage.queries import visible_item
from moderation.triage.transitions import OUTCOMES, OutcomeRule
from moderation.triage.wording import fixed_words
from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid
from portal.intake.actions import post_office_message, set_status
from portal.intake.content import Content, check_message
from portal.intake.models import Message, Report, Status
from portal.intake.queries import open_original


def decide(
    *,
    actor: SignedIn,
    item_id: UUID,
    version: int,
    outcome: str,
    reason: str = "",
    note: str = "",
    now: dt.datetime | None = None,
) -> TriageItem:
    """Give the item its one outcome; the public status follows from the table of outcomes.

    `lead` enters it into the ledger (`item.lead`), `declined` needs one of the nine reasons and sends its
    fixed wording. `note` stays in the house, sealed. Raises as `gate.ready`, and `Invalid`.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="decide", now=now)
    rule = _checked(outcome, reason)
    if not rule.roles & roles_over(actor, item):
        raise Forbidden
    check_note(note, field="note")
    content = _content(item, actor) if outcome == Outcome.LEAD else None
    draft = None
    if note.strip():
        draft = draft_note(
            item=item.pk,
            holder=item.holder_id,
            kind=TriageNote.Kind.NOTE,
            author=actor.staff,
            text=note,
            now=now,
        )
    with transaction.atomic():
        report = lock_report(item)
        detail = {"outcome": outcome, "reason": reason}
        log(actor, [Act(item.holder_id, item.pk, "item_decide", detail)], now)
        lead = item.lead_id
        if content is not None:
            lead = register_lead_from_report(actor=actor, report=report, content=content, now=now).pk
        decided = {"outcome": outcome, "reason": reason, "decided_at": now, "lead_id": lead}
        change(item, actor, now, state=State.DECIDED, **UNCLAIMED | decided)
        if draft:
            draft.save()
        _tell_reporter(report, actor, outcome, reason, now)
        _set_decided_status(report, rule, now)
    return visible_item(actor.staff, item.pk)


def ask(
    *, actor: SignedIn, item_id: UUID, version: int, text: str, now: dt.datetime | None = None
) -> TriageItem:
    """Ask the reporter, once, for everything that is missing; the clocks stand until they answer.

    Raises as `gate.ready`, and `Invalid` for a second question about the same filing.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="ask", now=now)
    check_message(text)
    if item.asked_at is not None:
        raise Invalid("已要求补充过一次；需要补充的内容应一次性告知。")
    with transaction.atomic():
        report = lock_report(item)
        log(actor, [Act(item.holder_id, item.pk, "item_ask")], now)
        change(item, actor, now, state=State.WAITING, asked_at=now, indexed=False, **UNCLAIMED)
        post_office_message(report=report, actor=actor, text=text, act=Message.Act.QUESTION, now=now)
        set_status(report=report, status=Status.SUPPLEMENT_NEEDED, now=now)
    return visible_item(actor.staff, item.pk)


def reply(
    *,
    actor: SignedIn,
    item_id: UUID,
    version: int,
    text: str,
    final: bool = False,
    now: dt.datetime | None = None,
) -> TriageItem:
    """Answer the reporter; `final` calls it the result. Raises as `gate.ready`, and `Invalid`."""
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="reply", now=now)
    check_message(text)
    with transaction.atomic():
        report = lock_report(item)
        log(actor, [Act(item.holder_id, item.pk, "item_reply", {"final": final})], now)
        change(item, actor, now, indexed=False)
        post_office_message(
            report=report, actor=actor, text=text, act=Message.Act.REPLY, final=final, now=now
        )
        if final and report.status != Status.DECLINED:
            set_status(report=report, status=Status.ANSWERED, now=now)
        elif report.status in {Status.SUBMITTED, Status.ACCEPTED}:
            set_status(report=report, status=Status.IN_PROGRESS, now=now)
    return visible_item(actor.staff, item.pk)


def _checked(outcome: str, reason: str) -> OutcomeRule:
    rule = OUTCOMES.get(outcome)
    if rule is None:
        raise Invalid(fields={"outcome": "请选择分流去向。"})
    if rule.needs_reason and reason not in Reason.values:
        raise Invalid(fields={"reason": "请选择不予受理的理由（N1 至 N9）。"})
    if reason and not rule.needs_reason:
        raise Invalid(fields={"reason": "只有不予受理才填写理由；说明请写在 note 中。"})
    return rule


def _content(item: TriageItem, actor: SignedIn) -> Content:
    content = open_original(item.report, actor.keyring)
    if content is None:
        raise Invalid("此件内容尚未移交到您可以打开的密钥，请先由可打开的人员密封径送。")
    return content


def _tell_reporter(report: Report, actor: SignedIn, outcome: str, reason: str, now: dt.datetime) -> None:
    words = fixed_words(outcome, reason)
    if words is not None:
        text, final = words
        post_office_message(
            report=report, actor=actor, text=text, act=Message.Act.REPLY, final=final, now=now
        )


def _set_decided_status(report: Report, rule: OutcomeRule, now: dt.datetime) -> None:
    """A decision does not take back an answer already given, unless it ends the matter otherwise."""
    still_going = rule.status in {Status.ACCEPTED, Status.IN_PROGRESS}
    if not (still_going and report.status == Status.ANSWERED):
        set_status(report=report, status=rule.status, now=now)

"""What the reporter does after filing, receipt in hand: add, answer, rate, withdraw, change the receipt."""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from portal import hooks
from portal.audit.actions import PUBLIC, record
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotReady, Stale
from portal.common.ids import new_id
from portal.intake.bindings import message_binding
from portal.intake.content import check_message
from portal.intake.holding import keyed_holder, named_in
from portal.intake.marks import check_mark, set_mark
from portal.intake.models import Message, Report, Status
from portal.intake.queries import Opened, UnknownReceipt, find_by_any_receipt, find_by_receipt
from portal.organs.queries import organ_tree
from portal.organs.recusal import NoHolder, choose_holder
from portal.organs.tree import UnknownOrgan
from portal.vault.items import ThreadRecipient, reseal_to_thread, seal_item
from portal.vault.models import VaultKey
from portal.vault.primitives import Tampered, keyed_hash
from portal.vault.receipts import NONCE_BYTES, ReceiptSecrets, formatted, parsed, secrets_from_nonce

MOST_MESSAGES = 200
"""Messages one reporter may add; more is no longer a supplement."""
_TRIES = 3
"""How often a message is sealed anew when the office moves the report at the same moment."""


def add_message(*, receipt: str, text: str, now: dt.datetime | None = None) -> Message:
    """Add to the report, or answer the office's question.

    Screened again: where it names the holder or an organ beside it, it is sealed to one further up, which
    holds the report from then on. Raises `UnknownReceipt`,
    `ReceiptToChange`, `Invalid`, `NotReady`, `Stale`.
    """
    now = now or present()
    report = find_by_receipt(receipt).report
    check_message(text)
    if Message.objects.filter(report=report, author=Message.Author.REPORTER).count() >= MOST_MESSAGES:
        raise Invalid(fields={"text": "补充次数已达上限，请另行来信或来访。"})
    findings = hooks.preflight(hooks.PreflightText(kind=report.kind, text=text))
    for _ in range(_TRIES):
        message = _add(report, text, findings, now)
        if message is not None:
            return message
        report.refresh_from_db()
    raise Stale


def _add(report: Report, text: str, findings: list[hooks.Finding], now: dt.datetime) -> Message | None:
    """Seal and save; `None` when the report was handed to another organ while this was being sealed."""
    tree, before = organ_tree(), report.holder_id
    try:
        holder = choose_holder(
            tree,
            addressed=before,
            named=named_in(findings, tree=tree, addressed=report.addressed_id, kind=report.kind),
            about_addressed=False,
            unresolved_person=False,
        )
        holder, (key,) = keyed_holder(tree, holder, VaultKey.Purpose.TRIAGE)
    except (NoHolder, UnknownOrgan, Tampered):
        raise NotReady from None
    message = Message(id=new_id(), report=report, at=now, author=Message.Author.REPORTER)
    draft = seal_item(
        text.encode(),
        purpose="reporter_words",
        binding=message_binding(message.id, report.id),
        recipients=[key],
    )
    with transaction.atomic():
        report = _locked(report)
        if report.holder_id != before:
            return None
        answering = report.status == Status.SUPPLEMENT_NEEDED
        message.act = Message.Act.ANSWER if answering else Message.Act.SUPPLEMENT
        message.report = report
        message.item = draft.save()
        message.save(force_insert=True)
        _audit(report, holder, "report_added", now)
        if holder != before:
            report.holder_id = holder
            set_mark(report)
            report.save(update_fields=["holder", "mark"])
        hooks.report_added(
            report=report,
            message=message,
            findings=findings,
            moved_from=before if holder != before else None,
            now=now,
        )
    return message


def rate(*, receipt: str, rating: int, now: dt.datetime | None = None) -> Report:
    """Rate the office's answer from 1 to 5; a later rating replaces an earlier one.

    Raises `UnknownReceipt`, `ReceiptToChange`, and `Invalid` off the scale or before there is an answer.
    """
    now = (now or present()).replace(microsecond=0)
    opened = find_by_receipt(receipt)
    if not 1 <= rating <= 5:
        raise Invalid(fields={"rating": "请在 1 到 5 之间选择。"})
    report = opened.report
    if not Message.objects.filter(report=report, act=Message.Act.REPLY).exists():
        raise Invalid(fields={"rating": "收到答复之后才能评价。"})
    with transaction.atomic():
        report = _locked(report)
        report.rating = rating
        report.save(update_fields=["rating"])
        _audit(report, report.holder_id, "report_rated", now)
        hooks.report_rated(report=report, now=now)
    return report


def withdraw(*, receipt: str, now: dt.datetime | None = None) -> Report:
    """Withdraw. The report stays stored and the office may still be bound to look into it; once is enough.

    Raises `UnknownReceipt`, `ReceiptToChange`.
    """
    now = (now or present()).replace(microsecond=0)
    report = find_by_receipt(receipt).report
    if report.withdrawn_at is not None:
        return report
    with transaction.atomic():
        report = _locked(report)
        report.withdrawn_at = now
        report.save(update_fields=["withdrawn_at"])
        _audit(report, report.holder_id, "report_withdrawn", now)
        hooks.report_withdrawn(report=report, now=now)
    return report


def change_receipt(*, receipt: str, nonce: bytes, now: dt.datetime | None = None) -> str:
    """A new receipt in place of the shown one, which no longer works; the office's words move along.

    For receipts that went through staff hands, and whoever else wants one. The same receipt and nonce
    again give the same new number again. Raises `UnknownReceipt`, and `Invalid` where the receipt was
    changed meanwhile or the nonce is spent.
    """
    now = (now or present()).replace(microsecond=0)
    grown = secrets_from_nonce(_nonce_under(receipt, nonce))
    try:
        opened = find_by_any_receipt(receipt)
    except UnknownReceipt:
        number = _changed_before(grown)
        if number is None:
            raise
        return number
    if _exchange(opened, grown[0], now):
        return formatted(grown[0].digits)
    number = _changed_before(grown, opened.report.pk)
    if number is None:
        raise Invalid("回执已更换，请使用新回执。")
    return number


def _nonce_under(receipt: str, nonce: bytes) -> bytes:
    """What the new receipt grows from: nonce and old receipt, so that the nonce alone finds nothing."""
    return keyed_hash(b"", parsed(receipt) or "", nonce, person="yanlu-change", size=NONCE_BYTES)


def _exchange(opened: Opened, new: ReceiptSecrets, now: dt.datetime) -> bool:
    """Put the new receipt in place of the old; `False` when somebody else did meanwhile."""
    report, words = opened.report, _office_words(opened)
    try:
        with transaction.atomic():
            now_standing = _locked(report)
            if bytes(now_standing.lookup) != bytes(report.lookup):
                return False
            now_standing.lookup, now_standing.key_version = new.lookup, new.key_version
            now_standing.thread_public, now_standing.receipt_to_change = new.thread_public, False
            set_mark(now_standing)
            now_standing.save(
                update_fields=["lookup", "key_version", "thread_public", "receipt_to_change", "mark"]
            )
            for message in words:
                reseal_to_thread(
                    message.item,
                    opener=opened.thread_key,
                    thread=ThreadRecipient(report.id, new.thread_public),
                )
            _audit(report, now_standing.holder_id, "receipt_changed", now)
    except IntegrityError:
        if Report.objects.filter(lookup=new.lookup).exists():
            raise Invalid("这个页面已经用过，请重新打开后再更换。") from None
        raise
    return True


def _changed_before(grown: list[ReceiptSecrets], report: UUID | None = None) -> str | None:
    """The receipt an earlier try with the same receipt and nonce gave, under whichever key."""
    numbers = {one.lookup: one.digits for one in grown}
    found = Report.objects.filter(lookup__in=list(numbers)).first()
    if found is None or report not in (None, found.pk):
        return None
    return formatted(numbers[bytes(found.lookup)])


def _office_words(opened: Opened) -> QuerySet[Message]:
    return (
        Message.objects.filter(report=opened.report, author=Message.Author.OFFICE)
        .select_related("item")
        .prefetch_related("item__envelopes")
    )


def _locked(report: Report) -> Report:
    """The report as it stands now, locked: the office may have moved it since it was found.

    Raises `Tampered` when somebody else changed its row.
    """
    found = Report.objects.select_for_update().get(pk=report.pk)
    check_mark(found)
    return found


def _audit(report: Report, organ: str, action: str, now: dt.datetime) -> None:
    record(organ=organ, actor=PUBLIC, action=action, object_kind="report", object_id=report.id, now=now)

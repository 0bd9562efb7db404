"""Reading reports: by receipt for the reporter, by key for the holder."""

import datetime as dt
import json
from dataclasses import dataclass

from django.db.models import QuerySet

from portal.accounts.models import Staff
from portal.accounts.signed_in import visible_holders
from portal.common.errors import Forbidden, NotFound
from portal.intake.bindings import message_binding, original_binding
from portal.intake.content import Content, content_from
from portal.intake.marks import check_mark
from portal.intake.models import IdentityOpening, Message, Report, Status
from portal.vault.items import can_open, open_item
from portal.vault.keyring import Keyring
from portal.vault.primitives import Tampered
from portal.vault.receipts import ThreadKey, parsed, secrets_from_digits

REPORTER_LINE = "（您补充的内容已送达，出于保密不再显示。）"
"""What stands in the thread for the reporter's own words: they were sealed forward."""
NOTICE = "notice"
"""The author of what the system itself tells the reporter."""
IDENTITY_OPENED = "identity_opened"
IDENTITY_OPENED_LINE = "经身份保管员批准，工作人员查阅了您留下的身份信息。"
"""What stands in the thread for a day on which the identity was opened: when, and not by whom."""


class UnknownReceipt(NotFound):
    """Malformed, mistyped or unknown: one answer for all."""

    detail = "没有找到这份回执，请核对数字。"


class ReceiptToChange(Forbidden):
    """The receipt went through staff hands: until the reporter changes it, it opens and does nothing."""

    detail = "这份回执经工作人员转交，请先更换成只有您自己知道的新回执。"


@dataclass(frozen=True)
class Opened:
    """A report found by its receipt, with the key that opens its thread."""

    report: Report
    thread_key: ThreadKey


@dataclass(frozen=True)
class ThreadEntry:
    """One line of the thread as the reporter sees it; `author` may be `NOTICE`."""

    at: dt.datetime
    author: str
    act: str
    text: str


@dataclass(frozen=True)
class Thread:
    """The public projection of a report: status, dates, the office's words, nothing else."""

    status: str
    received_at: dt.datetime
    reply_due: dt.date | None
    messages: tuple[ThreadEntry, ...]
    asked: str | None
    rating: int | None
    withdrawn: bool
    identity_given: bool
    identity_opened: bool
    may_rate: bool


@dataclass(frozen=True)
class StaffEntry:
    """One message as the holder reads it; `text` is `None` where it is not sealed to this person."""

    id: str
    at: dt.datetime
    author: str
    act: str
    final: bool
    text: str | None


def find_by_receipt(text: str) -> Opened:
    """The report of a receipt as typed. Raises `UnknownReceipt`, and `ReceiptToChange`."""
    opened = find_by_any_receipt(text)
    if opened.report.receipt_to_change:
        raise ReceiptToChange
    return opened


def find_by_any_receipt(text: str) -> Opened:
    """The same for a receipt that is to be changed too: for changing it, and for nothing else.

    Raises `UnknownReceipt`, alike for every reason, and `Tampered` where somebody changed the row.
    A malformed receipt takes the same path with digits that are nobody's, so it takes the same time.
    """
    digits = parsed(text)
    secrets = secrets_from_digits(digits or "0" * 24)
    by_lookup = {one.lookup: one for one in secrets}
    report = Report.objects.filter(lookup__in=list(by_lookup)).first()
    if report is None or digits is None:
        raise UnknownReceipt
    check_mark(report)
    found = by_lookup[bytes(report.lookup)]
    return Opened(report, ThreadKey(report.id, found.thread_seed))


def open_thread(receipt: str) -> Thread:
    """What the reporter sees. Raises `UnknownReceipt`, `ReceiptToChange`."""
    opened = find_by_receipt(receipt)
    report = opened.report
    said = [
        ThreadEntry(row.at, row.author, row.act, _words_for_reporter(row, opened.thread_key))
        for row in _thread_rows(report)
    ]
    notices = _notices(report)
    entries = tuple(sorted([*said, *notices], key=lambda entry: entry.at))
    questions = [entry for entry in entries if entry.act == Message.Act.QUESTION]
    waiting = report.status == Status.SUPPLEMENT_NEEDED and questions
    return Thread(
        status=report.status,
        received_at=report.received_at,
        reply_due=report.reply_due,
        messages=entries,
        asked=questions[-1].text if waiting else None,
        rating=report.rating,
        withdrawn=report.withdrawn_at is not None,
        identity_given=report.identity_id is not None,
        identity_opened=bool(notices),
        may_rate=any(entry.act == Message.Act.REPLY for entry in entries),
    )


def _notices(report: Report) -> list[ThreadEntry]:
    if report.identity_id is None:
        return []
    openings = IdentityOpening.objects.filter(report=report).order_by("day")
    return [ThreadEntry(one.at, NOTICE, IDENTITY_OPENED, IDENTITY_OPENED_LINE) for one in openings]


def _thread_rows(report: Report) -> QuerySet[Message]:
    return (
        Message.objects.filter(report=report)
        .order_by("at", "id")
        .select_related("item")
        .prefetch_related("item__envelopes")
    )


def _words_for_reporter(row: Message, key: ThreadKey) -> str:
    if row.author == Message.Author.REPORTER:
        return REPORTER_LINE
    return open_item(
        row.item, purpose="office_words", binding=message_binding(row.id, row.report_id), opener=key
    ).decode()


# --- for staff ----------------------------------------------------------------------------------------


def visible_to(staff: Staff) -> QuerySet[Report]:
    """The reports this person may know of: those whose holder is visible to them."""
    return Report.objects.filter(holder_id__in=visible_holders(staff))


def open_original(report: Report, keyring: Keyring) -> Content | None:
    """The content, or `None` while it is still sealed to somebody else (a lift is awaited).

    Raises `Tampered` when it was sealed to this person and does not open.
    """
    if not can_open(report.original, keyring):
        return None
    raw = open_item(report.original, purpose="original", binding=original_binding(report.id), opener=keyring)
    value = json.loads(raw)
    if value["kind"] != report.kind or value["organ"] != report.addressed_id:
        raise Tampered
    return content_from(value)


def open_messages(report: Report, keyring: Keyring) -> list[StaffEntry]:
    """The whole thread as far as this person's keys open it, oldest first."""
    return [opened_message(row, keyring) for row in _thread_rows(report)]


def opened_message(row: Message, keyring: Keyring) -> StaffEntry:
    """One message as far as these keys open it; give it with its item's envelopes. Raises `Tampered`."""
    purpose = "office_words" if row.author == Message.Author.OFFICE else "reporter_words"
    text = None
    if can_open(row.item, keyring):
        binding = message_binding(row.id, row.report_id)
        text = open_item(row.item, purpose=purpose, binding=binding, opener=keyring).decode()
    return StaffEntry(str(row.id), row.at, row.author, row.act, row.final, text)

"""Following a report, receipt in hand. The receipt travels in POST bodies only, so every step is a POST."""

import datetime as dt
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from portal.accounts.limits import refuse_beyond
from portal.common.client import one_time_nonce
from portal.common.clock import local_date, now
from portal.common.errors import Invalid, RateLimited, Refusal
from portal.common.words import as_paragraphs
from portal.intake.models import Message
from portal.intake.queries import (
    NOTICE,
    ReceiptToChange,
    Thread,
    UnknownReceipt,
    find_by_receipt,
    open_thread,
)
from portal.intake.thread_actions import add_message, change_receipt, rate, withdraw
from portal.public.statuses import status_view
from portal.public.views import posted, posted_or_back, receipt_number
from portal.vault.receipts import formatted, parsed

READING_RATE = "1200/m"
RATINGS = ((5, "非常满意"), (4, "满意"), (3, "基本满意"), (2, "不满意"), (1, "非常不满意"))
_ONCE_SECONDS = 3600

log = logging.getLogger(__name__)


@dataclass
class Said:
    """What the thread page says about the act just done, and what was typed if it failed."""

    message: str = ""
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    about: str = ""
    text: str = ""
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Ask for the receipt; show its thread, or how to change a receipt that went through staff hands."""
    if request.method != "POST":
        return _ask(request)
    return _act(request, lambda receipt, data: Said())


@posted_or_back("/track/")
def add(request: HttpRequest) -> HttpResponse:
    """Add material, or answer the office's question; the same page sent twice adds once."""
    return _act(request, _add, about="text")


@posted_or_back("/track/")
def rating(request: HttpRequest) -> HttpResponse:
    """Rate the answer."""
    return _act(request, _rate, about="rating")


@posted_or_back("/track/")
def withdrawal(request: HttpRequest) -> HttpResponse:
    """Withdraw, after a page that says what that means."""
    data = posted(request)
    if "confirmed" in data:
        return _act(request, _withdraw)
    receipt = data.get("receipt", "")
    try:
        refuse_beyond(request, group="thread", rate=READING_RATE)
        find_by_receipt(receipt)
    except ReceiptToChange as refusal:
        return _change_first(request, receipt, refusal)
    except (UnknownReceipt, RateLimited) as refusal:
        return _ask(request, typed=receipt, refusal=refusal)
    return render(request, "public/withdraw.html", {"receipt": receipt})


@posted_or_back("/track/")
def new_receipt(request: HttpRequest) -> HttpResponse:
    """Change the receipt. Sent twice, it shows the same new receipt again instead of losing it."""
    data = posted(request)
    receipt = data.get("receipt", "")
    try:
        refuse_beyond(request, group="thread", rate=READING_RATE)
        nonce = one_time_nonce(data.get("nonce", ""))
        number = change_receipt(receipt=receipt, nonce=nonce)
    except (UnknownReceipt, RateLimited) as refusal:
        return _ask(request, typed=receipt, refusal=refusal)
    return render(request, "public/new_receipt.html", receipt_number(number))


def _act(request: HttpRequest, act: Callable[[str, QueryDict], Said], *, about: str = "") -> HttpResponse:
    """Do one thing and show the thread; a receipt that finds nothing gets the one answer there is."""
    data = posted(request)
    receipt, text = data.get("receipt", ""), data.get("text", "").replace("\r\n", "\n")
    try:
        refuse_beyond(request, group="thread", rate=READING_RATE)
        said = act(receipt, data)
    except ReceiptToChange as refusal:
        return _change_first(request, receipt, refusal, text=text)
    except (UnknownReceipt, RateLimited) as refusal:
        return _ask(request, typed=receipt, refusal=refusal, text=text)
    except Refusal as refusal:
        reasons = list(refusal.fields.values()) or [refusal.detail]
        label = {"text": "补充的内容", "rating": "满意程度"}.get(about, "说明")
        problems = [(f"id_{about}" if about else "main", label, reason) for reason in reasons]
        said = Said(problems=problems, about=about, text=text, status=refusal.status)
    try:
        thread = open_thread(receipt)
    except ReceiptToChange:
        return _change_first(request, receipt)
    except UnknownReceipt as refusal:
        return _ask(request, typed=receipt, refusal=refusal, text=text)
    return _thread_page(request, receipt, thread, said)


def _add(receipt: str, data: QueryDict) -> Said:
    find_by_receipt(receipt)
    once = _once(data.get("nonce", ""))
    if once is not None and not _first_time(once):
        return Said(message="这份内容刚才已经送出，没有重复提交。")
    try:
        message = add_message(receipt=receipt, text=data.get("text", "").replace("\r\n", "\n"))
    except Exception:
        if once is not None:
            _forget(once)
        raise
    return Said(message="您的回答已送达。" if message.act == Message.Act.ANSWER else "您补充的内容已送达。")


def _once(nonce: str) -> str | None:
    """The cache key under which a page's one submission is noted; nothing of the report is in it."""
    try:
        return f"public-once:{one_time_nonce(nonce).hex()}"
    except Invalid:
        return None


def _first_time(once: str) -> bool:
    try:
        return bool(cache.add(once, 1, _ONCE_SECONDS))
    except Exception as problem:  # a cache that is down must not stop people from adding
        log.warning("cache unavailable: %s", type(problem).__name__)
        return True


def _forget(once: str) -> None:
    try:
        cache.delete(once)
    except Exception as problem:
        log.warning("cache unavailable: %s", type(problem).__name__)


def _rate(receipt: str, data: QueryDict) -> Said:
    given = data.get("rating", "")
    rate(receipt=receipt, rating=int(given) if given in {"1", "2", "3", "4", "5"} else 0)
    return Said(message="谢谢，您的评价已经记下。")


def _withdraw(receipt: str, data: QueryDict) -> Said:
    withdraw(receipt=receipt)
    return Said(message="已经撤回。材料依法仍要保存。")


def _ask(
    request: HttpRequest, *, typed: str = "", refusal: Refusal | None = None, text: str = ""
) -> HttpResponse:
    context = {"typed": typed, "refusal": refusal, "kept_text": text}
    response = render(request, "public/track.html", context, status=refusal.status if refusal else 200)
    if isinstance(refusal, RateLimited):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _change_first(
    request: HttpRequest, receipt: str, refusal: Refusal | None = None, *, text: str = ""
) -> HttpResponse:
    """The page that changes the receipt, in place of the thread and of every act on it."""
    context = {**_form_of(receipt), "kept_text": text}
    return render(request, "public/change_receipt.html", context, status=refusal.status if refusal else 200)


def _form_of(receipt: str) -> dict[str, str]:
    digits = parsed(receipt)
    return {"receipt": formatted(digits) if digits else receipt, "nonce": secrets.token_hex(16)}


def _thread_page(request: HttpRequest, receipt: str, thread: Thread, said: Said) -> HttpResponse:
    context: dict[str, Any] = {
        **_form_of(receipt),
        "said": said,
        "thread": thread,
        "state": status_view(thread, local_date(now())),
        "asked": as_paragraphs(thread.asked) if thread.asked else "",
        "entries": [_entry(entry.at, entry.author, entry.act, entry.text) for entry in thread.messages],
        "ratings": RATINGS,
        "rated": dict(RATINGS).get(thread.rating or 0, ""),
    }
    return render(request, "public/thread.html", context, status=said.status)


def _entry(at: dt.datetime, author: str, act: str, text: str) -> dict[str, Any]:
    notice = author == NOTICE
    return {
        "at": at,
        "by_office": author == Message.Author.OFFICE,
        "notice": notice,
        "label": "身份查阅" if notice else Message.Act(act).label,
        "words": as_paragraphs(text),
    }

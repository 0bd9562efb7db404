"""Home, and filing a tip or a suggestion. No session, no cookie; nothing goes into a URL but a search."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.limits import refuse_beyond
from portal.common.clock import local_date
from portal.common.errors import Invalid, RateLimited, Refusal, TooLarge
from portal.intake.actions import NonceReused, Receipt, submit_report
from portal.intake.content import Content, canonical_bytes
from portal.intake.forms_archive import current_form
from portal.intake.models import Kind
from portal.organs.queries import find_organs, organ_tree, public_categories
from portal.public.forms import Filing, organ_names
from portal.public.readiness import closed_for_now
from portal.vault.primitives import Tampered
from portal.vault.proof import check_proof
from portal.vault.receipts import parsed

FILING_RATE = "600/m"
"""Per client; only against the absurd: forty people behind one address all get through."""
_SEARCHED = 60
View = Callable[[HttpRequest], HttpResponse]


def posted_or_back(page: str) -> Callable[[View], View]:
    """For views that need a body: a phone that wakes up asks for their address again without one, and is
    sent back to the page that can be asked for.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            return view(request) if request.method == "POST" else redirect(page)

        return guarded

    return decorate


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page."""
    return render(request, "public/home.html", {"closed": closed_for_now()})


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """File a tip."""
    return _filing(request, Kind.TIP)


@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request: HttpRequest) -> HttpResponse:
    """File a suggestion."""
    return _filing(request, Kind.SUGGESTION)


def _filing(request: HttpRequest, kind: str) -> HttpResponse:
    """The form; what was posted either gives the receipt or comes back with its errors, nothing lost."""
    data = posted(request) if request.method == "POST" else None
    searched = (request.GET if data is None else data).get("q", "").strip()[:_SEARCHED]
    # Enter in the search box sends the whole form; with no organ chosen yet a search was meant
    finding = data is None or "find" in data or bool(searched and not data.get("organ"))
    found = find_organs(searched) if finding and searched else []
    filing = Filing(
        kind=kind,
        tree=organ_tree(),
        categories=public_categories(kind),
        data=data,
        found=found,
        checked=not finding,
    )
    if data is None or finding:
        return _form_page(request, filing, searched=searched, found=len(found))
    if not filing.is_valid():
        return _form_page(request, filing, searched=searched, status=Invalid.status)
    return _submit(request, filing, data)


def _submit(request: HttpRequest, filing: Filing, data: QueryDict) -> HttpResponse:
    organ, content = filing.form.cleaned_data["organ"], filing.content()
    try:
        refuse_beyond(request, group="file", rate=FILING_RATE)
        receipt = submit_report(
            nonce=filing.nonce(),
            kind=filing.kind,
            channel="web",
            organ=organ,
            content=content,
            identity=filing.reporter(),
        )
    except NonceReused:
        again = data.copy()
        again["nonce"] = secrets.token_hex(16)
        filing = Filing(
            kind=filing.kind, tree=filing.tree, categories=public_categories(filing.kind), data=again
        )
        filing.general.append(
            "这一页刚才已经提交成功过一份，内容与现在的不同。要把现在这份另外提交，请再点一次“提交”。"
        )
        return _form_page(request, filing, status=NonceReused.status)
    except Refusal as refusal:
        filing.refuse(refusal)
        response = _form_page(request, filing, status=refusal.status)
        if isinstance(refusal, RateLimited):
            response.headers["Retry-After"] = str(refusal.retry_after)
        return response
    return _receipt_page(request, receipt, kind=filing.kind, organ=organ, content=content)


def _form_page(
    request: HttpRequest, filing: Filing, *, searched: str = "", found: int = 0, status: int = 200
) -> HttpResponse:
    context = {
        "filing": filing,
        "form": filing.form,
        "problems": filing.problems() if status != 200 else [],
        "is_tip": filing.kind == Kind.TIP,
        "searched": searched,
        "found": found,
        "organ_names": organ_names(filing.tree),
        "closed": closed_for_now(),
    }
    return render(request, "public/filing.html", context, status=status)


def _receipt_page(
    request: HttpRequest, receipt: Receipt, *, kind: str, organ: str, content: Content
) -> HttpResponse:
    original = canonical_bytes(kind=kind, organ=organ, form=current_form(kind), content=content)
    context = {
        "receipt": receipt,
        "is_tip": kind == Kind.TIP,
        "original": original.decode(),
        **receipt_number(receipt.number),
    }
    return render(request, "public/receipt.html", context)


def receipt_number(number: str) -> dict[str, Any]:
    """What showing a receipt needs: the number, its five groups, and a picture of nothing but the number."""
    picture = segno.make(number, error="m", micro=False)
    return {
        "number": number,
        "groups": number.split("-"),
        "qr": picture.svg_data_uri(scale=5, border=3, dark="#102f52", light="#ffffff"),
    }


@posted_or_back("/report/")
def proof_file(request: HttpRequest) -> HttpResponse:
    """Proof of filing or original as a file. Raises `Invalid` for what was not filed here, so that nobody
    can have us hand out a text of theirs.
    """
    data = posted(request)
    digits = parsed(data.get("receipt", ""))
    original, line = data.get("original", ""), data.get("proof", "")
    try:
        checked = check_proof(line, digits=digits or "", canonical=original.encode())
    except (Tampered, ValueError):
        raise Invalid("收件证明、原文和回执不是同一份，没有生成文件。") from None
    day = local_date(checked.received_at).strftime("%Y%m%d")
    wanted = data.get("file")
    text, name = (original, f"original-{day}.json") if wanted == "original" else (line, f"proof-{day}.txt")
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def posted(request: HttpRequest) -> QueryDict:
    """The posted fields. Raises `TooLarge` for more than the server reads."""
    try:
        return request.POST
    except RequestDataTooBig:
        raise TooLarge("内容过长，没有提交。请返回上一页，把内容分成几次提交或另附来信。") from None

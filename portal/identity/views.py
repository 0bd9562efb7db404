"""Pages of identities: asking, deciding, opening, carrying over. They parse, call one action, and render."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Invalid, Refusal
from portal.identity import actions
from portal.identity.asking import report_to_ask_about
from portal.identity.carrying import waiting_to_be_carried
from portal.identity.forms import ApproveForm, AskForm, RefuseForm, WordsForm
from portal.identity.models import IdentityRequest, State
from portal.identity.queries import (
    USERS,
    decided_requests,
    own_requests,
    request_line,
    waiting_requests,
)
from portal.intake.content import Identity

DONE = {
    "asked": "申请已送交身份保管员",
    "approved": "已批准，申请人现在可以查阅",
    "refused": "已告知申请人不批准",
    "withdrawn": "已收回，申请人不能再查阅",
    "cancelled": "申请已撤销",
    "returned": "已归还，不能再查阅",
}
"""What is said after an act."""
_LABELS = (
    ("name", "姓名"),
    ("phone", "电话"),
    ("id_number", "身份证号"),
    ("address", "住址"),
    ("email", "电子邮箱"),
)


@require_GET
def identity_page(request: HttpRequest) -> HttpResponse:
    """The custodian's desk, or one's own requests."""
    actor = signed_in(request)
    actor.require(*USERS)
    cursor = request.GET.get("cursor") or None
    if actor.staff.custodian:
        context: dict[str, Any] = {
            "waiting": waiting_requests(actor),
            "page": decided_requests(actor, cursor=cursor),
            "to_carry": len(waiting_to_be_carried(actor)),
            "carried": request.GET.get("carried", "") if request.GET.get("carried", "").isdecimal() else "",
        }
        return render(request, "identity/custodian.html", context)
    return render(request, "identity/own.html", {"page": own_requests(actor, cursor=cursor)})


@require_GET
def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request, for the person who asked and for the custodian."""
    return _request_response(request, signed_in(request), request_id)


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Ask for the identity of one report."""
    actor = signed_in(request)
    report = report_to_ask_about(actor, report_id)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.ask_for_identity(
                actor=actor, report_id=report_id, reason=form.cleaned_data["reason"]
            )
        except Invalid as refusal:
            form.show(refusal)
        else:
            return _to(made.pk, "asked")
    context = {"report": report, "form": form}
    return render(request, "identity/ask.html", context, status=400 if form.errors else 200)


@require_POST
def approve(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Lend the half."""
    form = ApproveForm(request.POST)
    return _decide(request, request_id, form, actions.approve_request, "approved")


@require_POST
def refuse(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Refuse, saying why."""
    form = RefuseForm(request.POST)
    return _decide(request, request_id, form, actions.refuse_request, "refused")


@require_POST
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The custodian takes the half back."""
    return _end(request, request_id, actions.withdraw_approval, "withdrawn")


@require_POST
def cancel(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The person who asked no longer does."""
    return _end(request, request_id, actions.cancel_request, "cancelled")


@require_POST
def give_back(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The person who asked is done with it."""
    return _end(request, request_id, actions.return_identity, "returned")


@require_POST
def open_it(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Read the identity, here and now: it stands in this answer only."""
    actor = signed_in(request)
    try:
        identity = actions.open_identity(actor=actor, request_id=request_id)
    except Refusal as refusal:
        if refusal.status not in {Invalid.status, 409}:
            raise
        return _request_response(request, actor, request_id, refusal=refusal)
    return _request_response(request, actor, request_id, identity=identity)


@require_POST
def carry(request: HttpRequest) -> HttpResponse:
    """Seal what waits to the custody keys of the holders."""
    carried = actions.carry_identities(actor=signed_in(request))
    return redirect(f"{reverse('identity')}?carried={carried}")


def _decide(
    request: HttpRequest,
    request_id: UUID,
    form: WordsForm,
    act: Callable[..., IdentityRequest],
    done: str,
) -> HttpResponse:
    actor = signed_in(request)
    request_line(actor, request_id)  # the unseen is not there, whatever the form says
    actor.require("custodian")
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            act(actor=actor, request_id=request_id, **form.cleaned_data)
        except Refusal as problem:
            if problem.status not in {Invalid.status, 409}:
                raise
            refusal = problem
            form.show(problem)
        else:
            return _to(request_id, done)
    return _request_response(request, actor, request_id, form=form, refusal=refusal)


def _end(
    request: HttpRequest, request_id: UUID, act: Callable[..., IdentityRequest], done: str
) -> HttpResponse:
    actor = signed_in(request)
    try:
        act(actor=actor, request_id=request_id)
    except Refusal as refusal:
        if refusal.status not in {Invalid.status, 409}:
            raise
        return _request_response(request, actor, request_id, refusal=refusal)
    return _to(request_id, done)


def _to(request_id: UUID, done: str) -> HttpResponse:
    return redirect(f"{reverse('identity-request', args=[request_id])}?done={done}")


def _request_response(
    request: HttpRequest,
    actor: SignedIn,
    request_id: UUID,
    *,
    form: WordsForm | None = None,
    refusal: Refusal | None = None,
    identity: Identity | None = None,
) -> HttpResponse:
    line = request_line(actor, request_id)
    state = line.request.state
    decides = actor.staff.custodian and state == State.REQUESTED and not line.damaged
    context: dict[str, Any] = {
        "line": line,
        "one": line.request,
        "custodian": actor.staff.custodian,
        "approve_form": form if isinstance(form, ApproveForm) else ApproveForm(),
        "refuse_form": form if isinstance(form, RefuseForm) else RefuseForm(),
        "form": form if decides else None,
        "decides": decides,
        "running": state == State.APPROVED and not line.damaged,
        "waits": state == State.REQUESTED,
        "over": line.request.expires_at is not None and line.request.expires_at <= present(),
        "refusal": refusal if not decides else None,
        "identity": [(label, getattr(identity, name)) for name, label in _LABELS] if identity else [],
        "done": DONE.get(request.GET.get("done", ""), "") if request.method == "GET" else "",
    }
    wrong = refusal.status if refusal else (400 if form is not None else 200)
    return render(request, "identity/request.html", context, status=wrong)

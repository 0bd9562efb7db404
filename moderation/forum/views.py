"""The pages of events."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from moderation.forum.actions import add_attendee, create_forum, log_utterance, read_forum
from moderation.forum.forms import AttendeeForm, ForumForm, UtteranceForm
from moderation.forum.queries import ForumDetail, UtteranceLine, forum_detail, forum_page
from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import SignedIn
from portal.accounts.typed import offer_drafts
from portal.common.clock import local_date, now
from portal.common.errors import Invalid, Stale
from portal.common.words import as_paragraphs
from portal.intake.actions import Receipt

NONCE_USED = "这份登记已经提交过，内容与现在不同。如确需另行登记，请再点一次“提交”。"


@require_GET
def forums(request: HttpRequest) -> HttpResponse:
    """Events, latest first."""
    actor = signed_in(request)
    page = forum_page(actor.staff, cursor=request.GET.get("cursor"))
    return render(request, "forum/list.html", {"page": page, "may_add": actor.staff.clerk})


@require_http_methods(["GET", "POST"])
def new_forum(request: HttpRequest) -> HttpResponse:
    """Set up an event."""
    actor = signed_in(request)
    actor.require("clerk")
    if request.method != "POST":
        return _new_page(request, actor, ForumForm(initial={"held_on": local_date(now())}))
    form = ForumForm(request.POST)
    if form.is_valid():
        try:
            made = create_forum(actor=actor, **form.event())
        except (Invalid, Stale) as refusal:
            form.refused(refusal)
            if isinstance(refusal, Stale):
                form.renew_token()
        else:
            return redirect("forum:forum", forum_id=made.id)
    return _new_page(request, actor, form, status=400)


@require_GET
def forum(request: HttpRequest, forum_id: UUID) -> HttpResponse:
    """One event with its attendees and what was said; opening it is on record."""
    actor = signed_in(request)
    detail = read_forum(actor=actor, forum_id=forum_id, cursor=request.GET.get("cursor"))
    return _forum_page(request, actor, detail)


@require_POST
def attendees(request: HttpRequest, forum_id: UUID) -> HttpResponse:
    """Note an attendee."""
    actor = signed_in(request)
    detail = forum_detail(actor, forum_id)
    actor.require("clerk")
    form = AttendeeForm(request.POST, prefix="attendee")
    if form.is_valid():
        try:
            add_attendee(actor=actor, forum_id=forum_id, **form.attendee())
        except (Invalid, Stale) as refusal:
            form.refused(refusal)
            if isinstance(refusal, Stale):
                form.renew_token()
        else:
            return redirect("forum:forum", forum_id=forum_id)
    return _forum_page(request, actor, detail, attendee_form=form)


@require_POST
def utterances(request: HttpRequest, forum_id: UUID) -> HttpResponse:
    """File what somebody said; the slip is for the speaker and looks the same wherever the report went."""
    actor = signed_in(request)
    detail = forum_detail(actor, forum_id)
    actor.require("clerk")
    form = UtteranceForm(request.POST, prefix="utterance", attendees=detail.attendees)
    if form.is_valid():
        try:
            receipt = log_utterance(actor=actor, forum_id=forum_id, **form.utterance())
        except Invalid as refusal:
            form.refused(refusal)
        except Stale:
            form.add_error(None, NONCE_USED)
            form.renew_token()
        else:
            return render(request, "forum/slip.html", {"forum": detail.forum, **slip(receipt)})
    return _forum_page(request, actor, detail, utterance_form=form)


def slip(receipt: Receipt) -> dict[str, Any]:
    """What `forum/receipt.html` shows."""
    return {"receipt": receipt, "groups": receipt.number.split("-"), "site": settings.YANLU_BASE_URL}


def _new_page(request: HttpRequest, actor: SignedIn, form: ForumForm, status: int = 200) -> HttpResponse:
    drafts = offer_drafts(request, actor, page=request.path, forms={"event": form})
    return render(request, "forum/new.html", {"form": form, "drafts": drafts}, status=status)


def _forum_page(
    request: HttpRequest,
    actor: SignedIn,
    detail: ForumDetail,
    *,
    attendee_form: AttendeeForm | None = None,
    utterance_form: UtteranceForm | None = None,
) -> HttpResponse:
    wrong = attendee_form or utterance_form
    attendee = attendee_form or AttendeeForm(prefix="attendee")
    utterance = utterance_form or UtteranceForm(prefix="utterance", attendees=detail.attendees)
    may_add = actor.staff.clerk and actor.staff.organ_id == detail.forum.organ_id
    forms = {"attendee": attendee, "utterance": utterance} if may_add else {}
    context = {
        "drafts": offer_drafts(
            request, actor, page=reverse("forum:forum", args=[detail.forum.id]), forms=forms, quiet=("name",)
        ),
        "detail": detail,
        "said": [(line, _words(line)) for line in detail.utterances],
        "wrong": wrong,
        "may_add": may_add,
        "attendee_form": attendee,
        "utterance_form": utterance,
    }
    return render(request, "forum/detail.html", context, status=400 if wrong else 200)


def _words(line: UtteranceLine) -> str:
    return as_paragraphs(line.text) if line.text is not None else ""

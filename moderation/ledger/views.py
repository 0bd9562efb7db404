"""The ledger's pages."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from moderation.ledger.actions import HAND_OVER_ROLES, read_lead, read_leads, register_lead
from moderation.ledger.forms import LeadFilterForm, RegisterLeadForm
from moderation.ledger.queries import LeadPage, lead_filter
from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn
from portal.accounts.typed import offer_drafts
from portal.common.clock import local_date, now
from portal.common.errors import Invalid, Stale
from portal.common.words import as_paragraphs
from portal.intake.content import Subject
from portal.organs.queries import organ_tree

_DONE = {"lead_registered": "登记"}


@require_GET
def leads(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first."""
    actor = signed_in(request)
    form = LeadFilterForm(request.GET)
    page = LeadPage((), None)
    given: dict[str, str] = {}
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if value}
        page = read_leads(actor=actor, wanted=lead_filter(**given), cursor=request.GET.get("cursor"))
    context = {
        "form": form,
        "page": page,
        "query": f"{urlencode(given)}&" if given else "",
        "filtered": bool(given),
        "may_register": bool(actor.staff.roles & set(HAND_OVER_ROLES)),
    }
    return render(request, "ledger/list.html", context)


@require_GET
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """One lead, opened; reading it is on record."""
    detail = read_lead(actor=signed_in(request), lead_id=lead_id)
    context = {
        "lead": detail.lead,
        "text": detail.text,
        "summary": as_paragraphs(detail.text.summary) if detail.text else "",
        "subjects": [_subject_line(subject) for subject in detail.text.subjects] if detail.text else [],
        "history": [
            {"at": entry.at, "actor": entry.actor, "done": _DONE.get(entry.action, entry.action)}
            for entry in detail.history
        ],
    }
    return render(request, "ledger/detail.html", context)


@require_http_methods(["GET", "POST"])
def new_lead(request: HttpRequest) -> HttpResponse:
    """Enter a lead. A clerk is shown its number, who holds the keys goes on to its page."""
    actor = signed_in(request)
    actor.require(*HAND_OVER_ROLES)
    if request.method != "POST":
        form = RegisterLeadForm(initial={"received_on": local_date(now())})
        return _new_page(request, actor, form)
    form = RegisterLeadForm(request.POST)
    if form.is_valid():
        try:
            entered = register_lead(actor=actor, **form.lead())
        except (Invalid, Stale) as refusal:
            form.refused(refusal, form.subject_names())
            if isinstance(refusal, Stale):
                form.renew_token()
        else:
            if actor.staff.roles & QUEUE_ROLES:
                return redirect("ledger:lead", lead_id=entered.id)
            return render(request, "ledger/number.html", {"lead": entered})
    return _new_page(request, actor, form, status=400)


def _new_page(
    request: HttpRequest, actor: SignedIn, form: RegisterLeadForm, status: int = 200
) -> HttpResponse:
    drafts = offer_drafts(request, actor, page=request.path, forms={"lead": form})
    return render(request, "ledger/new.html", {"form": form, "drafts": drafts}, status=status)


def _subject_line(subject: Subject) -> str:
    tree = organ_tree()
    unit = subject.organ_text
    if not unit and subject.organ:
        unit = tree.node(subject.organ).display_name if subject.organ in tree else subject.organ
    return "，".join(part for part in (subject.name or "（未写姓名）", subject.post, unit) if part)

"""Pages on which a second factor is registered: the first in the second step of signing in, others later."""

import segno
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.factor_access import answer, enroller, go_in
from portal.accounts.factor_forms import KeyForm, PhoneForm
from portal.accounts.factor_models import Factor
from portal.accounts.factors import ask_to_register, confirm_phone, pending_phone, register_key, start_phone
from portal.accounts.next_page import next_page
from portal.accounts.second_step import finish_with_first_key, finish_with_first_phone
from portal.common.clock import now
from portal.common.errors import NotFound, NotSignedIn, Refusal
from portal.vault.one_time_codes import enrolment_address, secret_as_text
from portal.vault.security_keys import relying_party

LIST, ADD = "/desk/factors/", "/desk/factors/add/"


@require_http_methods(["GET", "POST"])
def add_page(request: HttpRequest) -> HttpResponse:
    """Phone or security key?"""
    owner, as_first = enroller(request)
    here = {"next": next_page(request)}
    if request.method == "POST":
        if request.POST.get("kind") == Factor.Kind.WEBAUTHN:
            return redirect(f"{ADD}key/?{urlencode(here)}")
        start_phone(owner=owner, as_first=as_first, now=now())
        return redirect(f"{ADD}phone/?{urlencode(here)}")
    context = {"as_first": as_first, "keys_possible": relying_party() is not None, **here}
    return render(request, "accounts/factor_add.html", context)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def add_phone_page(request: HttpRequest) -> HttpResponse:
    """The secret as QR code and text; the phone's first code makes it count."""
    owner, as_first = enroller(request)
    form, problem = PhoneForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        code, label = form.cleaned_data["code"], form.cleaned_data["label"]
        try:
            if as_first:
                return go_in(request, finish_with_first_phone(request, code=code, label=label))
            confirm_phone(owner=owner, code=code, label=label, as_first=False, now=now())
            return redirect(LIST)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            problem = _show_on(form, refusal)
    pending = pending_phone(owner, now=now())
    if pending is None:
        return redirect(f"{ADD}?{urlencode({'next': next_page(request)})}")
    address = enrolment_address(pending[1], username=owner.staff.username)
    context = {
        "form": form,
        "problem": problem,
        "as_first": as_first,
        "picture": segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="#fff"),
        "secret": secret_as_text(pending[1]),
        "username": owner.staff.username,
        "next": next_page(request),
    }
    return answer(request, "accounts/factor_phone.html", context, problem)


@sensitive_post_parameters("response")
@require_http_methods(["GET", "POST"])
def add_key_page(request: HttpRequest) -> HttpResponse:
    """Touch the security key, and it counts."""
    owner, as_first = enroller(request)
    if relying_party() is None:
        raise NotFound
    form, problem = KeyForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        given, label = form.cleaned_data["response"], form.cleaned_data["label"]
        try:
            if as_first:
                return go_in(request, finish_with_first_key(request, response=given, label=label))
            key = str(request.session.session_key)
            register_key(owner=owner, session_key=key, response=given, label=label, as_first=False, now=now())
            return redirect(LIST)
        except NotSignedIn:
            raise
        except Refusal as refusal:
            problem = _show_on(form, refusal)
    context = {"form": form, "problem": problem, "as_first": as_first, "next": next_page(request)}
    return answer(request, "accounts/factor_key.html", context, problem)


@require_POST
def register_challenge(request: HttpRequest) -> HttpResponse:
    """What to ask a new security key, as JSON."""
    owner, as_first = enroller(request)
    key = str(request.session.session_key)
    options = ask_to_register(owner=owner, session_key=key, as_first=as_first, now=now())
    return JsonResponse(options)


def _show_on(form: PhoneForm | KeyForm, refusal: Refusal) -> Refusal:
    for name, text in refusal.fields.items():
        form.add_error(name, text)
    return refusal

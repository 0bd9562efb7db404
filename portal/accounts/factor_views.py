"""Pages of the second factor: the second step of signing in, and the list of one's own."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.device_cookie import known_device
from portal.accounts.factor_access import (
    CONFIRMED,
    answer,
    confirmed_lately,
    enroller,
    factor_owner,
    go_in,
    offered,
)
from portal.accounts.factor_duty import second_factor_required
from portal.accounts.factor_forms import ProofForm
from portal.accounts.factor_models import FactorChallenge
from portal.accounts.factors import remove_factor
from portal.accounts.half_session import FactorOwner, half_signed_in_or_none, owner_of
from portal.accounts.middleware import signed_in, signed_in_or_none
from portal.accounts.next_page import next_page
from portal.accounts.proving import ask_for_proof, factors_of, prove_by_code, prove_by_key
from portal.accounts.queries import factor_failures
from portal.accounts.second_step import finish_by_code, finish_by_key
from portal.common.clock import now
from portal.common.errors import NotSignedIn, Refusal

Purpose = FactorChallenge.Purpose


@sensitive_post_parameters("code", "response")
@require_http_methods(["GET", "POST"])
def second_step_page(request: HttpRequest) -> HttpResponse:
    """The passphrase was right; now the phone or the security key."""
    owner = half_signed_in_or_none(request)
    if owner is None:
        inside = signed_in_or_none(request) is not None
        return redirect(next_page(request) if inside else "/desk/sign-in/?late=1")
    kinds = set(factors_of(owner).values_list("kind", flat=True))
    if not kinds:
        return redirect(f"/desk/factors/add/?{urlencode({'next': next_page(request)})}")
    form, problem = ProofForm(request.POST or None), None
    if request.method == "POST":
        code, response = form.given()
        try:
            if response is not None:
                return go_in(request, finish_by_key(request, response=response))
            return go_in(request, finish_by_code(request, code=code))
        except NotSignedIn:
            raise
        except Refusal as refusal:
            problem = refusal
    context = {"form": form, "problem": problem, "next": next_page(request), **offered(kinds)}
    return answer(request, "accounts/second_step.html", context, problem)


@require_POST
def proof_challenge(request: HttpRequest) -> HttpResponse:
    """What to ask the person's security keys, as JSON, for signing in or for confirming."""
    half = half_signed_in_or_none(request)
    owner = half or factor_owner(request)
    purpose = Purpose.SIGN_IN if half else Purpose.CONFIRM
    key = str(request.session.session_key)
    return JsonResponse(ask_for_proof(owner=owner, session_key=key, purpose=purpose, now=now()))


@sensitive_post_parameters("code", "response")
@require_http_methods(["GET", "POST"])
def factors_page(request: HttpRequest) -> HttpResponse:
    """One's own factors; confirming with one of them opens adding and removing for ten minutes."""
    actor = signed_in(request)
    if not second_factor_required():
        return render(request, "accounts/factors_demo.html")
    owner, form, problem = owner_of(actor), ProofForm(request.POST or None), None
    if request.method == "POST":
        try:
            _confirm(request, owner, form)
        except Refusal as refusal:
            problem = refusal
        else:
            return redirect("/desk/factors/")
    factors = list(factors_of(owner))
    context = {
        "form": form,
        "problem": problem,
        "factors": factors,
        "only": len(factors) == 1,
        "confirmed": confirmed_lately(request),
        "failures": factor_failures(actor.staff, now=now()),
        **offered({factor.kind for factor in factors}),
    }
    return answer(request, "accounts/factors.html", context, problem)


@require_POST
def remove_page(request: HttpRequest, factor_id: UUID) -> HttpResponse:
    """Remove one factor."""
    owner, _ = enroller(request, half=False)
    remove_factor(owner=owner, factor_id=factor_id, now=now())
    return redirect("/desk/factors/")


def _confirm(request: HttpRequest, owner: FactorOwner, form: ProofForm) -> None:
    device, (code, response) = known_device(request, owner.staff.username), form.given()
    if response is None:
        prove_by_code(owner=owner, code=code, device=device, now=now())
    else:
        prove_by_key(
            owner=owner,
            session_key=str(request.session.session_key),
            purpose=Purpose.CONFIRM,
            response=response,
            device=device,
            now=now(),
        )
    request.session[CONFIRMED] = now().timestamp()

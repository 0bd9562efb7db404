"""What the pages of the second factor share: who may change factors now, and how an answer is shown."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portal.accounts.factor_duty import second_factor_required
from portal.accounts.factor_models import Factor
from portal.accounts.factors import NotYours
from portal.accounts.half_session import FactorOwner, half_signed_in_or_none, owner_of
from portal.accounts.middleware import signed_in
from portal.accounts.next_page import next_page
from portal.accounts.proving import factors_of
from portal.accounts.sign_in import Started, set_cookies
from portal.common.clock import now
from portal.common.errors import Forbidden, NotFound, RateLimited, Refusal
from portal.vault.security_keys import relying_party

CONFIRMED = "factor_confirmed"
CONFIRMED_FOR = 600
"""Seconds after confirming with a factor in which factors may be added and removed."""


def factor_owner(request: HttpRequest) -> FactorOwner:
    """Whose factors these are. Raises `NotSignedIn`, and `NotFound` in a demo."""
    actor = signed_in(request)
    if not second_factor_required():
        raise NotFound
    return owner_of(actor)


def enroller(request: HttpRequest, *, half: bool = True) -> tuple[FactorOwner, bool]:
    """Who may change factors now, and whether only to register the first.

    Raises `NotSignedIn`, `NotFound` in a demo; `NotYours`, `Forbidden` where a factor is to be shown first.
    """
    owner = half_signed_in_or_none(request) if half else None
    if owner is not None:
        if factors_of(owner).exists():
            raise NotYours
        return owner, True
    owner = factor_owner(request)
    if not confirmed_lately(request):
        raise Forbidden("请先在“登录验证”页用您已登记的方式确认一次，再添加或移除。")
    return owner, False


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether somebody signed in has shown a factor in the last ten minutes, to change factors."""
    return 0 <= now().timestamp() - float(request.session.get(CONFIRMED, 0)) <= CONFIRMED_FOR


def offered(kinds: set[str]) -> dict[str, bool]:
    """What a page asks for, by the kinds a person has."""
    return {
        "by_code": Factor.Kind.TOTP in kinds,
        "by_key": Factor.Kind.WEBAUTHN in kinds and relying_party() is not None,
    }


def go_in(request: HttpRequest, started: Started) -> HttpResponse:
    """On to the page that was wanted, signed in."""
    response = redirect(next_page(request))
    set_cookies(response, started)
    return response


def answer(
    request: HttpRequest, template: str, context: Mapping[str, object], problem: Refusal | None
) -> HttpResponse:
    """The page, with the status of what went wrong on it."""
    response = render(request, template, dict(context), status=problem.status if problem else 200)
    if isinstance(problem, RateLimited):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response

"""What every answer goes through: no caching, refusals as pages or JSON, CSRF where there are sessions."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render

from portal.common.errors import Forbidden, NotFound, NotSignedIn, RateLimited, Refusal
from portal.common.rest import json_error

Next = Callable[[HttpRequest], HttpResponse]
DESK = "/desk/"
API = "/api/"


class PrivatePages:
    """Nothing Yanlu answers is kept by a browser or a proxy; static files are served before this."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        if not request.path.startswith(DESK):
            response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
        return response


class StaffCsrf(CsrfViewMiddleware):
    """CSRF tokens exactly where a session acts: the desk's pages.

    Public pages have no session and set no cookie; the REST API checks in its authentication.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Look at the token cookie on desk pages only; elsewhere not even a broken one is answered."""
        if request.path.startswith(DESK):
            super().process_request(request)

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        """Check desk pages only."""
        if not request.path.startswith(DESK):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


def to_sign_in(back: str) -> HttpResponseRedirect:
    """To the sign-in page, and from there on to `back`."""
    return redirect(f"/desk/sign-in/?{urlencode({'next': back})}")


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as the person's client can read it: JSON, the sign-in page, or a plain page."""
    if request.path.startswith(API):
        return json_error(request, refusal)
    if isinstance(refusal, NotSignedIn) and request.path.startswith(DESK):
        return to_sign_in(refusal.back or request.path)
    response = render(request, "refusal.html", {"refusal": refusal}, status=refusal.status)
    if isinstance(refusal, RateLimited):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


class Refusals:
    """Turns refusals raised by actions into answers."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through; the work is in `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; leave other exceptions alone."""
        return refusal_page(request, exception) if isinstance(exception, Refusal) else None


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A missing or stale token: nothing was done, and the person is told what to do."""
    return refusal_page(request, Forbidden("页面已过期，操作没有执行。请返回上一页，刷新后再试。"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same answer for what is not there and what may not be seen."""
    return refusal_page(request, NotFound())


class ServerError(Refusal):
    """Something broke on our side."""

    code = "server_error"
    status = 500
    detail = "系统出了问题，本次操作没有完成。请稍后再试。"


def server_error(request: HttpRequest) -> HttpResponse:
    """A plain page without any template that could fail again is not needed: this one is static."""
    return refusal_page(request, ServerError())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An act that is not allowed."""
    return refusal_page(request, Forbidden())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that makes no sense to the framework itself."""
    return refusal_page(request, Refusal())

"""REST authentication by the staff session, with the CSRF check that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.accounts.middleware import signed_in, signed_in_or_none
from portal.accounts.signed_in import SignedIn
from portal.common.errors import Forbidden, NotSignedIn

if TYPE_CHECKING:
    from rest_framework.views import APIView  # DRF imports this module while it is itself half imported


def _no_view(request: HttpRequest) -> HttpResponse:
    """Stands where the middleware wants a view: one that is not exempt."""
    return HttpResponse()


class StaffAuthentication(BaseAuthentication):
    """Who is signed in, if anybody; unsafe methods then need `X-CSRFToken`."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """The member of staff as `request.user`."""
        http: HttpRequest = request._request
        actor = signed_in_or_none(http)
        if actor is None:
            return None
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(http)
        if check.process_view(http, _no_view, (), {}):
            raise Forbidden("缺少或过期的 X-CSRFToken。")
        return actor.staff, None

    def authenticate_header(self, request: Request) -> str:
        """Makes a missing session a 401."""
        return "Session"


class SignedInOnly(BasePermission):
    """Every endpoint is for signed-in staff unless it says otherwise."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raises `NotSignedIn` for anybody else."""
        if signed_in_or_none(request._request) is None:
            raise NotSignedIn
        return True


def actor_of(request: Request) -> SignedIn:
    """The person acting in a REST view. Raises `NotSignedIn`."""
    return signed_in(request._request)

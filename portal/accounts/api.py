"""`/api/v1/desk/session`: sign in, who am I, sign out."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.authentication import StaffAuthentication, actor_of
from portal.accounts.middleware import KEY_COOKIE
from portal.accounts.models import ROLES, Staff
from portal.accounts.sign_in import set_cookies, sign_in_at_once, sign_out
from portal.common.rest import StrictSerializer, read_body


class SignInBody(StrictSerializer):
    """`otp` is the code of the account's phone; without it nobody signs in here outside a demo."""

    username = serializers.CharField(max_length=40)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)
    otp = serializers.CharField(max_length=16, required=False, allow_blank=True, allow_null=True)


class WhoAnswer(serializers.Serializer[Any]):
    """Who is signed in."""

    username = serializers.CharField()
    display_name = serializers.CharField()
    organ = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=[(role, role) for role in ROLES]))


def _who(staff: Staff) -> dict[str, Any]:
    return {
        "username": staff.username,
        "display_name": staff.display_name,
        "organ": staff.organ_id,
        "roles": [role for role in ROLES if role in staff.roles],
    }


class SessionView(APIView):
    """The session of the browser or client that asks."""

    def get_authenticators(self) -> list[Any]:
        """Signing in needs no session and no CSRF token; everything else does."""
        return [] if self._signing_in() else [StaffAuthentication()]

    def get_permissions(self) -> Sequence[Any]:
        """Anybody may try to sign in."""
        return [AllowAny()] if self._signing_in() else super().get_permissions()

    def _signing_in(self) -> bool:
        request = getattr(self, "request", None)  # absent while the schema is made
        return request is not None and request.method == "POST"

    @extend_schema(request=SignInBody, responses={200: WhoAnswer})
    def post(self, request: Request) -> Response:
        """Sign in; the answer sets the session, key and CSRF cookies."""
        body = read_body(SignInBody, request)
        started = sign_in_at_once(
            request._request,
            username=body["username"],
            passphrase=body["password"],
            otp=body.get("otp") or "",
        )
        response = Response(_who(started.actor.staff))
        set_cookies(response, started)
        return response

    @extend_schema(responses={200: WhoAnswer})
    def get(self, request: Request) -> Response:
        """Who am I."""
        return Response(_who(actor_of(request).staff))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out."""
        sign_out(request._request, staff=actor_of(request).staff)
        response = Response(status=204)
        response.delete_cookie(KEY_COOKIE)
        return response

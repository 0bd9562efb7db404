"""What every page's template knows. On public paths nothing here touches the session or the database."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.accounts.middleware import signed_in_or_none
from portal.accounts.signed_in import SignedIn
from portal.common.middleware import DESK
from portal.shell.navigation import current_link, navigation


def site(request: HttpRequest) -> dict[str, Any]:
    """What holds for the whole installation."""
    return {"demo": settings.YANLU_DEMO}


def staff(request: HttpRequest) -> dict[str, Any]:
    """Desk pages: who is signed in (`actor`, false for nobody), their navigation, and the refusals' frame.

    Both are looked up only when a template asks.
    """
    if not request.path.startswith(DESK):
        return {"refusal_frame": "base.html"}
    return {
        "actor": SimpleLazyObject(lambda: _actor(request)),
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "refusal_frame": "shell/base.html",
    }


def _actor(request: HttpRequest) -> SignedIn | None:
    try:
        return signed_in_or_none(request)
    except DatabaseError:  # the page that says so must still appear
        return None


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    actor = _actor(request)
    if actor is None:
        return []
    links = navigation(actor.staff.roles)
    here = current_link(links, request.path)
    return [{"label": link.label, "path": link.path, "current": link is here} for link in links]

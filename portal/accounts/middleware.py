"""Sessions for staff, and who is signed in; public pages never touch either."""

import time

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.common.errors import NotSignedIn
from portal.vault.certificates import public_half
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.primitives import Tampered
from portal.vault.session_key import open_from_session

KEY_COOKIE = "yanlu_key"
_CACHED = "_yanlu_signed_in"
STAFF_ID, STORED_KEY, LAST_SEEN = "staff", "key", "seen"
_SEEN_STEP = 30
"""Seconds between two notes of activity: not every request writes the session."""


class StaffSessions(SessionMiddleware):
    """Django's sessions; a session only ever starts at sign-in."""


def signed_in_or_none(request: HttpRequest) -> SignedIn | None:
    """The person acting, if their session is alive, not idle for too long, and the key cookie fits."""
    if not hasattr(request, _CACHED):
        setattr(request, _CACHED, _resolve(request))
    found: SignedIn | None = getattr(request, _CACHED)
    return found


def signed_in(request: HttpRequest) -> SignedIn:
    """The person acting. Raises `NotSignedIn`."""
    found = signed_in_or_none(request)
    if found is None:
        raise NotSignedIn
    return found


def forget(request: HttpRequest) -> None:
    """Resolve afresh after a sign-in or sign-out in this very request."""
    if hasattr(request, _CACHED):
        delattr(request, _CACHED)


def _resolve(request: HttpRequest) -> SignedIn | None:
    cookie = request.COOKIES.get(KEY_COOKIE, "")
    if not cookie or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    session = request.session
    if STAFF_ID not in session:
        return None
    idle = time.time() - session.get(LAST_SEEN, 0)
    staff = Staff.objects.filter(
        pk=session[STAFF_ID], active=True, sessions__session_key=session.session_key
    ).first()
    if idle > settings.YANLU_IDLE_MINUTES * 60 or staff is None:
        session.flush()
        return None
    key = current_personal_key(key_owner(staff))
    if key is None:
        return None
    try:
        personal = open_from_session(
            session[STORED_KEY], cookie, session_id=str(session.session_key), key=key
        )
    except Tampered:
        return None
    if personal.public != public_half(key):  # the row was changed under a living session
        return None
    if idle > _SEEN_STEP:
        session[LAST_SEEN] = time.time()
    return acting(staff, Keyring(personal))

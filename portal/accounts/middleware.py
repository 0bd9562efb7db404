"""Sessions for staff, and who is signed in; public pages never touch either."""

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

from portal.accounts.models import StaffSession
from portal.accounts.sessions import is_idle, lock_session, note_activity
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.common.clock import now as present
from portal.common.errors import NotSignedIn
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.primitives import Tampered
from portal.vault.session_key import open_from_session

KEY_COOKIE = "yanlu_key"
_CACHED = "_yanlu_signed_in"
STAFF_ID = "staff"


class StaffSessions(SessionMiddleware):
    """Django's sessions; a session only ever starts at sign-in."""


def signed_in_or_none(request: HttpRequest) -> SignedIn | None:
    """The person acting, if their session is alive and not locked, and the key cookie fits.

    A session that has been idle for too long is locked on the spot.
    """
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


def locked_session(request: HttpRequest) -> StaffSession | None:
    """The session of somebody who must unlock it before they can act; `None` for everybody else.

    Somebody whose key is another one by now has nothing to unlock: they sign in.
    """
    if signed_in_or_none(request) is not None:
        return None
    row = session_row(request)
    if row is None or not row.locked:
        return None
    key = current_personal_key(key_owner(row.staff))
    return row if key is not None and key.pk == row.key_id else None


def session_row(request: HttpRequest) -> StaffSession | None:
    """The request's session, open or locked, if it has not ended and its owner still works here."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    session = request.session
    if STAFF_ID not in session:
        return None
    row = (
        StaffSession.objects.select_related("staff")
        .filter(session_key=session.session_key, staff_id=session[STAFF_ID], staff__active=True)
        .first()
    )
    if row is None:
        session.flush()
    return row


def forget(request: HttpRequest) -> None:
    """Resolve afresh after a sign-in or sign-out in this very request."""
    if hasattr(request, _CACHED):
        delattr(request, _CACHED)


def _resolve(request: HttpRequest) -> SignedIn | None:
    cookie = request.COOKIES.get(KEY_COOKIE, "")
    row = session_row(request) if cookie else None
    if row is None or row.stored_key is None:
        return None
    now = present()
    if is_idle(row, now):
        lock_session(row, now=now)
        return None
    key = current_personal_key(key_owner(row.staff))
    if key is None or key.pk != row.key_id:  # a new key needs its own passphrase
        return None
    try:
        personal = open_from_session(bytes(row.stored_key), cookie, session_id=row.session_key, key=key)
    except Tampered:  # or the key's row was changed under a living session
        return None
    note_activity(row, now=now)
    return acting(row.staff, Keyring(personal))

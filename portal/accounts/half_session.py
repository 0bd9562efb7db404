"""Between passphrase and second factor: the key is open, and nobody is signed in.

A half session is no session with a flag. It has no entry under the name that `middleware` looks for and none
in the list of sessions, so whatever knows nothing of it finds nobody: that is every page and all of the API.
"""

import base64
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpRequest

from portal.accounts.middleware import KEY_COOKIE, forget
from portal.accounts.models import Staff, StaffSession
from portal.accounts.signed_in import SignedIn, key_owner
from portal.common.clock import now as present
from portal.common.errors import NotSignedIn
from portal.vault.keyring import current_personal_key
from portal.vault.keys import OpenKey
from portal.vault.primitives import Tampered
from portal.vault.session_key import lock_for_session, open_from_session

HALF = "half"
LASTS = dt.timedelta(minutes=5)
"""Counted from the passphrase, whatever happens in between."""


@dataclass(frozen=True)
class FactorOwner:
    """Somebody whose personal key is open, signed in or only half: whose factors are asked for."""

    staff: Staff
    personal: OpenKey = field(repr=False)


@dataclass(frozen=True)
class HalfStarted:
    """A passphrase was right; the key cookie's value goes to the browser and nowhere else."""

    owner: FactorOwner
    key_cookie: str


def owner_of(actor: SignedIn) -> FactorOwner:
    """The same person, as far as their factors are concerned."""
    return FactorOwner(actor.staff, actor.keyring.personal)


def begin_half(request: HttpRequest, owner: FactorOwner, *, now: dt.datetime) -> HalfStarted:
    """A half session in place of whatever session the browser had."""
    old = request.session.session_key
    session = SessionStore()
    session.create()
    stored, cookie = lock_for_session(owner.personal, str(session.session_key))
    session[HALF] = {
        "staff": str(owner.staff.pk),
        "key": base64.b64encode(stored).decode(),
        "since": now.timestamp(),
    }
    session.set_expiry(int(LASTS.total_seconds()))
    with transaction.atomic():
        if old:
            StaffSession.objects.filter(session_key=old).delete()
            request.session.delete(old)
        session.save()
    request.session = session
    forget(request)
    return HalfStarted(owner, cookie)


def half_signed_in_or_none(request: HttpRequest, *, now: dt.datetime | None = None) -> FactorOwner | None:
    """Whose passphrase was right less than five minutes ago in this browser, if anybody's."""
    cookie = request.COOKIES.get(KEY_COOKIE, "")
    if not cookie or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    half: dict[str, Any] | None = request.session.get(HALF)
    if half is None:
        return None
    age = (now or present()).timestamp() - half["since"]
    staff = Staff.objects.select_related("organ").filter(pk=half["staff"], active=True).first()
    if not 0 <= age <= LASTS.total_seconds() or staff is None:
        request.session.flush()
        return None
    personal = _open(request, half["key"], cookie, staff)
    return FactorOwner(staff, personal) if personal else None


def half_signed_in(request: HttpRequest) -> FactorOwner:
    """As `half_signed_in_or_none`. Raises `NotSignedIn`."""
    found = half_signed_in_or_none(request)
    if found is None:
        raise NotSignedIn
    return found


def end_half(request: HttpRequest) -> None:
    """Forget a half session, if there is one."""
    if request.session.get(HALF) is not None:
        request.session.flush()


def _open(request: HttpRequest, stored: str, cookie: str, staff: Staff) -> OpenKey | None:
    key = current_personal_key(key_owner(staff))
    if key is None:
        return None
    try:
        blob = base64.b64decode(stored)
        return open_from_session(blob, cookie, session_id=str(request.session.session_key), key=key)
    except (Tampered, ValueError):
        return None

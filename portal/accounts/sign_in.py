"""Signing in opens the personal key; signing out forgets it. Throttled so that nobody can lock others out.

A browser that has signed in before carries a device cookie (after the OWASP device-cookie scheme): its
failures count apart, so a stranger who fails under somebody's name, even behind the same address, only
slows strangers.
"""

import base64
import datetime as dt
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from portal.accounts.limits import client_bucket, refuse_beyond
from portal.accounts.middleware import KEY_COOKIE, STAFF_ID, forget, session_row
from portal.accounts.models import Staff, StaffSession
from portal.accounts.renewal import tend_keys
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.errors import NotSignedIn
from portal.common.sqlite.wal import fold_wal
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key, renew_lock, spend_a_check
from portal.vault.models import PurposeKey
from portal.vault.primitives import Tampered, keyed_hash, new_secret
from portal.vault.purpose_keys import active_keys
from portal.vault.session_key import lock_for_session, own_key, session_mark

DEVICE_COOKIE = "yanlu_device"
_DEVICE_AGE = 180 * 24 * 3600
_FAILURES = "5/15m"
_CLIENT_FAILURES = "200/15m"


class WrongPassphrase(NotSignedIn):
    """Unknown user, wrong passphrase, account closed: one answer."""

    detail = "用户名或口令不正确。"


@dataclass(frozen=True)
class Started:
    """A session that has begun; the key cookie's value goes to the browser and nowhere else."""

    actor: SignedIn
    key_cookie: str
    device_cookie: str


def sign_in(
    request: HttpRequest, *, username: str, passphrase: str, now: dt.datetime | None = None
) -> Started:
    """Check the passphrase by opening the key, and start a session.

    Unlocking is the same act: a session of its own begins in place of the locked one, so nothing of that
    one comes back to life. Raises `WrongPassphrase`, and `RateLimited` after five failures in a quarter of
    an hour by this browser (or by strangers at this address) under this name.
    """
    now = now or present()
    refuse_after_failures(request, username)
    actor = _check(username, passphrase)
    if actor is None:
        count_failure(request, username)
        raise WrongPassphrase
    started = _start(request, actor, now)
    tend_keys(started.actor, now=now)
    return started


def sign_out(request: HttpRequest, *, staff: Staff, now: dt.datetime | None = None) -> None:
    """End the session, open or locked, and forget the key."""
    with transaction.atomic():
        StaffSession.objects.filter(session_key=request.session.session_key).delete()
        request.session.flush()
        _audit(staff, "signed_out", now or present())
        transaction.on_commit(fold_wal)
    forget(request)


def refuse_after_failures(request: HttpRequest, username: str) -> None:
    """Raises `RateLimited` where this browser, or strangers at this address, failed too often."""
    _throttle(request, username, count=False)


def count_failure(request: HttpRequest, username: str) -> None:
    """Count one wrong passphrase. Raises `RateLimited` when that was one too many."""
    _throttle(request, username, count=True)


def _throttle(request: HttpRequest, username: str, *, count: bool) -> None:
    device = _known_device(request, username)

    def bucket(_request: HttpRequest) -> str:
        return f"{username.lower()}:{device or client_bucket(request)}"

    refuse_beyond(request, group="sign-in", rate=_FAILURES, bucket=bucket, count=count)
    if not device:
        refuse_beyond(request, group="sign-in-client", rate=_CLIENT_FAILURES, count=count)


def set_cookies(response: HttpResponse, started: Started) -> None:
    """Hand the key cookie and the device cookie to the browser."""
    common = {"httponly": True, "secure": settings.SESSION_COOKIE_SECURE, "samesite": "Lax"}
    response.set_cookie(KEY_COOKIE, started.key_cookie, **common)  # type: ignore[arg-type]
    response.set_cookie(DEVICE_COOKIE, started.device_cookie, max_age=_DEVICE_AGE, **common)  # type: ignore[arg-type]


def _check(username: str, passphrase: str) -> SignedIn | None:
    staff = Staff.objects.filter(username=username, active=True).first()
    key = current_personal_key(key_owner(staff)) if staff else None
    if staff is None or key is None or not hasattr(key, "lock") or len(passphrase) > 1024:
        spend_a_check()
        return None
    try:
        personal = open_personal_key(key, passphrase)
    except Tampered:
        return None
    renew_lock(key, personal, passphrase)
    return acting(staff, Keyring(personal))


def _start(request: HttpRequest, actor: SignedIn, now: dt.datetime) -> Started:
    old = session_row(request)
    unlocking = old is not None and old.locked and old.staff_id == actor.staff.pk
    session = SessionStore()
    with transaction.atomic():
        _still_so(actor)
        if old is not None:
            old.delete()
            request.session.delete(old.session_key)
        session.create()
        session[STAFF_ID] = str(actor.staff.pk)
        session.save()
        cookie = _open_session(str(session.session_key), actor, now)
        if unlocking:
            _audit(actor.staff, "session_unlocked", now)
        else:
            _audit(actor.staff, "signed_in", now)
    session.modified = True
    request.session = session
    if not unlocking:  # the person's other windows still hold forms of theirs
        rotate_token(request)
    forget(request)
    return Started(actor, cookie, _device_cookie(actor.staff.username))


def _open_session(session_key: str, actor: SignedIn, now: dt.datetime) -> str:
    """Save the session with the key in it; the cookie that opens it."""
    personal = actor.keyring.personal
    stored, cookie = lock_for_session(personal, session_key)
    StaffSession.objects.create(
        session_key=session_key,
        staff=actor.staff,
        key_id=personal.id,
        started_at=now,
        seen_at=now,
        stored_key=stored,
        mark=session_mark(session_key, actor.staff.pk, own_key(personal)),
    )
    return cookie


def _still_so(actor: SignedIn) -> None:
    """Raises `WrongPassphrase` where the account was closed, or got another key, while it was checked.

    The row is locked, so that whoever closes the account waits and then ends this session too.
    """
    staff = Staff.objects.select_for_update().filter(pk=actor.staff.pk, active=True).first()
    key = current_personal_key(key_owner(staff)) if staff else None
    if key is None or key.pk != actor.keyring.personal.id:
        raise WrongPassphrase


def _audit(staff: Staff, action: str, now: dt.datetime) -> None:
    record(
        organ=staff.organ_id,
        actor=staff.username,
        action=action,
        object_kind="staff",
        object_id=staff.pk,
        now=now,
    )


def _device_tags(nonce: bytes, username: str) -> list[str]:
    """The tag under every version of the device key, newest first: older cookies go on being known."""
    device = PurposeKey.Purpose.DEVICE
    return [
        keyed_hash(key, nonce, username.lower(), person="yanlu-device").hex()
        for _, key in active_keys(device)[device]
    ]


def _device_cookie(username: str) -> str:
    nonce = new_secret(16)
    return f"{base64.urlsafe_b64encode(nonce).decode()}.{_device_tags(nonce, username)[0]}"


def _known_device(request: HttpRequest, username: str) -> str:
    """The nonce of a device cookie issued for this name, or an empty string.

    In one spelling, whatever the cookie's: base64 has many, and each would count failures apart.
    """
    encoded, _, tag = request.COOKIES.get(DEVICE_COOKIE, "").partition(".")
    try:
        nonce = base64.urlsafe_b64decode(encoded)
    except ValueError:
        return ""
    if len(nonce) != 16:
        return ""
    known = any(hmac.compare_digest(tag.encode(), right.encode()) for right in _device_tags(nonce, username))
    return nonce.hex() if known else ""

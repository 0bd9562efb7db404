"""Signing in opens the personal key; signing out forgets it. Throttled so that nobody can lock others out.

Where a second factor is asked for, the passphrase leads to a half session (`half_session`) and only the
factor to a whole one. Over the API both come at once, and a refusal does not tell which was wrong.
"""

import datetime as dt
import time
from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from portal.accounts.device_cookie import DEVICE_AGE, DEVICE_COOKIE, known_device, new_device_cookie
from portal.accounts.factor_duty import must_prove, second_factor_required
from portal.accounts.factor_tries import TooManyTries
from portal.accounts.half_session import FactorOwner, HalfStarted, begin_half
from portal.accounts.limits import client_bucket, refuse_beyond
from portal.accounts.middleware import KEY_COOKIE, STAFF_ID, forget, session_row
from portal.accounts.models import Staff, StaffSession
from portal.accounts.proving import WrongFactor, prove_by_code
from portal.accounts.renewal import tend_keys
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.errors import NotSignedIn
from portal.common.sqlite.wal import fold_wal
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key, renew_lock, spend_a_check
from portal.vault.primitives import Tampered
from portal.vault.session_key import lock_for_session, own_key, session_mark

_FAILURES = "5/15m"
_CLIENT_FAILURES = "200/15m"
_REFUSED_EVERY = 0.5
"""Seconds."""


class WrongPassphrase(NotSignedIn):
    """Unknown user, wrong passphrase, account closed: one answer."""

    detail = "用户名或口令不正确。"


class NotLetIn(NotSignedIn):
    """Over the API where a second factor is due: one answer, whatever was wrong."""

    detail = (
        "登录没有成功。请核对用户名、口令和手机验证器上的六位数字（otp，每个只能用一次）；连续失败须等待。"
        "还没有登记手机验证器的，请先在网页上登录并登记。"
    )


@dataclass(frozen=True)
class Started:
    """A session that has begun; the key cookie's value goes to the browser and nowhere else."""

    actor: SignedIn
    key_cookie: str
    device_cookie: str


def sign_in(
    request: HttpRequest, *, username: str, passphrase: str, now: dt.datetime | None = None
) -> Started | HalfStarted:
    """Check the passphrase by opening the key, and start a session; a half one where a factor is still due.

    Unlocking is the same act: a session of its own begins in place of the locked one, so nothing of that
    one comes back to life. Raises `WrongPassphrase`, and `RateLimited` after five failures in a quarter of
    an hour by this browser (or by strangers at this address) under this name.
    """
    now = now or present()
    owner = _opened(request, username, passphrase)
    if must_prove(owner):
        return begin_half(request, owner, now=now)
    return finish_sign_in(request, owner, now=now)


def sign_in_at_once(
    request: HttpRequest, *, username: str, passphrase: str, otp: str, now: dt.datetime | None = None
) -> Started:
    """Passphrase and code in one request, for the API; the code is not looked at where no factor is due.

    Raises `NotLetIn` whichever was wrong or missing, after about the same time; `RateLimited` as `sign_in`.
    """
    now, began = now or present(), time.monotonic()
    try:
        owner = _opened(request, username, passphrase)
        if must_prove(owner):
            _prove_at_once(request, owner, otp, now)
    except (WrongPassphrase, WrongFactor, TooManyTries):
        if second_factor_required():
            _answer_on_the_half_second(began)
            raise NotLetIn from None
        raise
    return finish_sign_in(request, owner, now=now)


def _prove_at_once(request: HttpRequest, owner: FactorOwner, otp: str, now: dt.datetime) -> None:
    device = known_device(request, owner.staff.username)
    try:
        prove_by_code(owner=owner, code=otp, device=device, now=now)
    except (WrongFactor, TooManyTries):
        count_failure(request, owner.staff.username)
        raise


def _answer_on_the_half_second(began: float) -> None:
    """Wait for the next half second since the start: a factor looked at takes some ms that would tell."""
    time.sleep(-(time.monotonic() - began) % _REFUSED_EVERY)


def sign_out(request: HttpRequest, *, staff: Staff, now: dt.datetime | None = None) -> None:
    """End the session, open or locked, and forget the key."""
    with transaction.atomic():
        StaffSession.objects.filter(session_key=request.session.session_key).delete()
        request.session.flush()
        _audit(staff, "signed_out", now or present())
        transaction.on_commit(fold_wal)
    forget(request)


def set_cookies(response: HttpResponse, started: Started | HalfStarted) -> None:
    """Hand the key cookie, and once signed in the device cookie, to the browser."""
    common = {"httponly": True, "secure": settings.SESSION_COOKIE_SECURE, "samesite": "Lax"}
    response.set_cookie(KEY_COOKIE, started.key_cookie, **common)  # type: ignore[arg-type]
    if isinstance(started, Started):
        response.set_cookie(DEVICE_COOKIE, started.device_cookie, max_age=DEVICE_AGE, **common)  # type: ignore[arg-type]


def _opened(request: HttpRequest, username: str, passphrase: str) -> FactorOwner:
    """Who it is, their key opened by the passphrase. Raises `WrongPassphrase`, `RateLimited`."""
    refuse_after_failures(request, username)
    owner = _check(username, passphrase)
    if owner is None:
        count_failure(request, username)
        raise WrongPassphrase
    return owner


def refuse_after_failures(request: HttpRequest, username: str) -> None:
    """Raises `RateLimited` where this browser, or strangers at this address, failed too often."""
    _throttle(request, username, count=False)


def count_failure(request: HttpRequest, username: str) -> None:
    """Count one wrong passphrase. Raises `RateLimited` when that was one too many."""
    _throttle(request, username, count=True)


def _throttle(request: HttpRequest, username: str, *, count: bool) -> None:
    device = known_device(request, username)

    def bucket(_request: HttpRequest) -> str:
        return f"{username.lower()}:{device or client_bucket(request)}"

    refuse_beyond(request, group="sign-in", rate=_FAILURES, bucket=bucket, count=count)
    if not device:
        refuse_beyond(request, group="sign-in-client", rate=_CLIENT_FAILURES, count=count)


def _check(username: str, passphrase: str) -> FactorOwner | None:
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
    return FactorOwner(staff, personal)


def finish_sign_in(request: HttpRequest, owner: FactorOwner, *, now: dt.datetime) -> Started:
    """Start a session under a new id for somebody who has shown all that is asked for; tend to the keys."""
    actor = acting(owner.staff, Keyring(owner.personal))
    started = _start(request, actor, now)
    tend_keys(actor, now=now)
    return started


def _start(request: HttpRequest, actor: SignedIn, now: dt.datetime) -> Started:
    old = session_row(request)
    unlocking = old is not None and old.locked and old.staff_id == actor.staff.pk
    session = SessionStore()
    with transaction.atomic():
        _still_so(actor)
        if old is not None:
            old.delete()
        if request.session.session_key:  # that one, or the half session the second factor completes
            request.session.delete(request.session.session_key)
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
    return Started(actor, cookie, new_device_cookie(actor.staff.username))


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

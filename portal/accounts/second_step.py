"""The second step of signing in: the only way from a half session to a whole one."""

import datetime as dt
from typing import Any

from django.http import HttpRequest

from portal.accounts.device_cookie import known_device
from portal.accounts.factor_models import FactorChallenge
from portal.accounts.factors import confirm_phone, register_key
from portal.accounts.half_session import FactorOwner, half_signed_in
from portal.accounts.proving import prove_by_code, prove_by_key
from portal.accounts.sign_in import Started, finish_sign_in
from portal.common.clock import now as present


def finish_by_code(request: HttpRequest, *, code: str, now: dt.datetime | None = None) -> Started:
    """Sign in with a phone's code. Raises `NotSignedIn`, `WrongFactor`, `TooManyTries`."""
    owner, now = half_signed_in(request), now or present()
    prove_by_code(owner=owner, code=code, device=_device(request, owner), now=now)
    return finish_sign_in(request, owner, now=now)


def finish_by_key(request: HttpRequest, *, response: Any, now: dt.datetime | None = None) -> Started:
    """Sign in with a security key. Raises `NotSignedIn`, `WrongFactor`, `TooManyTries`."""
    owner, now = half_signed_in(request), now or present()
    prove_by_key(
        owner=owner,
        session_key=str(request.session.session_key),
        purpose=FactorChallenge.Purpose.SIGN_IN,
        response=response,
        device=_device(request, owner),
        now=now,
    )
    return finish_sign_in(request, owner, now=now)


def finish_with_first_phone(
    request: HttpRequest, *, code: str, label: str, now: dt.datetime | None = None
) -> Started:
    """Register the first factor and sign in by it. Raises `NotSignedIn`, `Invalid`, `NotYours`."""
    owner, now = half_signed_in(request), now or present()
    confirm_phone(owner=owner, code=code, label=label, as_first=True, now=now)
    return finish_sign_in(request, owner, now=now)


def finish_with_first_key(
    request: HttpRequest, *, response: Any, label: str, now: dt.datetime | None = None
) -> Started:
    """Register the first factor and sign in by it. Raises `NotSignedIn`, `Invalid`, `NotYours`."""
    owner, now = half_signed_in(request), now or present()
    session_key = str(request.session.session_key)
    register_key(owner=owner, session_key=session_key, response=response, label=label, as_first=True, now=now)
    return finish_sign_in(request, owner, now=now)


def _device(request: HttpRequest, owner: FactorOwner) -> str:
    return known_device(request, owner.staff.username)

"""How often a second factor may be wrong: counted in the database, before the answer is looked at.

Only who has the passphrase gets here, so the count is by account and not by address. After five wrong answers
a quarter of an hour must pass, after five more half an hour, and so on up to a day; the right one forgives.
"""

import datetime as dt
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from portal.accounts.factor_models import FactorTries
from portal.accounts.half_session import FactorOwner
from portal.common.errors import RateLimited
from portal.vault.primitives import digest

AT_ONCE: Final = 5
FIRST_WAIT: Final = dt.timedelta(minutes=15)
LONGEST_WAIT: Final = dt.timedelta(days=1)
_REMEMBERED: Final = dt.timedelta(days=7)
_ROUNDS: Final = 8
"""How often to look again where others were faster."""


class TooManyTries(RateLimited):
    """The second factor was wrong too often."""

    detail = "验证连续失败次数过多，请稍后再试。\
如果不是您本人输错，您的口令可能已被他人知道，请联系系统管理员。"


def take_a_try(owner: FactorOwner, *, device: str, now: dt.datetime) -> None:
    """Count one answer, right or wrong, before it is looked at. Raises `TooManyTries`.

    Each try is taken once, however many come at the same moment.
    """
    for _ in range(_ROUNDS):
        row = _rows(owner, device).first()
        if row is None:
            if _first_try(owner, device, now):
                return
            continue
        if row.blocked_until is not None and row.blocked_until > now:
            raise TooManyTries(retry_after=int((row.blocked_until - now).total_seconds()) + 1)
        failures = row.failures + 1
        taken = FactorTries.objects.filter(pk=row.pk, failures=row.failures).update(
            failures=failures, last_at=now, blocked_until=_blocked_until(failures, now)
        )
        if taken:
            return
    raise TooManyTries


def forgive(owner: FactorOwner, *, device: str) -> None:
    """The factor was right: forget this browser's failures."""
    _rows(owner, device).delete()


def forget_old_tries(now: dt.datetime) -> None:
    """Delete failures after which nothing has come for a week."""
    FactorTries.objects.filter(last_at__lt=now - _REMEMBERED).delete()


def _rows(owner: FactorOwner, device: str) -> QuerySet[FactorTries]:
    return FactorTries.objects.filter(key_id=owner.personal.id, device=_hashed(device))


def _first_try(owner: FactorOwner, device: str, now: dt.datetime) -> bool:
    try:
        with transaction.atomic():
            FactorTries.objects.create(
                key_id=owner.personal.id, device=_hashed(device), failures=1, last_at=now
            )
    except IntegrityError:
        return False
    return True


def _blocked_until(failures: int, now: dt.datetime) -> dt.datetime | None:
    if failures % AT_ONCE:
        return None
    doublings = min(failures // AT_ONCE - 1, 10)
    wait: dt.timedelta = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return now + wait


def _hashed(device: str) -> str:
    return digest(device, person="yanlu-tries").hex()[:32] if device else ""

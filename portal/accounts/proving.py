"""Asking for a second factor, and whether the answer is right. Every answer works once."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet

from portal.accounts.factor_log import audit_factor
from portal.accounts.factor_models import Factor, FactorChallenge
from portal.accounts.factor_secrets import open_secret
from portal.accounts.factor_tries import forgive, take_a_try
from portal.accounts.half_session import LASTS, FactorOwner
from portal.common.errors import Invalid
from portal.vault.one_time_codes import matching_step
from portal.vault.security_keys import NotProved, Proved, check_proof, new_challenge, proof_options

Kind, Purpose = Factor.Kind, FactorChallenge.Purpose


class WrongFactor(Invalid):
    """A wrong, used or late code; a key that is not theirs."""

    detail = (
        "数字不对，或者已经用过。每组数字只能用一次：请等手机上换成下一组再输入。"
        "总是不对的，请看手机的时间是否设为自动。"
    )


class WrongKey(WrongFactor):
    """Not one of their security keys, or not an answer to what was asked."""

    detail = "安全密钥没有通过验证。请确认用的是您登记过的那一把，再试一次。"


class CountsBackwards(WrongFactor):
    """A security key whose counter did not go up: there may be a copy of it."""

    detail = "这把安全密钥的计数不对，可能被复制过，已拒绝。请用别的方式登录并移除它，并告知系统管理员。"


def factors_of(owner: FactorOwner, kind: str | None = None) -> QuerySet[Factor]:
    """The factors that count, oldest first, with what opens them."""
    rows = Factor.objects.filter(key_id=owner.personal.id, confirmed_at__isnull=False)
    rows = rows.filter(kind=kind) if kind else rows
    return rows.select_related("secret").prefetch_related("secret__envelopes").order_by("created_at", "id")


def prove_by_code(*, owner: FactorOwner, code: str, device: str, now: dt.datetime) -> Factor:
    """The phone whose code this is; the code is used up. Raises `WrongFactor`, `TooManyTries`."""
    take_a_try(owner, device=device, now=now)
    for factor in factors_of(owner, Kind.TOTP):
        step = matching_step(open_secret(factor, owner), code, now=now)
        if step is not None and _spend(factor, step, now):
            forgive(owner, device=device)
            return factor
    audit_factor(owner, "second_factor_failed", Kind.TOTP, now)
    raise WrongFactor


def prove_by_key(
    *, owner: FactorOwner, session_key: str, purpose: str, response: Any, device: str, now: dt.datetime
) -> Factor:
    """The security key that signed the session's challenge, which is used up either way.

    Raises `WrongFactor`, `TooManyTries`.
    """
    take_a_try(owner, device=device, now=now)
    challenge = take_challenge(session_key, purpose, now=now)
    credentials = {open_secret(factor, owner): factor for factor in factors_of(owner, Kind.WEBAUTHN)}
    try:
        proved = check_proof(challenge, known=list(credentials), response=response)
    except NotProved:
        audit_factor(owner, "second_factor_failed", Kind.WEBAUTHN, now)
        raise WrongKey from None
    factor = credentials[proved.credential]
    if not _count_up(factor, proved, now):
        audit_factor(owner, "factor_counter_back", factor.label, now)
        raise CountsBackwards
    forgive(owner, device=device)
    return factor


def ask_for_proof(*, owner: FactorOwner, session_key: str, purpose: str, now: dt.datetime) -> dict[str, Any]:
    """What the browser asks the person's security keys. Raises `Invalid` where they have none."""
    known = [open_secret(factor, owner) for factor in factors_of(owner, Kind.WEBAUTHN)]
    if not known:
        raise Invalid("您还没有登记安全密钥。")
    return proof_options(make_challenge(session_key, purpose, now=now), known=known)


def make_challenge(session_key: str, purpose: str, *, now: dt.datetime) -> bytes:
    """A challenge bound to this session and purpose; an earlier one is void."""
    challenge = new_challenge()
    FactorChallenge.objects.update_or_create(
        session_key=session_key, defaults={"purpose": purpose, "challenge": challenge, "made_at": now}
    )
    return challenge


def take_challenge(session_key: str, purpose: str, *, now: dt.datetime) -> bytes | None:
    """The session's challenge, taken away so that no second answer finds it; `None` where there is none."""
    rows = FactorChallenge.objects.filter(session_key=session_key, purpose=purpose)
    row = rows.first()
    if row is None:
        return None
    challenge = bytes(row.challenge)
    taken, _ = rows.filter(challenge=challenge).delete()
    return challenge if taken and row.made_at > now - LASTS else None


def _spend(factor: Factor, step: int, now: dt.datetime) -> bool:
    """Whether this step was still unused: of two requests with one code, one finds it so."""
    unused = Factor.objects.filter(pk=factor.pk, last_step__lt=step)
    return unused.update(last_step=step, last_used_at=now) == 1


def _count_up(factor: Factor, proved: Proved, now: dt.datetime) -> bool:
    """Whether the key's counter went up, or never counts (WebAuthn Level 3, 7.2 step 22)."""
    higher = Q(sign_count__lt=proved.counter)
    fits = higher | Q(sign_count=0) if proved.counter == 0 else higher
    rows = Factor.objects.filter(fits, pk=factor.pk)
    return rows.update(sign_count=proved.counter, last_used_at=now) == 1

"""Registering and removing second factors.

`as_first` marks somebody who is only half signed in: their passphrase lets them register a first factor and
nothing beyond. Who is signed in has confirmed with a factor of theirs before (`factor_views`).
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.factor_duty import second_factor_required
from portal.accounts.factor_log import audit_factor
from portal.accounts.factor_models import Factor, FactorChallenge
from portal.accounts.factor_secrets import open_secret, seal_secret
from portal.accounts.half_session import FactorOwner
from portal.accounts.proving import factors_of, make_challenge, take_challenge
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.vault.models import SealedItem, VaultKey
from portal.vault.one_time_codes import matching_step, new_code_secret
from portal.vault.security_keys import NotProved, finish_registration, registration_options, same_credential

Kind, Label = Factor.Kind, Factor.Label
MOST = 8
"""Factors of one person."""
_WRONG_CODE = "数字不对。请看手机上“言路”一项，等换成下一组再输入；总是不对的，请看手机的时间是否设为自动。"
PENDING_LASTS = dt.timedelta(minutes=10)
"""How long a phone may take to show its first code."""


class NotYours(Forbidden):
    """Half signed in, with factors registered already: those are asked for first."""

    detail = "您已登记过第二重验证，请先用它完成登录。"


def start_phone(*, owner: FactorOwner, as_first: bool, now: dt.datetime) -> Factor:
    """A new secret for a phone, pending until its first code; an earlier pending one is void.

    Raises `NotYours`, `Invalid`.
    """
    factor = Factor(key_id=owner.personal.id, kind=Kind.TOTP, label=Label.PHONE, created_at=now)
    sealed = seal_secret(factor, new_code_secret(), owner)
    with transaction.atomic():
        _check_room(owner, as_first)
        _delete(_pending(owner))
        factor.secret = sealed.save()
        factor.save(force_insert=True)
    return factor


def pending_phone(owner: FactorOwner, *, now: dt.datetime) -> tuple[Factor, bytes] | None:
    """The phone being registered and its secret, if one is."""
    rows = _pending(owner).filter(created_at__gt=now - PENDING_LASTS)
    factor = rows.select_related("secret").prefetch_related("secret__envelopes").first()
    return (factor, open_secret(factor, owner)) if factor else None


def confirm_phone(*, owner: FactorOwner, code: str, label: str, as_first: bool, now: dt.datetime) -> Factor:
    """The phone shows the right code, so it counts from now on; the code is used up.

    Raises `NotYours`, and `Invalid` for a wrong code or when it took too long.
    """
    pending = pending_phone(owner, now=now)
    if pending is None:
        raise Invalid("登记已超时，请重新开始。")
    factor, secret = pending
    _check_label(Kind.TOTP, label)
    step = matching_step(secret, code, now=now)
    if step is None:
        raise Invalid(fields={"code": _WRONG_CODE})
    with transaction.atomic():
        _check_room(owner, as_first)
        done = _pending(owner).filter(pk=factor.pk)
        if done.update(confirmed_at=now, label=label, last_step=step, last_used_at=now) == 0:
            raise Invalid("登记已超时，请重新开始。")
        _added(owner, label, now)
    factor.refresh_from_db()
    return factor


def ask_to_register(
    *, owner: FactorOwner, session_key: str, as_first: bool, now: dt.datetime
) -> dict[str, Any]:
    """What the browser asks a new security key. Raises `NotYours`, `Invalid`, `NotProved`."""
    with transaction.atomic():
        _check_room(owner, as_first)
        challenge = make_challenge(session_key, FactorChallenge.Purpose.REGISTER, now=now)
    return registration_options(
        challenge,
        user=owner.personal.id.bytes,
        username=owner.staff.username,
        display_name=owner.staff.display_name,
        known=_credentials(owner),
    )


def register_key(
    *, owner: FactorOwner, session_key: str, response: Any, label: str, as_first: bool, now: dt.datetime
) -> Factor:
    """A security key answered the session's challenge and counts from now on.

    Raises `NotProved`, `NotYours`, and `Invalid` for a key registered already.
    """
    _check_label(Kind.WEBAUTHN, label)
    challenge = take_challenge(session_key, FactorChallenge.Purpose.REGISTER, now=now)
    if challenge is None:
        raise NotProved
    new = finish_registration(challenge, response)
    if any(same_credential(new.credential, one) for one in _credentials(owner)):
        raise Invalid("这把安全密钥已经登记过。")
    factor = Factor(
        key_id=owner.personal.id,
        kind=Kind.WEBAUTHN,
        label=label,
        created_at=now,
        confirmed_at=now,
        last_used_at=now,
        sign_count=new.counter,
    )
    sealed = seal_secret(factor, new.credential, owner)
    with transaction.atomic():
        _check_room(owner, as_first)
        factor.secret = sealed.save()
        factor.save(force_insert=True)
        _added(owner, label, now)
    return factor


def remove_factor(*, owner: FactorOwner, factor_id: UUID, now: dt.datetime) -> None:
    """Remove one factor. Raises `NotFound`, and `Invalid` for the last one where one is required."""
    with transaction.atomic():
        _lock(owner)
        factors = {factor.pk: factor for factor in factors_of(owner)}
        if factor_id not in factors:
            raise NotFound
        if len(factors) == 1 and second_factor_required():
            raise Invalid("至少要保留一种验证方式。请先登记新的，再移除这一个。")
        _delete(Factor.objects.filter(pk=factor_id))
        audit_factor(owner, "factor_removed", factors[factor_id].label, now)


def _check_room(owner: FactorOwner, as_first: bool) -> None:
    """Under the key's lock, so that of two first factors only one comes first."""
    _lock(owner)
    count = factors_of(owner).count()
    if as_first and count:
        raise NotYours
    if count >= MOST:
        raise Invalid(f"最多登记 {MOST} 种验证方式，请先移除不用的。")


def _lock(owner: FactorOwner) -> None:
    VaultKey.objects.select_for_update().get(pk=owner.personal.id)


def _added(owner: FactorOwner, label: str, now: dt.datetime) -> None:
    """On record; what was pending beside it is void, and what belonged to an earlier key goes."""
    _delete(_pending(owner))
    _delete(Factor.objects.filter(key__path=owner.personal.path).exclude(key_id=owner.personal.id))
    audit_factor(owner, "factor_added", label, now)


def _pending(owner: FactorOwner) -> QuerySet[Factor]:
    return Factor.objects.filter(key_id=owner.personal.id, confirmed_at__isnull=True)


def _delete(factors: QuerySet[Factor]) -> None:
    secrets = list(factors.values_list("secret_id", flat=True))
    factors.delete()
    SealedItem.objects.filter(pk__in=secrets).delete()


def _credentials(owner: FactorOwner) -> list[bytes]:
    return [open_secret(factor, owner) for factor in factors_of(owner, Kind.WEBAUTHN)]


def _check_label(kind: str, label: str) -> None:
    if label not in LABELS_OF[kind]:
        raise Invalid(fields={"label": "请选择列出的名称。"})


LABELS_OF: dict[str, tuple[str, ...]] = {
    Kind.TOTP: (Label.PHONE, Label.SPARE_PHONE),
    Kind.WEBAUTHN: (Label.KEY, Label.SPARE_KEY, Label.BUILT_IN),
}
"""The names a factor of a kind can have: a closed list, so that nothing is written here."""


def forget_unfinished(now: dt.datetime) -> None:
    """Delete what nobody will come back for: pending phones, old challenges."""
    with transaction.atomic():
        _delete(Factor.objects.filter(confirmed_at__isnull=True, created_at__lt=now - PENDING_LASTS))
        FactorChallenge.objects.filter(made_at__lt=now - PENDING_LASTS).delete()

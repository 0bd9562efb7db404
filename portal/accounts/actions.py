"""Accounts: who works here and in which roles. Who lets them at which key is in `admitting`."""

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from portal import hooks
from portal.accounts.models import ROLE_LABELS, ROLES, Staff
from portal.accounts.passphrases import check_passphrase
from portal.accounts.sessions import end_all_sessions
from portal.accounts.signed_in import KEY_OF_ROLE, SignedIn, key_owner, staff_path
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.organs.queries import organ_tree
from portal.vault.keyring import current_personal_key
from portal.vault.locks import make_personal_key
from portal.vault.models import Grant, PurposeKey, VaultKey
from portal.vault.primitives import keyed_hash, new_secret
from portal.vault.purpose_keys import active_keys

Purpose = VaultKey.Purpose
INVITATION_LASTS = dt.timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    """A one-time joining code, shown once to the administrator who hands it over."""

    staff: Staff
    code: str


def audit_staff(actor: SignedIn, action: str, staff: Staff, now: dt.datetime, **detail: str) -> None:
    """An entry about this person in the chain of their organ."""
    record(
        organ=staff.organ_id,
        actor=actor.staff.username,
        action=action,
        object_kind="staff",
        object_id=staff.pk,
        detail=detail,
        now=now,
    )


def administers(actor: SignedIn, organ: str) -> bool:
    """Whether an administrator's own organ is this one or stands above it in administration.

    A special office has administrators of its own: those it may have to look into do not staff it.
    """
    tree = organ_tree()
    return organ in tree and actor.staff.organ_id in (organ, *tree.ancestors(organ))


def invite_staff(
    *, actor: SignedIn, username: str, display_name: str, organ: str, now: dt.datetime | None = None
) -> Invitation:
    """A sysadmin opens an account without any role. Raises `Forbidden`, `Invalid`."""
    now = now or present()
    actor.require("sysadmin")
    if not administers(actor, organ):
        raise Invalid(fields={"organ": "请选择本院或下级院。"})
    if not username.strip() or not display_name.strip():
        raise Invalid(fields={"username": "请填写用户名和姓名。"})
    code = new_secret(10).hex()
    staff = Staff(
        username=username.strip().lower(),
        display_name=display_name.strip(),
        organ_id=organ,
        created_at=now,
        invitation_hash=invitation_hash(code),
        invited_until=now + INVITATION_LASTS,
    )
    try:
        with transaction.atomic():
            staff.save(force_insert=True)
            audit_staff(actor, "staff_invited", staff, now)
    except IntegrityError:
        raise Invalid(fields={"username": "这个用户名已有人使用。"}) from None
    return Invitation(staff, code)


def reset_key(*, actor: SignedIn, staff: Staff, now: dt.datetime | None = None) -> Invitation:
    """A sysadmin lets somebody who forgot their passphrase begin anew with a one-time code.

    The old key works until the code is used; the new one opens nothing before a colleague has compared its
    fingerprint. Raises `Forbidden`, `NotFound`, `Invalid`.
    """
    now = now or present()
    actor.require("sysadmin")
    if not administers(actor, staff.organ_id):
        raise NotFound
    if not staff.active:
        raise Invalid("这个账号已停用。")
    if staff.pk == actor.staff.pk:
        raise Invalid("不能为自己重设，请由另一名系统管理员办理。")
    code = new_secret(10).hex()
    staff.invitation_hash, staff.invited_until = invitation_hash(code), now + INVITATION_LASTS
    with transaction.atomic():
        staff.save(update_fields=["invitation_hash", "invited_until"])
        audit_staff(actor, "key_reset_allowed", staff, now)
    return Invitation(staff, code)


def join(*, username: str, code: str, passphrase: str, now: dt.datetime | None = None) -> Staff:
    """Somebody sets their passphrase, which makes their key, instead of the one they had. Raises `Invalid`.

    A key made anew waits for a colleague to compare its fingerprint, like the first one.
    """
    now = now or present()
    check_passphrase(passphrase, username)
    hashes = _invitation_hashes(code.strip())
    with transaction.atomic():
        staff = (
            Staff.objects.select_for_update()
            .filter(username=username.strip().lower(), invitation_hash__in=hashes, active=True)
            .first()
        )
        if staff is None or staff.invited_until is None or staff.invited_until < now:
            raise Invalid(fields={"code": "加入码不正确或已过期。"})
        check_passphrase(passphrase, staff.display_name)
        make_personal_key(
            path=staff_path(organ_tree(), staff),
            passphrase=passphrase,
            now=now,
            generation=end_personal_key(staff, now=now, why=Grant.Ended.RESET) + 1,
        )
        staff.invitation_hash, staff.invited_until = None, None
        staff.save(update_fields=["invitation_hash", "invited_until"])
        record(
            organ=staff.organ_id,
            actor=staff.username,
            action="staff_joined",
            object_kind="staff",
            object_id=staff.pk,
            now=now,
        )
    return staff


def set_roles(
    *, actor: SignedIn, staff: Staff, roles: frozenset[str], now: dt.datetime | None = None
) -> Staff:
    """A secadmin sets somebody else's roles; what no longer fits them is revoked at once.

    Raises `Forbidden`, and `Invalid` for a combination the database keeps apart.
    """
    now = now or present()
    actor.require("secadmin")
    if staff.pk == actor.staff.pk:
        raise Forbidden("不能更改自己的岗位。")
    if not administers(actor, staff.organ_id):
        raise NotFound
    if roles - set(ROLES):
        raise Invalid(fields={"roles": "未知的岗位。"})
    for role in ROLES:
        setattr(staff, role, role in roles)
    try:
        with transaction.atomic():
            staff.save(update_fields=list(ROLES))
            _revoke_unneeded(staff, now)
            hooks.staff_changed(staff=staff, by=actor.staff.username, now=now)
            audit_staff(actor, "roles_set", staff, now, roles=",".join(sorted(roles)))
    except IntegrityError:
        apart = "、".join(ROLE_LABELS[role] for role in ("custodian", "sysadmin", "secadmin", "auditor"))
        raise Invalid(fields={"roles": f"{apart}必须单独设置，不得与其他岗位兼任。"}) from None
    return staff


def close_account(*, actor: SignedIn, staff: Staff, now: dt.datetime | None = None) -> None:
    """A sysadmin closes an account: sessions end and grants are revoked at once.

    The keys its holder could open are renewed when somebody signs in who may (`portal.accounts.renewal`).
    """
    now = now or present()
    actor.require("sysadmin")
    if not administers(actor, staff.organ_id):
        raise NotFound
    with transaction.atomic():
        staff.active, staff.invitation_hash, staff.invited_until = False, None, None
        staff.save(update_fields=["active", "invitation_hash", "invited_until"])
        end_personal_key(staff, now=now, why=Grant.Ended.LEFT)
        hooks.staff_changed(staff=staff, by=actor.staff.username, now=now)
        audit_staff(actor, "account_closed", staff, now)


def end_personal_key(staff: Staff, *, now: dt.datetime, why: Grant.Ended) -> int:
    """Take a person's key out of use with its grants and sessions; returns its generation, 0 without one.

    In the caller's transaction. What they could read is sealed to keys that are renewed later, if they left.
    """
    end_all_sessions(staff)
    key = current_personal_key(key_owner(staff))
    if key is None:
        return 0
    VaultKey.objects.filter(pk=key.pk).update(superseded_at=now)
    Grant.objects.filter(to=key, revoked_at__isnull=True).update(revoked_at=now, revoked_for=why)
    return key.generation


def _revoke_unneeded(staff: Staff, now: dt.datetime) -> None:
    unneeded = Grant.objects.filter(to__owner=key_owner(staff), revoked_at__isnull=True).exclude(
        key__purpose__in=purposes_for(staff.roles)
    )
    unneeded.update(revoked_at=now, revoked_for=Grant.Ended.LEFT)


def purposes_for(roles: frozenset[str]) -> tuple[str, ...]:
    """Which of their organ's keys these roles open; none for the three administrators and for clerks."""
    needed = {KEY_OF_ROLE[role] for role in roles & set(KEY_OF_ROLE)}
    return tuple(purpose for purpose in Purpose.values if purpose in needed)


def _invitation_hashes(code: str) -> list[bytes]:
    """The hash under every version of the device key, newest first: an older code still lets its owner in."""
    device = PurposeKey.Purpose.DEVICE
    return [keyed_hash(key, code, person="yanlu-invite") for _, key in active_keys(device)[device]]


def invitation_hash(code: str) -> bytes:
    """What is kept of a new joining code."""
    return _invitation_hashes(code)[0]

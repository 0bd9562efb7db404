"""Accounts and keys: who works here, in which roles, and who lets them at which key."""

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from portal import hooks
from portal.accounts.models import ROLE_LABELS, ROLES, Staff, StaffSession
from portal.accounts.signed_in import KEY_OF_ROLE, SignedIn, key_path, staff_path
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.organs.queries import organ_tree
from portal.vault.certificates import public_half, verify
from portal.vault.keyring import current_personal_key
from portal.vault.keys import OpenKey, certify, fingerprint, grant
from portal.vault.locks import make_personal_key
from portal.vault.models import Grant, PurposeKey, VaultKey
from portal.vault.primitives import Tampered, keyed_hash, new_secret
from portal.vault.purpose_keys import current_key

Purpose = VaultKey.Purpose
INVITATION_LASTS = dt.timedelta(days=7)
SHORTEST_PASSPHRASE = 10
"""Characters."""


@dataclass(frozen=True)
class Invitation:
    """A one-time joining code, shown once to the administrator who hands it over."""

    staff: Staff
    code: str


@dataclass(frozen=True)
class Waiting:
    """A colleague whose key waits for somebody to vouch for it or to grant what their role needs."""

    staff: Staff
    fingerprint: str
    purposes: tuple[str, ...]


def _audit(actor: SignedIn, action: str, staff: Staff, now: dt.datetime, **detail: str) -> None:
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
        invitation_hash=_invitation_hash(code),
        invited_until=now + INVITATION_LASTS,
    )
    try:
        with transaction.atomic():
            staff.save(force_insert=True)
            _audit(actor, "staff_invited", staff, now)
    except IntegrityError:
        raise Invalid(fields={"username": "这个用户名已有人使用。"}) from None
    return Invitation(staff, code)


def join(*, username: str, code: str, passphrase: str, now: dt.datetime | None = None) -> Staff:
    """A new colleague sets their passphrase, which makes their key. Raises `Invalid`."""
    now = now or present()
    check_passphrase(passphrase)
    hashed = _invitation_hash(code.strip())
    with transaction.atomic():
        staff = (
            Staff.objects.select_for_update()
            .filter(username=username.strip().lower(), invitation_hash=hashed, active=True)
            .first()
        )
        if staff is None or staff.invited_until is None or staff.invited_until < now:
            raise Invalid(fields={"code": "加入码不正确或已过期。"})
        make_personal_key(path=staff_path(organ_tree(), staff), passphrase=passphrase, now=now)
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


def check_passphrase(passphrase: str) -> None:
    """Raises `Invalid` for a passphrase that is too short or too plain."""
    if len(passphrase) < SHORTEST_PASSPHRASE or len(set(passphrase)) < 5:
        raise Invalid(fields={"passphrase": f"口令至少 {SHORTEST_PASSPHRASE} 个字符，且不要过于简单重复。"})


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
            _audit(actor, "roles_set", staff, now, roles=",".join(sorted(roles)))
    except IntegrityError:
        apart = "、".join(ROLE_LABELS[role] for role in ("custodian", "sysadmin", "secadmin", "auditor"))
        raise Invalid(fields={"roles": f"{apart}必须单独设置，不得与其他岗位兼任。"}) from None
    return staff


def close_account(*, actor: SignedIn, staff: Staff, now: dt.datetime | None = None) -> None:
    """A sysadmin closes an account: sessions end and grants are revoked at once."""
    now = now or present()
    actor.require("sysadmin")
    if not administers(actor, staff.organ_id):
        raise NotFound
    with transaction.atomic():
        staff.active = False
        staff.save(update_fields=["active"])
        StaffSession.objects.filter(staff=staff).delete()
        Grant.objects.filter(to__path=staff_path(organ_tree(), staff), revoked_at__isnull=True).update(
            revoked_at=now
        )
        hooks.staff_changed(staff=staff, by=actor.staff.username, now=now)
        _audit(actor, "account_closed", staff, now)


def purposes_for(roles: frozenset[str]) -> tuple[str, ...]:
    """Which of their organ's keys these roles open; none for the three administrators and for clerks."""
    needed = {KEY_OF_ROLE[role] for role in roles & set(KEY_OF_ROLE)}
    return tuple(purpose for purpose in Purpose.values if purpose in needed)


def waiting_for(actor: SignedIn) -> list[Waiting]:
    """Colleagues of the actor's organ whom the actor could let in with the keys at hand."""
    tree = organ_tree()
    path = key_path(tree, actor.staff.organ_id)
    colleagues = list(Staff.objects.filter(organ=actor.staff.organ_id, active=True).order_by("username"))
    keys = {
        key.path: key
        for key in VaultKey.objects.filter(
            path__in=[staff_path(tree, staff) for staff in colleagues],
            purpose=Purpose.PERSONAL,
            superseded_at__isnull=True,
        )
    }
    grants = Grant.objects.filter(to__in=[key.pk for key in keys.values()], revoked_at__isnull=True)
    granted = set(grants.values_list("to_id", "key__purpose"))
    found = []
    for staff in colleagues:
        key = keys.get(staff_path(tree, staff))
        if key is None:
            continue
        missing = tuple(
            purpose
            for purpose in purposes_for(staff.roles)
            if (key.pk, purpose) not in granted and actor.keyring.holding(path, purpose) is not None
        )
        if missing:
            found.append(Waiting(staff, fingerprint(public_half(key)), missing))
    return found


def own_fingerprint(actor: SignedIn) -> str | None:
    """What the actor reads to a colleague while a key their roles need is still missing; else `None`.

    From the key that their own passphrase opened, not from the table: a swapped row must not read the same.
    """
    return fingerprint(actor.keyring.personal.public) if actor.waiting else None


def admit(*, actor: SignedIn, staff: Staff, compared: str, now: dt.datetime | None = None) -> tuple[str, ...]:
    """Vouch for a colleague's key and grant what their roles need, as far as the actor holds it.

    `compared` is the fingerprint the actor compared with the colleague. Returns the purposes granted.
    Raises `NotFound` for another organ's staff, `Invalid` for another key or when there is nothing to grant.
    """
    now = now or present()
    tree = organ_tree()
    if staff.organ_id != actor.staff.organ_id:
        raise NotFound
    row = current_personal_key(staff_path(tree, staff))
    if row is None:
        raise Invalid("这位同事还没有设置口令。")
    if fingerprint(public_half(row)) != compared:
        raise Invalid("指纹已与核对时不同，没有授权。请与本人重新核对，并告知系统管理员。")
    path = key_path(tree, staff.organ_id)
    held = [(p, key) for p in purposes_for(staff.roles) if (key := actor.keyring.holding(path, p))]
    if not held:
        raise Invalid("没有可以授予的密钥。")
    with transaction.atomic():
        for purpose, key in held:
            grant_to_person(key, row, now=now)
            _audit(actor, "key_granted", staff, now, purpose=purpose)
    return tuple(purpose for purpose, _ in held)


def grant_to_person(key: OpenKey, row: VaultKey, *, now: dt.datetime) -> None:
    """Certify a personal key by the key about to be granted, unless it is vouched for, and grant."""
    try:
        certified = verify(row)
    except Tampered:
        certify(row, key)
        certified = verify(VaultKey.objects.get(pk=row.pk))
    grant(key, certified, now=now)


def _revoke_unneeded(staff: Staff, now: dt.datetime) -> None:
    Grant.objects.filter(to__path=staff_path(organ_tree(), staff), revoked_at__isnull=True).exclude(
        key__purpose__in=purposes_for(staff.roles)
    ).update(revoked_at=now)


def _invitation_hash(code: str) -> bytes:
    _, key = current_key(PurposeKey.Purpose.DEVICE)
    return keyed_hash(key, code, person="yanlu-invite")

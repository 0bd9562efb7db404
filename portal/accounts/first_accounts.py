"""The first administrators of a house, opened at the server's terminal: nobody is there to invite them."""

import datetime as dt

from django.db import IntegrityError, transaction

from portal.accounts.actions import INVITATION_LASTS, Invitation, invitation_hash
from portal.accounts.models import ROLE_LABELS, Staff
from portal.accounts.signed_in import key_owner
from portal.audit.actions import SYSTEM, record
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid
from portal.organs.queries import organ_tree
from portal.vault.keyring import current_personal_key
from portal.vault.primitives import new_secret

FIRST_ROLES = ("sysadmin", "secadmin", "auditor")
"""Those without keys: whoever runs the server can open these and learns nothing by it."""


def open_first_account(
    *, username: str, display_name: str, role: str, organ: str, now: dt.datetime | None = None
) -> Invitation:
    """The first administrator of a role at a topmost organ, with a one-time joining code.

    Again for the same account as long as its holder has not joined: the earlier code is void then.
    Raises `Invalid`, and `Forbidden` once the organ has an active account of the role: the desk opens more.
    """
    now = now or present()
    username = username.strip().lower()
    _check(username, display_name, role, organ)
    code = new_secret(10).hex()
    given = {"invitation_hash": invitation_hash(code), "invited_until": now + INVITATION_LASTS}
    with transaction.atomic():
        staff = _account(username, role, organ, now=now)
        staff.display_name = display_name.strip()
        for name, value in given.items():
            setattr(staff, name, value)
        try:
            staff.save()
        except IntegrityError:
            raise Invalid(fields={"username": "这个用户名已有人使用。"}) from None
        record(
            organ=organ,
            actor=SYSTEM,
            action="first_account_opened",
            object_kind="staff",
            object_id=staff.pk,
            detail={"roles": role},
            now=now,
        )
    return Invitation(staff, code)


def _check(username: str, display_name: str, role: str, organ: str) -> None:
    if role not in FIRST_ROLES:
        raise Invalid(fields={"role": f"只能是 {'、'.join(FIRST_ROLES)} 之一。"})
    if not 0 < len(username) <= 40 or username.split() != [username]:
        raise Invalid(fields={"username": "用户名应为 1 至 40 个字符，不含空格。"})
    if not 0 < len(display_name.strip()) <= 40:
        raise Invalid(fields={"name": "姓名应为 1 至 40 个字符。"})
    tops = organ_tree().topmost
    if organ not in tops:
        raise Invalid(
            fields={"organ": f"首个账号只能开在最上面的机关：{'、'.join(tops) or '（机关目录是空的）'}。"}
        )


def _account(username: str, role: str, organ: str, *, now: dt.datetime) -> Staff:
    """A new account of the role, or the one there is whose holder has not joined yet."""
    there = list(Staff.objects.select_for_update().filter(organ_id=organ, active=True, **{role: True}))
    if not there:
        return Staff(username=username, organ_id=organ, created_at=now, **{role: True})
    first = there[0]
    if len(there) == 1 and first.username == username and current_personal_key(key_owner(first)) is None:
        return first
    names = "、".join(one.username for one in there)
    raise Forbidden(f"{organ} 已有{ROLE_LABELS[role]}（{names}）：请由系统管理员登录后在“人员”页办理。")

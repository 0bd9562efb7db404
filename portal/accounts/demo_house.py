"""The demo vault: keys for every organ, and the demo staff everybody knows the passphrase of.

Its root key says that it is a demo in what it signs (`certificates.DEMO_ROOT_PATH`), so nothing of it can
ever pass for the real thing.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction

from portal.accounts.actions import purposes_for
from portal.accounts.admitting import grant_to_person
from portal.accounts.house_keys import Keys, found_keys
from portal.accounts.models import Staff
from portal.accounts.signed_in import staff_path
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault.certificates import DEMO_ROOT_PATH
from portal.vault.keys import certify, make_root
from portal.vault.locks import make_personal_key
from portal.vault.models import VaultKey
from portal.vault.pin import pin

Purpose = VaultKey.Purpose
PASSPHRASE = "yanlu-demo-1"  # noqa: S105  everybody may know it
HOUSE_NAMES = {
    "clerk": "登记员 何",
    "moderator": "审核员 吕",
    "moderator2": "审核员 施",
    "triager": "分流员 张",
    "triager2": "分流员 孔",
    "handler": "承办人 曹",
    "leader": "负责人 严",
    "supervisor": "监督员 华",
    "custodian": "保管员 金",
    "verifier": "核验员 魏",
}
ADMIN_NAMES = {"sysadmin": "系统管理员", "secadmin": "安全管理员", "auditor": "审计管理员"}
HOUSES = {"510100": "", "510104": "-county", "510000": "-province", "510000D": "-discipline"}


def build_demo_house(*, now: dt.datetime) -> list[str]:
    """Make root, organ keys, grants and demo staff, once; returns a line per step done."""
    if VaultKey.objects.filter(purpose=Purpose.ROOT).exists():
        return []
    tree = organ_tree()
    with transaction.atomic():
        root, fingerprint = make_root(path=DEMO_ROOT_PATH, now=now)
        settings.YANLU_ROOT_FINGERPRINT = fingerprint
        keys = found_keys(tree, root, staffed=HOUSES, now=now)
        count = _staff(tree, keys, now)
    pin(fingerprint)
    return [f"演示密钥：{len(keys)} 个机关密钥", f"演示人员：{count} 人，口令 {PASSPHRASE}"]


def _staff(tree: OrganTree, keys: Keys, now: dt.datetime) -> int:
    wanted = [
        (f"{name}{suffix}", label, organ, name.rstrip("2"))
        for organ, suffix in HOUSES.items()
        for name, label in HOUSE_NAMES.items()
    ]
    wanted += [(name, label, "510000", name) for name, label in ADMIN_NAMES.items()]
    for username, label, organ, role in wanted:
        staff = Staff.objects.create(
            username=username, display_name=label, organ_id=organ, created_at=now, **{role: True}
        )
        opened = make_personal_key(path=staff_path(tree, staff), passphrase=PASSPHRASE, now=now)
        row = VaultKey.objects.get(pk=opened.id)
        for purpose in purposes_for(staff.roles):
            grant_to_person(keys[(organ, purpose)], row, now=now)
        if row.certificate is None and role not in ADMIN_NAMES:
            certify(row, keys[(organ, Purpose.TRIAGE)])
    return len(wanted)

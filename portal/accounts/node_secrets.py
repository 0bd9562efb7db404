"""Renewing the node's own keys while it serves, on record in the chain of the organ at the top."""

import datetime as dt
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from portal.audit.actions import SYSTEM, record
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotReady
from portal.organs.queries import organ_tree
from portal.vault.master_keys import given_by_environment, master_keys, new_master_key, write_master_keys
from portal.vault.node_keys import rewrap_node_keys, unopened_node_keys
from portal.vault.purpose_keys import (
    RENEWABLE,
    make_next,
    retire_outlived,
    rewrap_stored,
    stored_keys_locked,
    unopened,
)

_MASTER = "master"
SETTLED_SECONDS = 60
"""For so long after a change of the file the old master key stays: work begun before it is done by then."""


@dataclass(frozen=True)
class Rewrapped:
    """What lies under the new master key now and did not before."""

    made: bool
    stored: int
    files: int


def rotate_purpose(*, purpose: str, actor: str = SYSTEM, now: dt.datetime | None = None) -> int:
    """A new version of one purpose's key for everything made from now on; returns its number.

    The older versions stay and open what they made. Raises `Invalid` for a purpose that is not renewed by
    itself, `NotReady` in a house without keys or organs.
    """
    now = now or present()
    if purpose not in RENEWABLE:
        raise Invalid(f"可更换的用途密钥：{'、'.join(RENEWABLE)}（lookup 随 receipt 一同更换）")
    with transaction.atomic():
        version = make_next(purpose, now=now)
        _audit(
            "purpose_key_made", f"{purpose}/{version}", {"node_key": purpose, "version": version}, actor, now
        )
    return version


def retire_outlived_keys(*, actor: str = SYSTEM, now: dt.datetime | None = None) -> list[tuple[str, int]]:
    """Destroy the versions that `retire_outlived` finds, one entry each; returns them."""
    now = now or present()
    with transaction.atomic():
        gone = retire_outlived(now=now)
        for purpose, version in gone:
            detail: dict[str, str | int] = {"node_key": purpose, "version": version}
            _audit("purpose_key_retired", f"{purpose}/{version}", detail, actor, now)
    return gone


def begin_master_rotation(*, actor: str = SYSTEM, now: dt.datetime | None = None) -> Rewrapped:
    """Put a new master key before the old one, and everything wrapped under it.

    Can be interrupted anywhere and be asked for again: it goes on where it stopped, and the house works
    meanwhile because both keys open. Where the keys come from the environment, they must already be two.
    Raises `Invalid`, `NotReady`, and `Tampered` for a key that no master key opens.
    """
    now = now or present()
    made = _begin_in_file()
    with transaction.atomic():
        stored = rewrap_stored()
        if stored:
            _audit("master_key_changed", _MASTER, {"count": stored}, actor, now)
    return Rewrapped(made, stored, rewrap_node_keys(now))


def _begin_in_file() -> bool:
    keys = master_keys()
    if len(keys) > 1:
        return False
    if given_by_environment():
        raise Invalid("主密钥由环境变量给出：请先在所有进程上设为“新密钥,旧密钥”，再运行本命令")
    _top_organ()  # nothing is begun that can't be put on record
    write_master_keys((new_master_key(), *keys))
    return True


def finish_master_rotation(*, actor: str = SYSTEM, now: dt.datetime | None = None) -> bool:
    """Give up the old master key, after making sure that nothing lies under it any more.

    True when the file was written; false where the keys come from the environment, which the operator
    changes next. Raises `Invalid` where no rotation is under way, or it is too early, or not complete.
    """
    now = now or present()
    keys = master_keys()
    if len(keys) < 2:
        raise Invalid("没有正在进行的主密钥更换")
    own = not given_by_environment()
    if own and time.time() - Path(settings.YANLU_MASTER_KEY_FILE).stat().st_mtime < SETTLED_SECONDS:
        raise Invalid(f"新主密钥刚刚换上，请在 {SETTLED_SECONDS} 秒后再运行")
    with transaction.atomic():
        stored_keys_locked()
        closed = [*unopened(keys[:1]), *unopened_node_keys(keys[:1])]
        if closed:
            raise Invalid(
                f"这些密钥还没有改用新主密钥：{'、'.join(closed)}。请再运行一次 rotate-master begin"
            )
        _audit("master_key_dropped", _MASTER, {}, actor, now)
    if own:
        write_master_keys(keys[:1])
    return own


def _top_organ() -> str:
    tree = organ_tree()
    top = [code for code in tree.topmost if code != tree.special_office]
    if not top:
        raise NotReady
    return min(top)


def _audit(action: str, what: str, detail: dict[str, str | int], actor: str, now: dt.datetime) -> None:
    record(
        organ=_top_organ(),
        actor=actor,
        action=action,
        object_kind="node",
        object_id=what,
        detail=detail,
        now=now,
    )

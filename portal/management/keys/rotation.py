"""`vault rotate-purpose`, `vault rotate-master`: renewing the node's own keys while it serves."""

from collections.abc import Callable

from django.core.management.base import CommandError

from portal.accounts.node_secrets import begin_master_rotation, finish_master_rotation, rotate_purpose
from portal.common.errors import Refusal
from portal.vault.purpose_keys import RENEWABLE

Say = Callable[[str], object]


def renew_purpose(say: Say, *, what: str) -> None:
    """The next version of one purpose key, or of `all`. Raises `CommandError`."""
    try:
        for purpose in RENEWABLE if what == "all" else [what]:
            version = rotate_purpose(purpose=purpose)
            say(f"{purpose}：新来件从现在起用第 {version} 版，旧版继续有效")
    except Refusal as refusal:
        raise CommandError(refusal.detail) from None


def begin_master(say: Say) -> None:
    """Put a new master key before the old one and wrap everything under it. Raises `CommandError`."""
    try:
        done = begin_master_rotation()
    except Refusal as refusal:
        raise CommandError(refusal.detail) from None
    say("已换上新主密钥，旧的暂时保留" if done.made else "主密钥已是两把，继续上次的更换")
    say(f"改用新主密钥：用途密钥 {done.stored} 个，节点密钥 {done.files} 个")


def finish_master(say: Say) -> None:
    """Take the old master key out once everything opens under the new one. Raises `CommandError`."""
    try:
        dropped = finish_master_rotation()
    except Refusal as refusal:
        raise CommandError(refusal.detail) from None
    if dropped:
        say("旧主密钥已删除。用旧主密钥时期的备份，恢复时仍需要它")
    else:
        say("全部密钥已在新主密钥之下，可以把环境变量改为只有新主密钥")

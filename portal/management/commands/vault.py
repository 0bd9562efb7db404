"""`manage.py vault`: the node's secrets. The root's ceremony belongs to the keyholders."""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.accounts.node_secrets import begin_master_rotation, finish_master_rotation, rotate_purpose
from portal.common.clock import now
from portal.common.errors import NotReady, Refusal
from portal.vault.mark import mode_problem, record_birth
from portal.vault.node_keys import unopened_node_keys
from portal.vault.purpose_keys import RENEWABLE, make_missing, unopened

SECRETS = {"master.key": "YANLU_MASTER_KEY", "cookie.key": "YANLU_COOKIE_KEY"}


def _given(variable: str) -> bool:
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


def _ensure(path: Path) -> bool:
    """Write a new 256-bit secret unless the file is there; true when it was made."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    return True


class Command(BaseCommand):
    """Makes what is missing and changes nothing that is there."""

    help = (
        "节点密钥：vault mode（核对演示与正式），vault init（文件密钥），vault keys（数据库内的用途密钥），"
        "vault rotate-purpose 用途|all，vault rotate-master begin|finish"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and to what."""
        parser.add_argument("act", choices=["mode", "init", "keys", "rotate-purpose", "rotate-master"])
        parser.add_argument("what", nargs="?", default="", help="用途|all，或 begin|finish")

    def handle(self, *args: Any, **options: Any) -> None:
        """`mode` and `init` work before there is a database; `keys` fills the tables after migrating.

        Raises `CommandError`: the mode is another, the tables are missing, a key does not open.
        """
        if options["act"].startswith("rotate-"):
            self._rotate(options["act"], options["what"])
            return
        {"mode": self._mode, "init": self._init, "keys": self._keys}[options["act"]]()

    def _mode(self) -> None:
        problem = mode_problem()
        if problem:
            raise CommandError(problem)

    def _init(self) -> None:
        try:
            record_birth()
        except ImproperlyConfigured as problem:
            raise CommandError(str(problem)) from None
        folder = Path(settings.YANLU_SECRETS_DIR)
        for name, variable in SECRETS.items():
            if not _given(variable) and _ensure(folder / name):
                self.stdout.write(f"已生成 {name}")
        Path(settings.YANLU_DATA_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)

    def _keys(self) -> None:
        if "vault_purpose_key" not in connection.introspection.table_names():
            raise CommandError("数据库尚未迁移，请先运行 migrate")
        try:
            closed = [*unopened(), *unopened_node_keys()]
            if closed:
                raise CommandError(f"主密钥打不开这些密钥：{'、'.join(closed)}。请核对 YANLU_MASTER_KEY")
            made = make_missing(now=now())
        except NotReady:
            raise CommandError("没有主密钥，请先运行 vault init") from None
        for purpose in made:
            self.stdout.write(f"已生成用途密钥 {purpose}")

    def _rotate(self, act: str, what: str) -> None:
        turns = {"begin": self._begin, "finish": self._finish}
        try:
            if act == "rotate-purpose":
                for purpose in RENEWABLE if what == "all" else [what]:
                    version = rotate_purpose(purpose=purpose)
                    self.stdout.write(f"{purpose}：新来件从现在起用第 {version} 版，旧版继续有效")
            elif what in turns:
                turns[what]()
            else:
                raise CommandError("rotate-master 之后请写 begin 或 finish")
        except Refusal as refusal:
            raise CommandError(refusal.detail) from None

    def _begin(self) -> None:
        done = begin_master_rotation()
        self.stdout.write("已换上新主密钥，旧的暂时保留" if done.made else "主密钥已是两把，继续上次的更换")
        self.stdout.write(f"改用新主密钥：用途密钥 {done.stored} 个，节点密钥 {done.files} 个")

    def _finish(self) -> None:
        if finish_master_rotation():
            self.stdout.write("旧主密钥已删除。用旧主密钥时期的备份，恢复时仍需要它")
        else:
            self.stdout.write("全部密钥已在新主密钥之下，可以把环境变量改为只有新主密钥")

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

from portal.common.clock import now
from portal.common.errors import NotReady
from portal.vault.mark import mode_problem, record_birth
from portal.vault.node_keys import unopened_node_keys
from portal.vault.purpose_keys import make_missing, unopened

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

    help = "节点密钥：vault mode（核对演示与正式），vault init（文件密钥），vault keys（数据库内的用途密钥）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word: what to do."""
        parser.add_argument("act", choices=["mode", "init", "keys"])

    def handle(self, *args: Any, **options: Any) -> None:
        """`mode` and `init` work before there is a database; `keys` fills the tables after migrating.

        Raises `CommandError`: the mode is another, the tables are missing, a key does not open.
        """
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

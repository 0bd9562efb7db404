"""`manage.py vault init`: the node's secrets. The root's ceremony belongs to the keyholders."""

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from portal.common.clock import now
from portal.vault.purpose_keys import make_missing


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

    help = "建立节点密钥：vault init（文件密钥），vault keys（数据库内的用途密钥）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word: what to do."""
        parser.add_argument("act", choices=["init", "keys"])

    def handle(self, *args: Any, **options: Any) -> None:
        """`init` works before there is a database; `keys` fills the tables after migrating."""
        if options["act"] == "init":
            folder = Path(settings.YANLU_SECRETS_DIR)
            for name in ("master.key", "cookie.key"):
                if _ensure(folder / name):
                    self.stdout.write(f"已生成 {name}")
            Path(settings.YANLU_DATA_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
            return
        if "vault_purpose_key" not in connection.introspection.table_names():
            self.stderr.write("数据库尚未迁移，请先运行 migrate")
            return
        for purpose in make_missing(now=now()):
            self.stdout.write(f"已生成用途密钥 {purpose}")

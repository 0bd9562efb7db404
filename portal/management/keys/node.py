"""`vault mode`, `vault init`, `vault keys`: the node's own secrets."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import connection

from portal.common.clock import now
from portal.common.errors import NotReady
from portal.vault.mark import mode_problem, record_birth
from portal.vault.node_keys import unopened_node_keys
from portal.vault.purpose_keys import make_missing, unopened

SECRETS = {"master.key": "YANLU_MASTER_KEY", "cookie.key": "YANLU_COOKIE_KEY"}
Say = Callable[[str], object]


def check_mode() -> None:
    """Raises `CommandError` where the house was born otherwise than `YANLU_DEMO` says."""
    problem = mode_problem()
    if problem:
        raise CommandError(problem)


def make_secrets(say: Say) -> None:
    """Make the secret files that are missing; works before there is a database. Raises `CommandError`."""
    try:
        record_birth()
    except ImproperlyConfigured as problem:
        raise CommandError(str(problem)) from None
    folder = Path(settings.YANLU_SECRETS_DIR)
    for name, variable in SECRETS.items():
        if not _given(variable) and _ensure(folder / name):
            say(f"已生成 {name}")
    Path(settings.YANLU_DATA_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)


def make_purpose_keys(say: Say) -> None:
    """Fill the tables after migrating. Raises `CommandError`: no tables, or a key there does not open."""
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
        say(f"已生成用途密钥 {purpose}")


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

"""`manage.py organ`: organs added, ended, moved, named otherwise, with the day from which it holds."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from portal.audit.actions import SYSTEM, record
from portal.organs import actions
from portal.organs.queries import organ_tree
from portal.organs.tree import BrokenTree, UnknownOrgan


def _audit(action: str, code: str) -> None:
    record(organ=code, actor=SYSTEM, action=action, object_kind="organ", object_id=code)


class Command(BaseCommand):
    """One act a call, on record in the chain of the organ it is about."""

    help = "机关变动：organ add（新设）、end（撤销或并入）、move（改变隶属）、alias（别名）、show（查看）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """An act with what it takes."""
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="新设基层院或市级院")
        add.add_argument("code")
        add.add_argument("--name", required=True, help="全称")
        add.add_argument("--level", choices=["prefecture", "county"], default="county")
        add.add_argument("--parent", required=True, help="上级院代码")
        add.add_argument("--division", default="", help="行政区划名称；没有的不填")
        add.add_argument("--from", dest="day", type=dt.date.fromisoformat, help="启用日期")
        end = acts.add_parser("end", help="撤销；有继任单位的写明")
        end.add_argument("code")
        end.add_argument("--last-day", dest="day", type=dt.date.fromisoformat, required=True)
        end.add_argument("--successor", help="承接其工作的院")
        move = acts.add_parser("move", help="改变隶属")
        move.add_argument("code")
        move.add_argument("--parent", required=True)
        move.add_argument("--from", dest="day", type=dt.date.fromisoformat, required=True)
        alias = acts.add_parser("alias", help="增加别名")
        alias.add_argument("code")
        alias.add_argument("name")
        acts.add_parser("show", help="查看一个院的隶属").add_argument("code")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Raises `CommandError` with what is wrong; then nothing has changed."""
        try:
            with transaction.atomic():
                self._do(options["act"], options)
        except UnknownOrgan as unknown:
            raise CommandError(f"没有这个机关代码：{unknown}") from None
        except (BrokenTree, ValueError, IntegrityError) as wrong:
            raise CommandError(f"不能这样变动：{wrong}") from None

    def _do(self, act: str, given: dict[str, Any]) -> None:
        code = given["code"]
        if act == "add":
            actions.add_organ(
                code=code,
                name=given["name"],
                level=given["level"],
                parent=given["parent"],
                division_name=given["division"],
                valid_from=given["day"],
            )
            _audit("organ_added", code)
        elif act == "end":
            actions.retire_organ(code=code, last_day=given["day"], renamed_to=given["successor"])
            _audit("organ_ended", code)
        elif act == "move":
            actions.move_organ(code=code, parent=given["parent"], on=given["day"])
            _audit("organ_moved", code)
        elif act == "alias":
            actions.add_alias(code=code, name=given["name"])
            _audit("organ_named", code)
        self._show(code)

    def _show(self, code: str) -> None:
        tree = organ_tree()
        node = tree.node(code)
        line = " ← ".join(tree.node(one).display_name for one in tree.chain(code))
        self.stdout.write(f"{code} {node.name}（{'在用' if node.in_force else '不在用'}）：{line}")
        if node.renamed_to:
            self.stdout.write(f"承接单位：{tree.node(node.renamed_to).display_name}")
        self.stdout.write("密钥在有权办理的人下次登录时建立或更新；见 manage.py vault status。")

"""`manage.py vault`: the node's secrets, the keyholders' root, and how the keys stand."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portal.management.keys import ceremony, directory, node, root, rotation, status
from portal.management.terminal import Console
from portal.vault.cards import NUMBERS


class Command(BaseCommand):
    """Dispatches; each act is explained where it is done, in `portal.management.keys`."""

    help = "密钥：节点密钥、根密钥仪式、更新、换卡、状态"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One word for what to do, and what that needs."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        acts.add_parser("mode", help="核对演示与正式")
        acts.add_parser("init", help="生成缺少的密钥文件")
        acts.add_parser("keys", help="生成数据库内缺少的用途密钥")
        founding = acts.add_parser("ceremony", help="三位持有人建立根密钥和所有机关的密钥")
        founding.add_argument("--cards", type=Path, required=True, metavar="DIR", help="写出三张卡片的空目录")
        renewing = acts.add_parser("renew", help="两位持有人更新最上面的机关的密钥，或者放行那里的人")
        _two_cards(renewing)
        renewing.add_argument("--organ", default="", metavar="CODE", help="只办这个机关")
        renewing.add_argument("--admit", action="append", default=[], metavar="USERNAME", help="放行的人")
        replacing = acts.add_parser("replace-card", help="两位持有人为一位持有人换卡")
        replacing.add_argument("number", type=int, choices=NUMBERS)
        _two_cards(replacing)
        replacing.add_argument("--new", type=Path, required=True, metavar="DIR", help="写出新卡片的目录")
        showing = acts.add_parser("status", help="密钥的状态")
        showing.add_argument("--organ", default="", metavar="CODE", help="一个机关的详情")
        showing.add_argument("--all", action="store_true", help="所有机关")
        showing.add_argument("--json", action="store_true", help="供程序读取")
        purpose = acts.add_parser("rotate-purpose", help="更新一种用途密钥，或 all")
        purpose.add_argument("what", metavar="PURPOSE")
        master = acts.add_parser("rotate-master", help="更换主密钥")
        master.add_argument("what", choices=["begin", "finish"])
        acts.add_parser("accept-directory", help="恢复备份后，以数据库中的密钥目录为准")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises `CommandError` with the reason where something is refused."""
        say, act = self.stdout.write, options["act"]
        if act == "mode":
            node.check_mode()
        elif act == "init":
            node.make_secrets(say)
        elif act == "keys":
            node.make_purpose_keys(say)
        elif act == "rotate-purpose":
            rotation.renew_purpose(say, what=options["what"])
        elif act == "rotate-master":
            (rotation.begin_master if options["what"] == "begin" else rotation.finish_master)(say)
        elif act == "status":
            status.show(say, organ=options["organ"], everything=options["all"], as_json=options["json"])
        else:
            self._with_people(act, options)

    def _with_people(self, act: str, options: dict[str, Any]) -> None:
        node.check_mode()
        terminal = Console(self.stdout.write)
        if act == "ceremony":
            ceremony.hold_ceremony(terminal, folder=options["cards"])
        elif act == "renew":
            root.renew(terminal, card_files=options["cards"], organ=options["organ"], admit=options["admit"])
        elif act == "replace-card":
            root.change_card(
                terminal, number=options["number"], card_files=options["cards"], folder=options["new"]
            )
        else:
            directory.accept(terminal)


def _two_cards(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--cards", type=Path, action="append", required=True, metavar="FILE", help="卡片文件，给两次"
    )

"""`manage.py account`: the very first administrators of a house."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.first_accounts import FIRST_ROLES, open_first_account
from portal.accounts.models import ROLE_LABELS
from portal.common.clock import local_date
from portal.common.errors import NotReady, Refusal


class Command(BaseCommand):
    """Opens an account once; everybody else is invited at the desk."""

    help = "开立首个系统管理员、安全管理员或审计管理员，并给出一次性加入码"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, in which role, where."""
        parser.add_argument("username", help="用户名")
        parser.add_argument("--role", required=True, choices=FIRST_ROLES)
        parser.add_argument("--organ", required=True, metavar="CODE", help="机关代码，如 510000")
        parser.add_argument("--name", required=True, help="姓名")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the code, once. Raises `CommandError` with the reason of a refusal."""
        try:
            invitation = open_first_account(
                username=options["username"],
                display_name=options["name"],
                role=options["role"],
                organ=options["organ"],
            )
        except NotReady:
            raise CommandError("节点密钥缺失，请先运行 vault init 和 vault keys") from None
        except Refusal as refusal:
            raise CommandError("；".join(refusal.fields.values()) or refusal.detail) from None
        staff, until = invitation.staff, invitation.staff.invited_until
        self.stdout.write(
            f"已开立{ROLE_LABELS[options['role']]}账号 {staff.username}（{staff.display_name}）"
        )
        self.stdout.write(f"加入码（只显示这一次，请当面交给本人）：{invitation.code}")
        if until is not None:
            self.stdout.write(f"请本人于 {local_date(until):%Y-%m-%d} 前打开 /desk/join/ 设定口令。")

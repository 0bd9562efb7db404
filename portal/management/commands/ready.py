"""`manage.py ready`: would a report be taken now?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.public.readiness import what_is_missing

WHY = {
    "database": "数据库无法访问",
    "organs": "没有可用的机关目录，请先运行 load_reference",
    "secrets": "节点密钥缺失或者打不开，请先运行 vault keys",
    "keys": "各院的收件密钥尚未建立",
}


class Command(BaseCommand):
    """The same question as `/readyz`, for a terminal."""

    help = "现在能否接收来件；不能的，说明原因（退出码 1）"

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises `CommandError` with the reason."""
        missing = what_is_missing()
        if missing:
            raise CommandError(f"现在还不能接收来件：{WHY[missing]}")
        self.stdout.write("可以接收来件")

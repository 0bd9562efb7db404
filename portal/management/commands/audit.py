"""`manage.py audit verify|export`: does every chain of the log hold; its sealed heads, to be kept outside."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.models import StaffSession
from portal.audit.heads_file import file_fingerprint, heads_text, key_fingerprint, read_heads
from portal.audit.models import AuditHead
from portal.audit.queries import verify_all
from portal.audit.seal_check import sealed_days, unsealed_spans
from portal.audit.seals import audit_public_keys, newest_seals, seals_since
from portal.common.clock import local_date, now
from portal.common.errors import Refusal
from portal.intake.models import Report

_MOST_DAYS = 36_500


class Command(BaseCommand):
    """Walks every organ's chain and names what is wrong; writes the sealed heads to a file."""

    help = "校验审计日志：audit verify [--heads 文件 …]；导出已封签的链头：audit export --out 文件"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which files."""
        parser.add_argument("act", choices=["verify", "export"])
        parser.add_argument("--heads", nargs="+", type=Path, default=[], help="verify：对照此前导出的链头")
        parser.add_argument("--out", type=Path, help="export：写入哪个文件（不覆盖已有文件）")
        parser.add_argument(
            "--days", type=int, default=0, help="export：最近多少天的全部封签；默认各院最新一枚"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Raises `CommandError` (exit 1) when something is wrong."""
        try:
            if options["act"] == "verify":
                self._verify(options["heads"])
            else:
                self._export(options["out"], options["days"])
        except Refusal as refusal:
            raise CommandError(refusal.detail) from None

    def _verify(self, paths: list[Path]) -> None:
        files = [read_heads(path) for path in paths]
        for path in paths:
            self.stdout.write(f"{path.name} 的 SHA-256：{file_fingerprint(path.read_bytes())}")
        count, broken = verify_all(organs_with_recorded_acts(), files=files)
        for problem in broken:
            self.stdout.write(str(problem))
        self._remark()
        if broken:
            raise CommandError(f"审计日志有 {len(broken)} 处不符")
        self.stdout.write(f"{count} 条审计链完整")

    def _remark(self) -> None:
        """What is no fault but should be known."""
        days = sealed_days()
        if not days:
            self.stdout.write("提示：还没有封签；由 manage.py housekeeping 每天封签一次")
        for first, last in unsealed_spans(days):
            span = first.isoformat() if first == last else f"{first.isoformat()} 至 {last.isoformat()}"
            self.stdout.write(f"提示：{span} 没有封签，当时服务是否停运？")

    def _export(self, out: Path | None, days: int) -> None:
        if out is None:
            raise CommandError("请用 --out 指定文件")
        organs = frozenset(AuditHead.objects.values_list("organ_id", flat=True))
        since = local_date(now()) - dt.timedelta(days=min(days, _MOST_DAYS))
        seals = seals_since(since) if days > 0 else list(newest_seals(organs).values())
        if not seals:
            raise CommandError("还没有封签，请先运行 manage.py housekeeping")
        text = heads_text(seals, made_at=now())
        try:
            with out.open("x", encoding="ascii") as file:
                file.write(text)
        except OSError as problem:
            raise CommandError(f"{out} 无法写入：{problem.strerror}") from None
        self.stdout.write(f"已导出 {len(seals)} 枚封签。请把文件交由本机以外保管，并抄录：")
        self.stdout.write(f"SHA-256：{file_fingerprint(text.encode())}")
        for version, key in audit_public_keys().items():
            self.stdout.write(f"第 {version} 版公钥指纹：{key_fingerprint(key)}")


def organs_with_recorded_acts() -> frozenset[str]:
    """Organs that must have a chain: those that hold reports, and those whose staff are signed in."""
    holders = Report.objects.order_by().values_list("holder_id", flat=True).distinct()
    at_work = StaffSession.objects.order_by().values_list("staff__organ_id", flat=True).distinct()
    return frozenset(holders) | frozenset(at_work)

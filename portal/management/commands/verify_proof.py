"""`manage.py verify_proof`: do this original, this receipt and this proof belong together?"""

from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.vault.primitives import Tampered
from portal.vault.proof import check_proof
from portal.vault.receipts import parsed


class Command(BaseCommand):
    """Reads files and asks for the receipt, so that it stays out of the shell's history."""

    help = "核验收件证明：原文文件、证明文件和回执号三者是否相符"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two files."""
        parser.add_argument("--original", required=True, type=Path, help="下载的原文（JSON）")
        parser.add_argument("--proof", required=True, type=Path, help="收件证明（文本）")
        parser.add_argument("--receipt-file", type=Path, help="回执号所在文件；不给则提示输入")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print when it was filed. Raises `CommandError` when the three do not belong together."""
        file: Path | None = options["receipt_file"]
        try:
            typed = _text(file) if file else getpass("回执号：")
            original = _text(options["original"]).encode()
            text = _text(options["proof"])
        except (OSError, UnicodeDecodeError):
            raise CommandError("文件无法读取") from None
        digits = parsed(typed)
        if digits is None:
            raise CommandError("回执号不正确")
        try:
            proof = check_proof(text, digits=digits, canonical=original)
        except Tampered:
            raise CommandError("核验不通过：原文、回执与证明不相符，或证明不是本系统出具") from None
        self.stdout.write(f"核验通过：收件时间 {proof.received_at.isoformat()}")


def _text(file: Path) -> str:
    """What a file says, without what editors add around it: a byte order mark, a last line break."""
    return file.read_bytes().decode("utf-8").removeprefix("\ufeff").rstrip()

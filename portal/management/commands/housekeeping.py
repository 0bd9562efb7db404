"""`manage.py housekeeping`: what goes by the clock: destroying, locking, sealing the log's heads."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from portal.accounts.tasks import (
    clear_factors,
    clear_sessions,
    destroy_node_keys,
    expire_old_drafts,
    forget_overwritten,
    lock_sessions,
    retire_keys,
    seal_audit_heads,
)
from portal.identity.tasks import end_identity_requests

TASKS: dict[str, Callable[[], None]] = {
    "destroy_node_keys": destroy_node_keys,
    "lock_sessions": lock_sessions,
    "retire_keys": retire_keys,
    "seal_audit_heads": seal_audit_heads,
    "clear_sessions": clear_sessions,
    "expire_old_drafts": expire_old_drafts,
    "end_identity_requests": end_identity_requests,
    "clear_factors": clear_factors,
    "forget_overwritten": forget_overwritten,
}

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """A process of its own instead of rows in the database that say what to run, and when."""

    help = "销毁过期的密钥，锁定闲置的会话，为审计链头封签，清理过期的会话和草稿"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How often, if not once."""
        parser.add_argument(
            "--every", type=int, metavar="SECONDS", help="每隔若干秒执行一次，直到收到 SIGTERM"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run everything now; a failure is exit 1. With `--every`, again and again, whatever fails."""
        every: int | None = options["every"]
        if every is None:
            failed = _run_all()
            if failed:
                raise CommandError(f"未能完成：{'、'.join(failed)}")
            return
        if every < 1:
            raise CommandError("--every 应为正整数")
        _run_until_stopped(every)


def _run_all() -> list[str]:
    """Each task, whatever became of the others; the names of those that failed."""
    failed = []
    for name, task in TASKS.items():
        try:
            task()
        except Exception:
            log.exception("housekeeping: %s failed", name)
            failed.append(name)
    return failed


def _run_until_stopped(every: int) -> None:
    """Returns after SIGTERM or Ctrl-C, when the round that was running has ended."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not stopped.is_set():
            close_old_connections()
            _run_all()
            stopped.wait(every)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

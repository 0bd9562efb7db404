"""`manage.py worker`: the background worker, in a form that ends cleanly when told to.

Whoever ends the processes of a machine (honcho, systemd, a terminal) signals the whole group at once.
django-q2 expects SIGTERM at its first process only: a guard that dies of it while waiting for the word to
stop leaves that first process waiting for the dead for ever, until SIGKILL. So here only the first process
hears SIGTERM and passes the word on; a task that is running is finished first. A task beyond its time
still ends by SIGALRM.
"""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

from portal.vault.mark import refuse_wrong_mode

_TERM = {signal.SIGTERM}


class _StopsOnce(Cluster):  # type: ignore[misc]  # django-q2 has no types
    """Told twice to stop, it stops once."""

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        """End everything in order; further signals come to nothing."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        super().sig_handler(signum, frame)


class Command(BaseCommand):
    """Works until SIGTERM or Ctrl-C."""

    help = "执行后台任务，直到收到 SIGTERM"

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the processes with SIGTERM held back, which they inherit; then hear it here alone.

        Raises `ImproperlyConfigured` where the house and `YANLU_DEMO` do not belong together.
        """
        refuse_wrong_mode()
        signal.pthread_sigmask(signal.SIG_BLOCK, _TERM)
        cluster = _StopsOnce()
        cluster.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERM)

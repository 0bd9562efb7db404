"""What `manage.py housekeeping` does every hour."""

from django.contrib.sessions.models import Session
from django.core.management import call_command

from portal.accounts.factor_tries import forget_old_tries
from portal.accounts.factors import forget_unfinished
from portal.accounts.models import StaffSession
from portal.common.clock import now
from portal.common.sqlite.wal import fold_wal
from portal.vault.node_keys import destroy_expired


def clear_sessions() -> None:
    """Delete ended sessions and the list entries of sessions that are gone."""
    call_command("clearsessions")
    alive = Session.objects.values("session_key")
    StaffSession.objects.exclude(session_key__in=alive).delete()


def destroy_node_keys() -> None:
    """Destroy the node keys that are older than 72 hours."""
    destroy_expired(now())


def forget_overwritten() -> None:
    """Fold SQLite's log, in case it was busy when something was sealed anew."""
    fold_wal()


def clear_factors() -> None:
    """Delete second factors nobody finished registering, old challenges, and failures of a week ago."""
    forget_unfinished(now())
    forget_old_tries(now())

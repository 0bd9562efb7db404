"""What `manage.py housekeeping` does every few minutes."""

from django.contrib.sessions.models import Session
from django.core.management import call_command

from portal.accounts.drafts import expire_drafts
from portal.accounts.factor_tries import forget_old_tries
from portal.accounts.factors import forget_unfinished
from portal.accounts.models import StaffSession
from portal.accounts.node_secrets import retire_outlived_keys
from portal.accounts.sessions import lock_idle_sessions
from portal.audit.seals import seal_heads
from portal.common.clock import now
from portal.common.sqlite.wal import fold_wal
from portal.vault.node_keys import destroy_expired


def clear_sessions() -> None:
    """Delete ended sessions and the list entries of sessions that are gone."""
    call_command("clearsessions")
    alive = Session.objects.values("session_key")
    StaffSession.objects.exclude(session_key__in=alive).delete()


def lock_sessions() -> None:
    """Lock the sessions nobody has touched for too long: their keys must not lie about."""
    lock_idle_sessions(now=now())


def expire_old_drafts() -> None:
    """Forget drafts nobody has come back to for 72 hours."""
    expire_drafts(now())


def destroy_node_keys() -> None:
    """Destroy the node keys that are older than 72 hours."""
    destroy_expired(now())


def retire_keys() -> None:
    """Destroy the versions of purpose keys that nothing needs any more."""
    retire_outlived_keys()


def seal_audit_heads() -> None:
    """Seal the head of every organ's chain, in the first round of each day."""
    seal_heads()


def forget_overwritten() -> None:
    """Fold SQLite's log, in case it was busy when something was sealed anew."""
    fold_wal()


def clear_factors() -> None:
    """Delete second factors nobody finished registering, old challenges, and failures of a week ago."""
    forget_unfinished(now())
    forget_old_tries(now())

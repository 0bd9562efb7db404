"""What `manage.py housekeeping` does every hour."""

from portal.common.clock import now
from portal.identity.actions import end_expired, take_stray_halves


def end_identity_requests() -> None:
    """End the requests whose time is over, and delete halves that nobody stands behind."""
    end_expired(now=now())
    take_stray_halves()

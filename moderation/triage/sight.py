"""Whether somebody may know of an item: asked before anything they typed about it is kept."""

from uuid import UUID

from moderation.triage.queries import visible_to
from portal.accounts.models import Staff


def in_sight(*, staff: Staff, about: UUID) -> bool:
    """Whether they see this item; its row is locked, so a lift waits for what is being kept and drops it."""
    return visible_to(staff).select_for_update().filter(pk=about).first() is not None

"""Whether somebody may know of an event: asked before anything they typed about it is kept."""

from uuid import UUID

from moderation.forum.queries import visible_to
from portal.accounts.models import Staff


def in_sight(*, staff: Staff, about: UUID) -> bool:
    """Whether this is an event they see. Events never leave anybody's sight."""
    return visible_to(staff).filter(pk=about).exists()

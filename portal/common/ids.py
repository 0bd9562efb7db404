"""Identifiers that say nothing: no order, no count, no time."""

import uuid


def new_id() -> uuid.UUID:
    """A random id; sequential ids would tell one organ how much another receives."""
    return uuid.uuid4()

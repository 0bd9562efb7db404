"""Putting on record that somebody changed the store behind Yanlu's back."""

import logging

from django.core.cache import cache
from django.db import DatabaseError, transaction

from portal.audit.actions import SYSTEM, record
from portal.organs.models import Organ

logger = logging.getLogger(__name__)
_QUIET_SECONDS = 3600
"""The same thing is put on record once an hour, however often it is met."""


def tampering_noticed(*, what: str, object_id: str, owner: str) -> None:
    """One line in the chain of the organ whose key it is, else in that of the topmost one.

    Where the caller's transaction is undone afterwards the entry goes with it; the line in the server's log
    stays.
    """
    logger.error("changed by somebody else: %s %s", what, object_id)
    if cache.get(_seen(what, object_id)):
        return
    try:
        with transaction.atomic():
            organ = _concerned(owner)
            if organ is None:
                return
            record(
                organ=organ, actor=SYSTEM, action="tampering_noticed", object_kind=what, object_id=object_id
            )
    except DatabaseError:
        logger.exception("the log takes no entry")
        return
    transaction.on_commit(lambda: cache.set(_seen(what, object_id), 1, _QUIET_SECONDS))


def _seen(what: str, object_id: str) -> str:
    return f"tampering:{what}:{object_id}"


def _concerned(owner: str) -> str | None:
    top = Organ.objects.filter(parent__isnull=True, kind="procuratorate").order_by("code")
    found = Organ.objects.filter(code=owner).first() or top.first()
    return found.code if found else None

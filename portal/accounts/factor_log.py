"""What the log says of second factors: which kind, by its fixed word, and never with what."""

import datetime as dt

from django.db import transaction

from portal.accounts.half_session import FactorOwner
from portal.audit.actions import record


def audit_factor(owner: FactorOwner, action: str, factor: str, now: dt.datetime) -> None:
    """Put on record what became of one of a person's factors; `factor` is a kind or a label."""
    with transaction.atomic():
        record(
            organ=owner.staff.organ_id,
            actor=owner.staff.username,
            action=action,
            object_kind="staff",
            object_id=owner.staff.pk,
            detail={"factor": factor},
            now=now,
        )

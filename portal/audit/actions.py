"""Writing the log: always inside the transaction of the act itself."""

import datetime as dt
import json
from collections.abc import Mapping

from django.db import transaction

from portal.audit.models import AuditEntry, AuditHead
from portal.common.clock import now as present
from portal.vault.primitives import digest

GENESIS = bytes(32)
PUBLIC = "public"
"""The actor of a reporter's acts: who they are is nobody's business here."""
SYSTEM = "system"
KEYHOLDERS = "keyholders"
"""The actor of what takes keyholders with their cards."""


def chain_link(entry: AuditEntry, before: bytes) -> bytes:
    """The hash that binds an entry to everything before it in its organ's chain."""
    return digest(
        before,
        entry.organ_id,
        entry.sequence,
        entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.object_kind,
        entry.object_id,
        json.dumps(entry.detail, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
        person="yanlu-audit",
    )


def record(
    *,
    organ: str,
    actor: str,
    action: str,
    object_kind: str,
    object_id: object,
    detail: Mapping[str, str | int | bool | None] | None = None,
    now: dt.datetime | None = None,
) -> AuditEntry:
    """Append one entry to the organ's chain, atomically with the caller's change.

    `detail` takes ids, counts and words from closed lists only. Writers of one organ queue on its head.
    """
    with transaction.atomic(savepoint=False):  # it stands or falls with the caller's change
        head = AuditHead.objects.select_for_update().filter(organ_id=organ).first()
        if head is None:
            AuditHead.objects.get_or_create(organ_id=organ, defaults={"link": GENESIS})
            head = AuditHead.objects.select_for_update().get(organ_id=organ)
        entry = AuditEntry(
            organ_id=organ,
            sequence=head.sequence + 1,
            at=now or present(),
            actor=actor,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            detail=dict(detail or {}),
        )
        entry.link = chain_link(entry, bytes(head.link))
        entry.save(force_insert=True)
        AuditHead.objects.filter(organ_id=organ).update(sequence=entry.sequence, link=entry.link)
    return entry

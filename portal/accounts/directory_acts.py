"""Taking the key directory as the database has it, after a backup was restored."""

import datetime as dt

from django.db import transaction

from portal.audit.actions import SYSTEM, record
from portal.common.clock import now as present
from portal.organs.queries import organ_tree
from portal.vault import remembered
from portal.vault.certificates import public_half
from portal.vault.models import VaultKey


def accept_directory(*, now: dt.datetime | None = None) -> int:
    """Replace what this node remembers by the keys in force; returns how many are remembered.

    Whoever decides this has made sure where the database comes from. It is put on record at the top.
    """
    now = now or present()
    rows = VaultKey.objects.filter(superseded_at__isnull=True, generation__gt=1)
    found = {
        f"{row.owner} {row.purpose}": (row.generation, remembered.print_of(public_half(row))) for row in rows
    }
    with transaction.atomic():
        record(
            organ=organ_tree().topmost[0],
            actor=SYSTEM,
            action="directory_accepted",
            object_kind="key",
            object_id="directory",
            detail={"count": len(found)},
            now=now,
        )
        remembered.accept(found)
    return len(found)

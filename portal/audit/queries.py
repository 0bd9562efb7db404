"""Reading and verifying the log."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet

from portal.audit.chain import check_chain
from portal.audit.findings import CHAIN_MISSING, HEADLESS, Broken
from portal.audit.heads_file import HeadsFile
from portal.audit.models import AuditEntry, AuditHead, AuditSeal
from portal.audit.seal_check import anchors_of, check_days, check_file, check_house, check_seals, sealed_days
from portal.audit.seals import Seal, audit_public_keys, seal_of
from portal.common.clock import local_date
from portal.common.clock import now as present


def entries_of(organs: frozenset[str]) -> QuerySet[AuditEntry]:
    """The entries in these organs' chains."""
    return AuditEntry.objects.filter(organ_id__in=organs)


def history_of(*, kind: str, object_id: object, organs: frozenset[str]) -> QuerySet[AuditEntry]:
    """What was done to one object, as far as these organs' chains tell, oldest first."""
    return entries_of(organs).filter(object_kind=kind, object_id=str(object_id)).order_by("at", "sequence")


def verify_all(
    expected: frozenset[str] = frozenset(),
    *,
    files: Iterable[HeadsFile] = (),
    now: dt.datetime | None = None,
) -> tuple[int, list[Broken]]:
    """How many chains there are, and everything that is wrong with them, organ by organ.

    `expected`: organs that must have a chain, as other tables tell. `files`: exported heads to hold the
    chains against. What is sealed or exported must have its chain as well. Raises `NotReady` without keys.
    """
    files, today = list(files), local_date(now or present())
    keys, days = audit_public_keys(), sealed_days()
    organs = list(AuditHead.objects.order_by("organ_id").values_list("organ_id", flat=True))
    found = list(check_house(days, today))
    stored: dict[tuple[str, int], Seal] = {}
    for organ in organs:
        seals = _seals(organ)
        stored |= {(organ, seal.number): seal for seal in seals}
        found += check_chain(organ, anchors_of(seals, files, organ, keys))
        found += check_seals(organ, seals, keys)
        found += check_days(organ, seals, days, today)
    found += _without_head(
        frozenset(organs), expected | {seal.organ for file in files for seal in file.seals}
    )
    for file in files:
        found += check_file(file, stored)
    return len(organs), found


def _seals(organ: str) -> list[Seal]:
    return [seal_of(row) for row in AuditSeal.objects.filter(organ_id=organ).order_by("number")]


def _without_head(headed: frozenset[str], expected: frozenset[str]) -> list[Broken]:
    """Chains that lost their head, and chains that are gone altogether."""
    entries = AuditEntry.objects.exclude(organ_id__in=headed).order_by().values_list("organ_id", flat=True)
    headless = frozenset(entries.distinct())
    sealed = frozenset(AuditSeal.objects.order_by().values_list("organ_id", flat=True).distinct())
    missing = (expected | sealed) - headless - headed
    return [Broken(organ, 0, HEADLESS) for organ in sorted(headless)] + [
        Broken(organ, 0, CHAIN_MISSING) for organ in sorted(missing)
    ]

"""Whether the seals themselves hold: signed by this node, none missing, none exchanged."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from portal.audit.actions import GENESIS
from portal.audit.chain import Anchor
from portal.audit.findings import (
    FOREIGN_KEY,
    ROLLED_BACK,
    SEAL_FORGED,
    SEAL_MISSING,
    SEAL_REPLACED,
    SEALING_STOPPED,
    Broken,
)
from portal.audit.heads_file import HeadsFile
from portal.audit.models import AuditEntry, AuditSeal
from portal.audit.seals import Seal, audit_public_keys
from portal.common.clock import local_date

STOPPED_AFTER = dt.timedelta(days=2)
"""So long without a seal in the whole house is no mere pause."""


def check_seals(organ: str, seals: list[Seal], keys: Mapping[int, bytes]) -> Iterator[Broken]:
    """What is wrong with the stored seals of one organ, by number."""
    earlier: Seal | None = None
    for seal in seals:
        day = seal.day.isoformat()
        if not seal.holds(keys):
            yield Broken(organ, seal.sequence, SEAL_FORGED, note=day)
        expected = earlier.number + 1 if earlier else 1
        if seal.number != expected:
            since = f"{earlier.day.isoformat()} 之后、" if earlier else ""
            yield Broken(organ, 0, SEAL_MISSING, note=f"{since}{day} 之前少 {seal.number - expected} 枚")
        elif seal.before != (earlier.fingerprint if earlier else GENESIS):
            yield Broken(organ, seal.sequence, SEAL_REPLACED, note=f"{day} 的封签与前一枚不相接")
        if earlier and (seal.sequence < earlier.sequence or seal.day <= earlier.day):
            note = f"{day} 的封签不及前一枚（第{earlier.sequence}条）"
            yield Broken(organ, seal.sequence, ROLLED_BACK, note=note)
        earlier = seal


def check_days(organ: str, seals: list[Seal], days: list[dt.date], today: dt.date) -> Iterator[Broken]:
    """Days on which the house was sealed and this organ, though it had entries, was not.

    Within the row `check_seals` counts; here it is about the end, or about all of them being gone. Today's
    round may still be under way.
    """
    since = seals[-1].day if seals else _first_day(organ)
    missed = [day for day in days if since is not None and since < day < today]
    if missed:
        listed = "、".join(day.isoformat() for day in missed[:5])
        more = f"等 {len(missed)} 天" if len(missed) > 5 else ""
        yield Broken(organ, 0, SEAL_MISSING, note=f"{listed}{more}")


def _first_day(organ: str) -> dt.date | None:
    first = AuditEntry.objects.filter(organ_id=organ).order_by("sequence").first()
    return local_date(first.at) if first else None


def sealed_days() -> list[dt.date]:
    """The days on which anything was sealed, oldest first."""
    return list(AuditSeal.objects.order_by("day").values_list("day", flat=True).distinct())


def check_house(days: list[dt.date], today: dt.date) -> Iterator[Broken]:
    """Seals that stopped coming: the clock does not run, or somebody took the newest away."""
    if days and days[-1] < today - STOPPED_AFTER:
        yield Broken("", 0, SEALING_STOPPED, note=f"最近的封签是 {days[-1].isoformat()}")


def unsealed_spans(days: list[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Spans in between on which nothing was sealed, as (first, last): the house may have stood still."""
    one = dt.timedelta(days=1)
    return [(left + one, right - one) for left, right in pairwise(days) if right - left > one]


def check_file(file: HeadsFile, stored: Mapping[tuple[str, int], Seal]) -> Iterator[Broken]:
    """What an exported file and the stored seals hold against each other, and the file against itself."""
    ours = audit_public_keys()
    for version, key in sorted(file.keys.items()):
        if ours.get(version) != key:
            yield Broken("", 0, FOREIGN_KEY, note=f"{file.name}，第 {version} 版")
    for seal in file.seals:
        day = seal.day.isoformat()
        if not seal.holds(file.keys):
            yield Broken(seal.organ, seal.sequence, SEAL_FORGED, note=f"{file.name}，{day}")
            continue
        here = stored.get((seal.organ, seal.number))
        if here is None:
            yield Broken(seal.organ, 0, SEAL_MISSING, note=f"{file.name}中有 {day} 的，库中没有")
        elif here != seal:
            yield Broken(seal.organ, seal.sequence, SEAL_REPLACED, note=f"{day} 的封签与{file.name}中的不同")


def anchors_of(
    stored: Iterable[Seal], files: Iterable[HeadsFile], organ: str, keys: Mapping[int, bytes]
) -> list[Anchor]:
    """Where one organ's chain must have passed, as far as the seals are genuine."""
    inside = [Anchor(seal.day, seal.sequence, seal.link) for seal in stored if seal.holds(keys)]
    outside = [
        Anchor(seal.day, seal.sequence, seal.link, file.name)
        for file in files
        for seal in file.seals
        if seal.organ == organ and seal.holds(file.keys)
    ]
    return inside + outside

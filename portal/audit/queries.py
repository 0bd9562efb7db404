"""Reading and verifying the log."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from portal.audit.actions import GENESIS, chain_link
from portal.audit.models import AuditEntry, AuditHead


@dataclass(frozen=True)
class Broken:
    """The first place where an organ's chain does not hold, and how."""

    organ: str
    sequence: int
    problem: str


def entries_of(organs: frozenset[str]) -> QuerySet[AuditEntry]:
    """The entries in these organs' chains."""
    return AuditEntry.objects.filter(organ_id__in=organs)


def history_of(*, kind: str, object_id: object, organs: frozenset[str]) -> QuerySet[AuditEntry]:
    """What was done to one object, as far as these organs' chains tell, oldest first."""
    return entries_of(organs).filter(object_kind=kind, object_id=str(object_id)).order_by("at", "sequence")


def verify_chain(head: AuditHead) -> Broken | None:
    """The first break in one organ's chain: changed, removed, reordered or cut off; `None` if whole."""
    link, expected = GENESIS, 1
    entries: Iterator[AuditEntry] = (
        AuditEntry.objects.filter(organ_id=head.organ_id).order_by("sequence").iterator(chunk_size=2000)
    )
    for entry in entries:
        if entry.sequence != expected:
            return Broken(head.organ_id, expected, "缺少条目")
        link = chain_link(entry, link)
        if link != bytes(entry.link):
            return Broken(head.organ_id, expected, "条目被改动")
        expected += 1
    if expected - 1 != head.sequence or link != bytes(head.link):
        return Broken(head.organ_id, expected, "末尾被截断或追加")
    return None


def verify_all(expected: frozenset[str] = frozenset()) -> tuple[int, list[Broken]]:
    """How many chains there are, and the breaks found. Chains without a head count as broken.

    `expected`: organs that must have a chain, as other tables tell; without entries and head it is missing.
    """
    heads = list(AuditHead.objects.order_by("organ_id"))
    broken = [problem for head in heads if (problem := verify_chain(head)) is not None]
    headless = frozenset(
        AuditEntry.objects.exclude(organ_id__in=[head.organ_id for head in heads])
        .order_by()
        .values_list("organ_id", flat=True)
        .distinct()
    )
    broken += [Broken(organ, 0, "链头缺失") for organ in sorted(headless)]
    missing = expected - headless - {head.organ_id for head in heads}
    broken += [Broken(organ, 0, "审计链缺失") for organ in sorted(missing)]
    return len(heads), broken

"""Sealing the heads: once a day the node signs how far every organ's chain has come.

A chain is an unkeyed hash, so whoever writes the database can write a whole chain anew. They lack the key
of the seals; and who has that as well is still caught by a copy of the seals kept outside (`heads_file`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from portal.audit.actions import GENESIS
from portal.audit.models import AuditHead, AuditSeal
from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.vault.models import PurposeKey
from portal.vault.primitives import SODIUM, Tampered, digest, pack, suite_of
from portal.vault.purpose_keys import active_keys, current_key

_LABEL = "yanlu-audit-seal-1"
_BATCH = 50
"""Organs per transaction."""


@dataclass(frozen=True)
class Seal:
    """The node's word that one organ's chain ended on `link` at `sequence` on that day."""

    organ: str
    number: int
    day: dt.date
    sequence: int
    link: bytes
    before: bytes
    key_version: int
    signature: bytes = b""

    @property
    def statement(self) -> bytes:
        """What is signed. It names one organ only, so nobody learns of another from it."""
        day = self.day.isoformat()
        return pack(_LABEL, self.organ, self.number, day, self.sequence, self.link, self.before)

    @property
    def fingerprint(self) -> bytes:
        """What the organ's next seal holds on to."""
        return digest(self.statement, self.signature, person="yanlu-audit-seal")

    def holds(self, keys: Mapping[int, bytes]) -> bool:
        """Whether one of these public keys signed it."""
        key = keys.get(self.key_version)
        if key is None:
            return False
        try:
            suite_of(self.signature).verify(key, self.statement, self.signature)
        except Tampered:
            return False
        return True


def seal_of(row: AuditSeal) -> Seal:
    """A stored seal as a value."""
    return Seal(
        organ=row.organ_id,
        number=row.number,
        day=row.day,
        sequence=row.sequence,
        link=bytes(row.link),
        before=bytes(row.before),
        key_version=row.key_version,
        signature=bytes(row.signature),
    )


def audit_public_keys() -> dict[int, bytes]:
    """The public halves of all versions of the key that seals, newest first. Raises `NotReady`."""
    audit = PurposeKey.Purpose.AUDIT
    return {version: SODIUM.public_half(seed).certifying for version, seed in active_keys(audit)[audit]}


def seal_heads(*, now: dt.datetime | None = None) -> int:
    """Seal every head that has no seal of today yet; returns how many had none.

    Writers need not wait: a head is one row, written in the transaction of its entry, so whatever is read
    of it belongs together. Two who seal at once do no harm: the database takes one seal a day.
    """
    day = local_date(now or present())
    version, seed = current_key(PurposeKey.Purpose.AUDIT)
    organs = list(_unsealed(day).values_list("organ_id", flat=True))
    for start in range(0, len(organs), _BATCH):
        with transaction.atomic():
            heads = _unsealed(day).filter(organ_id__in=organs[start : start + _BATCH])
            AuditSeal.objects.bulk_create(_rows(heads, day, version, seed), ignore_conflicts=True)
    return len(organs)


def _unsealed(day: dt.date) -> QuerySet[AuditHead]:
    """The heads without a seal of that day; a clock that went back seals nothing twice."""
    sealed = AuditSeal.objects.filter(day__gte=day).order_by().values("organ_id")
    return AuditHead.objects.exclude(organ_id__in=sealed).order_by("organ_id")


def _rows(heads: QuerySet[AuditHead], day: dt.date, version: int, seed: bytes) -> list[AuditSeal]:
    last = newest_seals(frozenset(heads.values_list("organ_id", flat=True)))
    rows = []
    for head in heads:
        earlier = last.get(head.organ_id)
        seal = Seal(
            organ=head.organ_id,
            number=earlier.number + 1 if earlier else 1,
            day=day,
            sequence=head.sequence,
            link=bytes(head.link),
            before=earlier.fingerprint if earlier else GENESIS,
            key_version=version,
        )
        signature = SODIUM.sign(SODIUM.private_half(seed), seal.statement)
        fields = {name: value for name, value in vars(seal).items() if name not in {"organ", "signature"}}
        rows.append(AuditSeal(organ_id=seal.organ, signature=signature, **fields))
    return rows


def newest_seals(organs: frozenset[str]) -> dict[str, Seal]:
    """The newest seal of each of these organs that has one."""
    newest = AuditSeal.objects.filter(organ_id=OuterRef("organ_id")).order_by("-number").values("number")[:1]
    rows = AuditSeal.objects.filter(organ_id__in=organs, number=Subquery(newest)).order_by("organ_id")
    return {row.organ_id: seal_of(row) for row in rows}


def seals_since(day: dt.date) -> list[Seal]:
    """All seals of that day and later, by organ and age."""
    rows = AuditSeal.objects.filter(day__gte=day).order_by("organ_id", "number")
    return [seal_of(row) for row in rows.iterator(chunk_size=2000)]

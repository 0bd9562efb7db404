"""Who reaches which key: the grants followed from everybody's own key, without opening anything."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from portal.vault.models import Envelope, Grant, VaultKey

Purpose = VaultKey.Purpose


@dataclass(frozen=True)
class OutOfReach:
    """A generation of an organ's key that nobody can open any more, and how many sealed things hang on it."""

    organ: str
    purpose: str
    generation: int
    in_force: bool
    items: int


def people_reaching() -> dict[UUID, set[str]]:
    """For every key, the owners of the personal keys from which grants lead to it.

    By rows alone: whether each grant opens is for its holder to see.
    """
    opens: dict[UUID, list[UUID]] = defaultdict(list)
    for key_id, to_id in Grant.objects.filter(revoked_at__isnull=True).values_list("key_id", "to_id"):
        opens[to_id].append(key_id)
    personal = VaultKey.objects.filter(purpose=Purpose.PERSONAL, superseded_at__isnull=True)
    reached: dict[UUID, set[str]] = defaultdict(set)
    for start, owner in (
        personal.filter(granted__revoked_at__isnull=True).values_list("pk", "owner").distinct()
    ):
        at_hand, seen = [start], {start}
        while at_hand:
            for key in opens.get(at_hand.pop(), ()):
                if key not in seen:
                    seen.add(key)
                    at_hand.append(key)
                    reached[key].add(owner)
    return reached


def out_of_reach(reached: dict[UUID, set[str]], *, root_held: frozenset[str]) -> list[OutOfReach]:
    """The generations nobody reaches: those in force, and older ones that something is still sealed to.

    `root_held`: organs whose keys lie with the root or elsewhere on purpose.
    """
    rows = VaultKey.objects.filter(purpose__in=(Purpose.TRIAGE, Purpose.CUSTODY)).exclude(owner__in=root_held)
    lost = [row for row in rows.order_by("owner", "purpose", "generation") if not reached.get(row.pk)]
    sealed = Envelope.objects.filter(recipient__in=lost).values_list("recipient").annotate(Count("pk"))
    items = dict(sealed.order_by())
    return [
        OutOfReach(row.owner, row.purpose, row.generation, row.superseded_at is None, items.get(row.pk, 0))
        for row in lost
        if row.superseded_at is None or items.get(row.pk)
    ]

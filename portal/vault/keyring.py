"""The keys one signed-in person can reach: their own, and what was granted to it, and so on up."""

from collections.abc import Iterator
from uuid import UUID

from portal import hooks
from portal.vault.keys import OpenKey, open_grant
from portal.vault.models import Grant, VaultKey
from portal.vault.primitives import Tampered

_DEPTH = 5
"""personal ← oversight ← oversight in care ← triage of an organ below is the longest chain there is."""


class Keyring:
    """Opens grants when they are first needed and keeps what it opened for one request."""

    def __init__(self, personal: OpenKey) -> None:
        self.personal = personal
        self._open: dict[UUID, OpenKey] = {personal.id: personal}
        self._grants: dict[UUID, list[Grant]] | None = None

    def key(self, key_id: UUID) -> OpenKey | None:
        """The open key of this id, or `None` when no chain of grants leads to it."""
        return self._find(key_id, frozenset())

    def holding(self, owner: str, purpose: str) -> OpenKey | None:
        """The newest generation of this owner's key that can be reached, if any."""
        return next(self.generations(owner, purpose), None)

    def generations(self, owner: str, purpose: str) -> Iterator[OpenKey]:
        """Every generation of this owner's key that can be reached, the newest first."""
        rows = {
            grant.key_id: grant.key
            for grants in self._reachable().values()
            for grant in grants
            if grant.key.owner == owner and grant.key.purpose == purpose
        }
        for row in sorted(rows.values(), key=lambda row: row.generation, reverse=True):
            found = self.key(row.id)
            if found is not None:
                yield found

    def forget_grants(self) -> None:
        """Read the grants anew: some were made or taken back in this very request."""
        self._grants = None

    def _find(self, key_id: UUID, seen: frozenset[UUID]) -> OpenKey | None:
        if key_id in self._open:
            return self._open[key_id]
        if key_id in seen:
            return None
        for grant in self._reachable().get(key_id, []):
            holder = self._find(grant.to_id, seen | {key_id})
            if holder is None:
                continue
            try:
                self._open[key_id] = open_grant(grant, holder)
            except Tampered:  # a forged grant beside a true one must not lock anyone out
                hooks.tampering_noticed(what="grant", object_id=str(grant.pk), owner=grant.key.owner)
                continue
            return self._open[key_id]
        return None

    def _reachable(self) -> dict[UUID, list[Grant]]:
        """Grants by the key they open, found level by level from the personal key."""
        if self._grants is None:
            self._grants = {}
            level: set[UUID] = {self.personal.id}
            for _ in range(_DEPTH):
                rows = Grant.objects.filter(to_id__in=level, revoked_at__isnull=True).select_related("key")
                level = set()
                for row in rows:
                    self._grants.setdefault(row.key_id, []).append(row)
                    level.add(row.key_id)
                if not level:
                    break
        return self._grants


def current_personal_key(owner: str) -> VaultKey | None:
    """The current personal key of a person (`staff:<id>`), certified or not."""
    return (
        VaultKey.objects.filter(owner=owner, purpose=VaultKey.Purpose.PERSONAL, superseded_at__isnull=True)
        .select_related("lock")
        .first()
    )

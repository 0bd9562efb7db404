"""How the keys stand: what there is, who holds it, what waits for whom. No secrets."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from portal.accounts.actions import purposes_for
from portal.accounts.models import Staff
from portal.accounts.reach import OutOfReach, out_of_reach, people_reaching
from portal.accounts.renewal import due_keys, in_words
from portal.accounts.signed_in import key_owner, key_path
from portal.common.errors import Refusal
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault import remembered
from portal.vault.certificates import (
    CHAIN,
    ORGAN_PURPOSES,
    expected_root_path,
    public_half,
    root_fingerprint,
    verify,
)
from portal.vault.models import Grant, PurposeKey, RootShare, VaultKey
from portal.vault.primitives import Tampered

Purpose = VaultKey.Purpose
SHARES = 3
"""One for every two of three keyholders."""


@dataclass(frozen=True)
class RootState:
    """The root of the directory, beside the pin."""

    fingerprint: str
    pinned: str
    made_at: dt.datetime | None

    @property
    def problem(self) -> str:
        """missing, unpinned, or other (than the pinned one); empty when all is well."""
        if not self.fingerprint:
            return "missing"
        if not self.pinned:
            return "unpinned"
        return "" if self.fingerprint == self.pinned else "other"


@dataclass(frozen=True)
class KeyState:
    """One key in force. `holders`: people of its own organ; `reached`: everybody who could open it."""

    owner: str
    purpose: str
    generation: int
    made_at: dt.datetime
    vouched: bool
    holders: int = 0
    reached: int = 0
    only: str = ""
    """The one person who could open it, where it is one."""
    in_care_of: str = ""
    """The organ above that holds it because nobody here does."""


@dataclass(frozen=True)
class OrganState:
    """An organ and its three keys; those missing are not there."""

    code: str
    name: str
    keys: tuple[KeyState, ...]
    staff: int


@dataclass(frozen=True)
class WaitingState:
    """Somebody whose roles need keys they do not have. `joined`: whether they have set a passphrase."""

    organ: str
    username: str
    display_name: str
    purposes: tuple[str, ...]
    joined: bool


@dataclass(frozen=True)
class PurposeState:
    """A key of the node, wrapped by the master key."""

    purpose: str
    version: int
    made_at: dt.datetime
    retired: bool


@dataclass(frozen=True)
class Behind:
    """A key of which this node remembers something else than the directory shows: an older database?"""

    owner: str
    purpose: str
    remembered: int
    found: int


@dataclass(frozen=True)
class HouseState:
    """Everything at once, as of one moment."""

    demo: bool
    root: RootState
    keyholders: tuple[KeyState, ...]
    shares: int
    purposes: tuple[PurposeState, ...]
    organs: tuple[OrganState, ...]
    outside: str
    """Where the keys of the body outside lie: with it (`external`), with the `root`; empty without one."""
    due: tuple[str, ...]
    waiting: tuple[WaitingState, ...]
    out_of_reach: tuple[OutOfReach, ...]
    behind: tuple[Behind, ...] | None
    """`None` where the memory cannot be read."""


def house_state() -> HouseState:
    """How the keys of the whole house stand now."""
    tree, reached = organ_tree(), people_reaching()
    rows = list(
        VaultKey.objects.filter(superseded_at__isnull=True)
        .exclude(purpose__in=(Purpose.PERSONAL, Purpose.ROOT))
        .select_related(CHAIN)
        .order_by("owner", "purpose")
    )
    grants = _grants_of_organs()
    states = [_key_state(row, reached.get(row.pk, set()), grants.get(row.pk, [])) for row in rows]
    outside = frozenset(node.code for node in tree if node.kind == "outside")
    return HouseState(
        demo=settings.YANLU_DEMO,
        root=_root(),
        keyholders=tuple(state for state in states if state.purpose == Purpose.KEYHOLDER),
        shares=RootShare.objects.count(),
        purposes=_purposes(),
        organs=_organs(tree, states),
        outside=_outside([state for state in states if state.owner in outside]),
        due=tuple(in_words(tree, due) for due in due_keys(tree)),
        waiting=tuple(_waiting(tree)),
        out_of_reach=tuple(out_of_reach(reached, root_held=outside)),
        behind=directory_behind(),
    )


def _root() -> RootState:
    row = VaultKey.objects.filter(purpose=Purpose.ROOT, path=expected_root_path()).first()
    return RootState(
        fingerprint=root_fingerprint(row.path, public_half(row)) if row else "",
        pinned=settings.YANLU_ROOT_FINGERPRINT,
        made_at=row.created_at if row else None,
    )


def _outside(keys: list[KeyState]) -> str:
    if not keys:
        return ""
    return "root" if any(key.in_care_of == expected_root_path() for key in keys) else "external"


def _key_state(row: VaultKey, reached: set[str], granted: list[tuple[str, str]]) -> KeyState:
    return KeyState(
        owner=row.owner,
        purpose=row.purpose,
        generation=row.generation,
        made_at=row.created_at,
        vouched=_vouched(row),
        holders=sum(1 for _, purpose in granted if purpose == Purpose.PERSONAL),
        reached=len(reached),
        only=next(iter(reached)) if len(reached) == 1 else "",
        in_care_of=next((owner for owner, purpose in granted if purpose != Purpose.PERSONAL), ""),
    )


def _vouched(row: VaultKey) -> bool:
    try:
        verify(row)
    except Refusal:
        return False
    return True


def _grants_of_organs() -> dict[object, list[tuple[str, str]]]:
    """(owner, purpose) of the keys each organ's key in force is granted to."""
    found: dict[object, list[tuple[str, str]]] = {}
    rows = Grant.objects.filter(
        revoked_at__isnull=True, key__superseded_at__isnull=True, key__purpose__in=ORGAN_PURPOSES
    )
    for key_id, owner, purpose in rows.values_list("key_id", "to__owner", "to__purpose").order_by("pk"):
        found.setdefault(key_id, []).append((owner, purpose))
    return found


def _organs(tree: OrganTree, states: list[KeyState]) -> tuple[OrganState, ...]:
    keys: dict[str, list[KeyState]] = {}
    for state in states:
        keys.setdefault(state.owner, []).append(state)
    staff: dict[str, int] = {}
    for code in Staff.objects.filter(active=True).values_list("organ_id", flat=True):
        staff[code] = staff.get(code, 0) + 1
    at_work = [node for node in tree if node.in_force and node.kind != "outside"]
    at_work.sort(key=lambda node: _place(tree, node.code))
    return tuple(
        OrganState(node.code, node.display_name, tuple(keys.get(node.code, ())), staff.get(node.code, 0))
        for node in at_work
    )


def _place(tree: OrganTree, code: str) -> tuple[bool, str]:
    """The topmost first, then each city with its counties."""
    return (code not in tree.topmost, key_path(tree, code))


def _purposes() -> tuple[PurposeState, ...]:
    return tuple(
        PurposeState(row.purpose, row.version, row.created_at, row.retired_at is not None)
        for row in PurposeKey.objects.order_by("purpose", "version")
    )


def _waiting(tree: OrganTree) -> list[WaitingState]:
    people = Staff.objects.filter(active=True).order_by("organ_id", "username")
    rows = VaultKey.objects.filter(purpose=Purpose.PERSONAL, superseded_at__isnull=True)
    joined = set(rows.values_list("owner", flat=True))
    held = Grant.objects.filter(
        revoked_at__isnull=True, key__superseded_at__isnull=True, to__purpose=Purpose.PERSONAL
    )
    granted = set(held.values_list("to__owner", "key__owner", "key__purpose"))
    found = []
    for staff in people:
        owner = key_owner(staff)
        lacking = tuple(
            purpose
            for purpose in purposes_for(staff.roles)
            if (owner, staff.organ_id, purpose) not in granted
        )
        if lacking:
            found.append(
                WaitingState(staff.organ_id, staff.username, staff.display_name, lacking, owner in joined)
            )
    return found


def directory_behind() -> tuple[Behind, ...] | None:
    """Where this node has seen a newer generation, or another one, than the directory now shows.

    `None` where what the node remembers cannot be read.
    """
    try:
        known = remembered.newest()
    except Tampered:
        return None
    rows = VaultKey.objects.filter(owner__in={name.partition(" ")[0] for name in known}).order_by(
        "generation"
    )
    newest = {f"{row.owner} {row.purpose}": row for row in rows}
    found = []
    for name, (generation, print_of) in sorted(known.items()):
        row = newest.get(name)
        at = row.generation if row is not None else 0
        other = row is not None and remembered.print_of(public_half(row)) != print_of
        if at < generation or (at == generation and other):
            owner, _, purpose = name.partition(" ")
            found.append(Behind(owner, purpose, generation, at))
    return tuple(found)


def hanging_on_one(organs: Collection[OrganState]) -> dict[str, list[KeyState]]:
    """The keys that things are sealed to and one person alone could open, by that person."""
    found: dict[str, list[KeyState]] = {}
    for organ in organs:
        for key in organ.keys:
            if key.only and key.purpose != Purpose.OVERSIGHT:
                found.setdefault(key.only, []).append(key)
    return found

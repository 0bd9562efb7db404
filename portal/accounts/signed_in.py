"""Who acts: a member of staff together with the keys they can reach right now."""

from copy import copy
from dataclasses import dataclass, field

from portal.accounts.models import Staff
from portal.common.errors import Forbidden
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault.keyring import Keyring
from portal.vault.models import VaultKey

QUEUE_ROLES = frozenset({"moderator", "triager", "leader"})
"""Those who hold their organ's triage key."""


KEY_OF_ROLE: dict[str, str] = {
    **dict.fromkeys(QUEUE_ROLES, VaultKey.Purpose.TRIAGE.value),
    "supervisor": VaultKey.Purpose.OVERSIGHT.value,
    "custodian": VaultKey.Purpose.CUSTODY.value,
}
"""The key of their organ without which a role is nothing but a word in a table."""


@dataclass(frozen=True)
class SignedIn:
    """The actor of every staff action. Make it with `acting`.

    `staff` carries only the roles whose keys are at hand; those in `waiting` count once a colleague has
    let the person in. So nobody gains sight of anything by roles alone.
    """

    staff: Staff
    keyring: Keyring = field(repr=False)
    waiting: frozenset[str] = frozenset()

    def require(self, *roles: str) -> None:
        """Raises `Forbidden` unless the person holds one of the roles."""
        if not self.staff.roles & set(roles):
            raise Forbidden


def acting(staff: Staff, keyring: Keyring) -> SignedIn:
    """The person in those of their roles whose keys they can reach."""
    wanted = staff.roles & set(KEY_OF_ROLE)
    waiting = frozenset(role for role in wanted if keyring.holding(staff.organ_id, KEY_OF_ROLE[role]) is None)
    effective = copy(staff)
    for role in waiting:
        setattr(effective, role, False)
    return SignedIn(effective, keyring, waiting)


def key_path(tree: OrganTree, organ: str) -> str:
    """The path an organ's keys carry: its administrative line from the top, itself last."""
    return "/".join((*reversed(tree.ancestors(organ)), organ))


def staff_path(tree: OrganTree, staff: Staff) -> str:
    """The path a person's key carries."""
    return f"{key_path(tree, staff.organ_id)}/{key_owner(staff)}"


def key_owner(staff: Staff) -> str:
    """Whose a person's keys are, wherever their organ stands."""
    return f"staff:{staff.id}"


def visible_holders(staff: Staff) -> frozenset[str]:
    """The organs whose held reports this person may see at all: the base of every `visible_to`.

    Moderators, triagers and leaders see their own organ's; supervisors those of the organs directly
    below, whose triage keys their oversight key opens. Nobody sees sideways or up. What an organ that has
    ended held goes to its successor.
    """
    tree, seen = organ_tree(), set[str]()
    if staff.roles & QUEUE_ROLES:
        seen.add(staff.organ_id)
    if staff.supervisor:
        seen.update(tree.children(staff.organ_id))
    if seen:
        ended = (node.code for node in tree if not node.in_force)
        seen.update(code for code in ended if tree.current(code) in seen)
    return frozenset(seen)


def at_home(staff: Staff, organ: str) -> bool:
    """Whether an organ is this person's own, or one whose work theirs has taken over."""
    return organ == staff.organ_id or organ_tree().current(organ) == staff.organ_id


def visible_chains(staff: Staff) -> frozenset[str]:
    """The organs whose audit chains an auditor reads: their own and all below."""
    if not staff.auditor:
        return frozenset()
    tree = organ_tree()
    return frozenset(
        node.code
        for node in tree
        if node.code == staff.organ_id or staff.organ_id in tree.ancestors(node.code)
    )

"""Who acts: a member of staff together with the keys they can reach right now."""

from dataclasses import dataclass, field

from portal.accounts.models import Staff
from portal.common.errors import Forbidden
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault.keyring import Keyring

QUEUE_ROLES = frozenset({"moderator", "triager", "leader"})
"""Those who hold their organ's triage key."""


@dataclass(frozen=True)
class SignedIn:
    """The actor of every staff action."""

    staff: Staff
    keyring: Keyring = field(repr=False)

    def require(self, *roles: str) -> None:
        """Raises `Forbidden` unless the person holds one of the roles."""
        if not self.staff.roles & set(roles):
            raise Forbidden


def key_path(tree: OrganTree, organ: str) -> str:
    """The path an organ's keys carry: its administrative line from the top, itself last."""
    return "/".join((*reversed(tree.ancestors(organ)), organ))


def staff_path(tree: OrganTree, staff: Staff) -> str:
    """The path a person's key carries."""
    return f"{key_path(tree, staff.organ_id)}/staff:{staff.id}"


def visible_holders(staff: Staff) -> frozenset[str]:
    """The organs whose held reports this person may see at all: the base of every `visible_to`.

    Moderators, triagers and leaders see their own organ's; supervisors those of the organs directly
    below, whose triage keys their oversight key opens. Nobody sees sideways or up.
    """
    seen: set[str] = set()
    if staff.roles & QUEUE_ROLES:
        seen.add(staff.organ_id)
    if staff.supervisor:
        seen.update(organ_tree().children(staff.organ_id))
    return frozenset(seen)


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

"""Which custodians answer for an organ: its own, or where it has none, the nearest ones above."""

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, key_owner
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault.models import Grant, VaultKey


def custodial_organs() -> frozenset[str]:
    """The organs that have somebody in the custodian's role who holds their custody key."""
    custodians = Staff.objects.filter(custodian=True, active=True)
    organ_of = {key_owner(one): one.organ_id for one in custodians}
    grants = Grant.objects.filter(
        revoked_at__isnull=True,
        key__purpose=VaultKey.Purpose.CUSTODY,
        to__owner__in=list(organ_of),
        to__purpose=VaultKey.Purpose.PERSONAL,
        to__superseded_at__isnull=True,
    ).values_list("key__owner", "to__owner")
    return frozenset(organ for organ, person in grants if organ == organ_of[person])


def decides_for(actor: SignedIn) -> frozenset[str]:
    """The organs whose requests this person decides; none for anybody but a custodian with their key."""
    if not actor.staff.custodian:
        return frozenset()
    tree, manned = organ_tree(), custodial_organs()
    return frozenset(
        node.code for node in tree if _nearest(tree.chain(node.code), manned) == actor.staff.organ_id
    )


def carries(*, tree: OrganTree, manned: frozenset[str], old: str, holder: str) -> str | None:
    """Whose custodian carries an identity from the old organ's custody key to its holder's.

    The nearest at or above both: it reaches the old key by grant. Whom a report names never stands there,
    for its holder is strictly above them.
    """
    if old not in tree or holder not in tree:
        return None
    upwards = tree.chain(old)
    return _nearest(tuple(code for code in tree.chain(holder) if code in upwards), manned)


def _nearest(line: tuple[str, ...], manned: frozenset[str]) -> str | None:
    return next((code for code in line if code in manned), None)

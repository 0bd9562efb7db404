"""The recusal rule: who may hold a report, given whom it names.

A pure function of the tree, so that it can be proved apart from everything that uses it. It runs again
whenever a report grows, and once it has moved a report up nothing moves it down. Source: 信访工作条例 30;
检举控告工作规则 15.
"""

from collections.abc import Collection

from portal.organs.tree import OrganTree


class NoHolder(LookupError):
    """Nobody in the installation stands above everyone named: its tree has no body outside."""


def choose_holder(
    tree: OrganTree,
    *,
    addressed: str,
    named: Collection[str],
    about_addressed: bool,
    unresolved_person: bool,
) -> str:
    """The nearest organ at or above the addressed one that stands strictly above every organ named.

    `about_addressed` (the reporter says it concerns the addressed organ, or did not say) and
    `unresolved_person` (somebody is named whose organ is not known) both count as naming the addressed
    organ; they do not add up. Above the top stands the special office, above that the body outside, which
    keeps even a report that names it. Organs no longer in force hold nothing: one that was renamed hands
    over to its successor, and naming it names that too. Raises UnknownOrgan, and NoHolder where the tree
    ends too early.
    """
    avoid = _with_all_successors(tree, named)
    if about_addressed or unresolved_person:
        avoid |= _with_all_successors(tree, (addressed,))
    for candidate in tree.chain(tree.current(addressed)):
        if may_hold(tree, candidate, avoid):
            return candidate
    raise NoHolder(addressed)


def may_hold(tree: OrganTree, holder: str, named: Collection[str]) -> bool:
    """Whether an organ may hold what names these organs: it is in force and strictly above each of them.

    The body outside always may, for nobody stands above it. Raises UnknownOrgan.
    """
    node = tree.node(holder)
    avoid = _with_all_successors(tree, named)
    if not node.in_force:
        return False
    return node.kind == "outside" or all(tree.is_strictly_above(holder, code) for code in avoid)


def resolve_relative(tree: OrganTree, *, addressed: str, suffix: str) -> frozenset[str]:
    """The organs that “the city's procuratorate” and the like can mean to somebody writing to `addressed`.

    `suffix` is the last character of the kind of division: 省, 市, 州, 县 or 区. People say 区 and 县 for
    the county organ whatever it is called, so these two are one. Only organs at or above the addressed one
    are meant; below it nothing has to be avoided. Raises UnknownOrgan.
    """
    endings = {"区", "县"} if suffix in {"区", "县"} else {suffix}
    line = tree.chain(tree.current(addressed))
    return frozenset(code for code in line if tree.node(code).division_name[-1:] in endings)


def _with_all_successors(tree: OrganTree, codes: Collection[str]) -> set[str]:
    return {one for code in codes for one in tree.with_successors(code)}

"""Who stands above whom: the organs of an installation as one immutable value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Self

Kind = Literal["procuratorate", "special_office", "outside"]
Level = Literal["province", "prefecture", "county", "special", "outside"]

LEVELS: tuple[Level, ...] = ("province", "prefecture", "county", "special", "outside")


class UnknownOrgan(LookupError):
    """A code that no organ of the installation carries."""


class BrokenTree(ValueError):
    """Organs that cannot stand in one order: a missing parent, a circle, two bodies at the top."""


@dataclass(frozen=True, slots=True)
class OrganNode:
    """One organ as everything that only asks about names and order needs it.

    `in_force` is judged for the day the tree was built for. `other_names` are aliases kept by hand; those
    that follow from the name are made by `portal.organs.names`.
    """

    code: str
    name: str
    kind: Kind
    level: Level
    parent: str | None = None
    short_name: str = ""
    display_name: str = ""
    division_code: str = ""
    division_name: str = ""
    pinyin: str = ""
    initials: str = ""
    renamed_to: str | None = None
    in_force: bool = True
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OrganTree:
    """All organs by code, with the order among them. Build it with `OrganTree.of`.

    The order is wider than administration: above every procuratorate without a parent stands the special
    office, and above that the body outside. Neither is anybody's parent. Organs whose parent was renamed
    stand under the organ that does its work today.
    """

    nodes: dict[str, OrganNode]
    _parents: dict[str, str | None] = field(repr=False)
    _chains: dict[str, tuple[str, ...]] = field(repr=False)
    _children: dict[str, tuple[str, ...]] = field(repr=False)
    special_office: str | None
    outside: str | None

    @classmethod
    def of(cls, organs: Iterable[OrganNode]) -> Self:
        """The tree of these organs.

        Raises BrokenTree for a code used twice, a parent or successor that is not there, a circle of
        either, a parent of a special office or the outside body, or more than one of these in force.
        """
        nodes: dict[str, OrganNode] = {}
        for organ in organs:
            if organ.code in nodes:
                raise BrokenTree(f"organ {organ.code} appears twice")
            nodes[organ.code] = organ
        _check_links(nodes)
        special_office = _only_in_force(nodes, "special_office")
        outside = _only_in_force(nodes, "outside")
        top = tuple(code for code in (special_office, outside) if code is not None)
        parents = {
            organ.code: organ.parent and _at_work(_line(nodes, organ.parent)).code for organ in nodes.values()
        }
        _refuse_circle(parents, "stands above itself")
        return cls(
            nodes=nodes,
            _parents=parents,
            _chains={code: _chain(nodes, parents, code, top) for code in nodes},
            _children=_children(parents),
            special_office=special_office,
            outside=outside,
        )

    def __contains__(self, code: object) -> bool:
        return code in self.nodes

    def __iter__(self) -> Iterator[OrganNode]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def node(self, code: str) -> OrganNode:
        """The organ with this code. Raises UnknownOrgan."""
        try:
            return self.nodes[code]
        except KeyError:
            raise UnknownOrgan(code) from None

    def chain(self, code: str) -> tuple[str, ...]:
        """The organ itself and all that stand above it, nearest first. Raises UnknownOrgan."""
        self.node(code)
        return self._chains[code]

    def is_strictly_above(self, upper: str, lower: str) -> bool:
        """Whether `upper` stands above `lower`; nobody stands above itself. Raises UnknownOrgan."""
        self.node(upper)
        return upper != lower and upper in self.chain(lower)

    def parent(self, code: str) -> str | None:
        """The administrative parent, or who does its work today. Raises UnknownOrgan."""
        self.node(code)
        return self._parents[code]

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The administrative ancestors, nearest first, up to the province. Raises UnknownOrgan."""
        return tuple(above for above in self.chain(code)[1:] if self.nodes[above].kind == "procuratorate")

    def children(self, code: str) -> tuple[str, ...]:
        """The organs directly below that are in force, by code. Raises UnknownOrgan."""
        self.node(code)
        return tuple(child for child in self._children.get(code, ()) if self.nodes[child].in_force)

    @property
    def topmost(self) -> tuple[str, ...]:
        """The organs in force with nobody above them in administration: the province, the special office.

        Each is staffed by people of its own. The body outside is none of the house's.
        """
        own = (organ for organ in self if organ.in_force and organ.kind != "outside")
        return tuple(organ.code for organ in own if organ.parent is None)

    def prefecture_of(self, code: str) -> OrganNode | None:
        """The city or autonomous prefecture a county organ belongs to, or nothing. Raises UnknownOrgan."""
        return next(
            (self.nodes[above] for above in self.ancestors(code) if self.nodes[above].level == "prefecture"),
            None,
        )

    def with_successors(self, code: str) -> tuple[str, ...]:
        """The organ and those it was renamed to, one after the other. Raises UnknownOrgan."""
        self.node(code)
        return tuple(organ.code for organ in _line(self.nodes, code))

    def current(self, code: str) -> str:
        """The organ that does the work of this one today: itself, or the first successor in force.

        An organ abolished without a successor gives the last one of its line. Raises UnknownOrgan.
        """
        self.node(code)
        return _at_work(_line(self.nodes, code)).code


def _line(nodes: dict[str, OrganNode], code: str) -> list[OrganNode]:
    line = [nodes[code]]
    while line[-1].renamed_to is not None:
        line.append(nodes[line[-1].renamed_to])
    return line


def _at_work(line: list[OrganNode]) -> OrganNode:
    return next((organ for organ in line if organ.in_force), line[-1])


def _check_links(nodes: dict[str, OrganNode]) -> None:
    for organ in nodes.values():
        if organ.parent is not None:
            if organ.kind != "procuratorate":
                raise BrokenTree(f"organ {organ.code}: a {organ.kind} has no parent")
            if organ.parent not in nodes:
                raise BrokenTree(f"organ {organ.code}: its parent {organ.parent} is missing")
            if nodes[organ.parent].kind != "procuratorate":
                raise BrokenTree(f"organ {organ.code}: its parent {organ.parent} is no procuratorate")
        if organ.renamed_to is not None and organ.renamed_to not in nodes:
            raise BrokenTree(f"organ {organ.code}: its successor {organ.renamed_to} is missing")
    _refuse_circle({one.code: one.renamed_to for one in nodes.values()}, "is its own successor")


def _refuse_circle(following: dict[str, str | None], what: str) -> None:
    for code, first in following.items():
        seen, step = {code}, first
        while step is not None:
            if step in seen:
                raise BrokenTree(f"organ {code} {what}")
            seen.add(step)
            step = following[step]


def _only_in_force(nodes: dict[str, OrganNode], kind: Kind) -> str | None:
    found = [organ.code for organ in nodes.values() if organ.kind == kind and organ.in_force]
    if len(found) > 1:
        raise BrokenTree(f"more than one {kind} in force: {', '.join(sorted(found))}")
    return found[0] if found else None


def _chain(
    nodes: dict[str, OrganNode], parents: dict[str, str | None], code: str, top: tuple[str, ...]
) -> tuple[str, ...]:
    line: list[str] = []
    step: str | None = code
    while step is not None:
        line.append(step)
        step = parents[step]
    if nodes[code].kind == "procuratorate":
        return (*line, *top)
    if nodes[code].kind == "special_office":
        return (*line, *(one for one in top if nodes[one].kind == "outside"))
    return tuple(line)


def _children(parents: dict[str, str | None]) -> dict[str, tuple[str, ...]]:
    below: dict[str, list[str]] = {}
    for code in sorted(parents):
        parent = parents[code]
        if parent is not None:
            below.setdefault(parent, []).append(code)
    return {parent: tuple(codes) for parent, codes in below.items()}

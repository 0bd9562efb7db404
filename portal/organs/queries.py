"""Every read of organs, departments and classifications."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from portal.common import clock
from portal.organs.lookup import OrganIndex
from portal.organs.marks import Rows, all_rows, check_edition
from portal.organs.models import Department, Organ, OrganEdition, Taxonomy, Term
from portal.organs.tree import OrganNode, OrganTree, UnknownOrgan
from portal.vault.primitives import Tampered

PUBLIC_CATEGORIES = {"tip": "tip_category", "suggestion": "suggestion_category"}
"""Which classification the public chooses from, by kind of report."""


@dataclass(frozen=True, slots=True)
class _Kept:
    stamp: str
    day: dt.date
    tree: OrganTree
    index: OrganIndex


# The last tree read. Replaced whole, so threads need no lock.
_kept: _Kept | None = None


def organ_tree() -> OrganTree:
    """All organs as they stand today.

    Kept in the process and checked with one indexed read per call, so a change is seen by every process at
    once. The stamp it is checked against is renewed in the transaction of every change and random, not a
    counter: after a rollback a counter would come again for other content. Raises `BrokenTree` if the
    tables hold no order, `Tampered` if somebody else changed them.
    """
    return _current().tree


def find_organs(text: str, limit: int = 10) -> list[OrganNode]:
    """Up to `limit` organs in force for a part of a name, an alias, pinyin, first letters or a code, best
    first.
    """
    return _current().index.find(text, limit)


def children_of(code: str) -> list[OrganNode]:
    """The organs in force directly below this one, by code. Raises UnknownOrgan."""
    tree = organ_tree()
    return [tree.node(child) for child in tree.children(code)]


def organs_in_force(on: dt.date | None = None) -> QuerySet[Organ]:
    """The organs in force on a day, by code; today if none is given."""
    return Organ.objects.filter(in_force_on(on or _today())).order_by("code")


def departments_of(code: str, on: dt.date | None = None) -> list[Department]:
    """The departments of an organ on a day: its own, and the common ones it has not replaced.

    Special offices and the outside body have none but their own. Raises UnknownOrgan.
    """
    kind = Organ.objects.filter(code=code).values_list("kind", flat=True).first()
    if kind is None:
        raise UnknownOrgan(code)
    day = on or _today()
    own = Q(organ=code)
    rows = Department.objects.filter(own | Q(organ__isnull=True) if kind == "procuratorate" else own)
    chosen: dict[str, Department] = {}
    for row in rows:
        if row.organ_id is not None or row.code not in chosen:
            chosen[row.code] = row
    alive = [row for row in chosen.values() if _holds_on(row.valid_from, row.valid_to, day)]
    return sorted(alive, key=lambda row: (row.position, row.code))


def taxonomy_in_force(code: str, on: dt.date | None = None) -> Taxonomy | None:
    """The version of a classification in force on a day, the newest if several are, or nothing."""
    versions = Taxonomy.objects.filter(in_force_on(on or _today()), code=code)
    return versions.order_by("valid_from", "version").last()


def terms_of(taxonomy: Taxonomy, on: dt.date | None = None) -> QuerySet[Term]:
    """The terms of one version that may be chosen on a day, in their order."""
    still = Q(valid_to__isnull=True) | Q(valid_to__gte=on or _today())
    return taxonomy.terms.filter(still).order_by("position", "code")


def public_categories(kind: str, on: dt.date | None = None) -> list[Term]:
    """What the public chooses from for a tip or a suggestion, in order. Raises KeyError for another kind."""
    taxonomy = taxonomy_in_force(PUBLIC_CATEGORIES[kind], on)
    return list(terms_of(taxonomy, on)) if taxonomy else []


def in_force_on(day: dt.date) -> Q:
    """The condition that a dated row is in force on a day."""
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    return begun & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def _current() -> _Kept:
    global _kept  # noqa: PLW0603  one value per process, see organ_tree
    stamp, day, kept = _stamp(), _today(), _kept
    if stamp is not None and kept is not None and kept.stamp == stamp and kept.day == day:
        return kept
    while True:
        edition, rows = OrganEdition.objects.filter(id=1).first(), all_rows()
        stamp_after = _stamp()
        if stamp_after == stamp:
            break
        stamp = stamp_after
    if edition is not None:
        check_edition(edition, rows)
    elif rows[0]:
        raise Tampered  # organs that nobody marked
    tree = _tree_of(rows, day)
    fresh = _Kept(stamp=stamp or "", day=day, tree=tree, index=OrganIndex(tree))
    if stamp is not None:
        _kept = fresh
    return fresh


def read_tree(on: dt.date) -> OrganTree:
    """The tree of a given day straight from the tables. Raises `BrokenTree`."""
    return _tree_of(all_rows(), on)


def _tree_of(rows: Rows, on: dt.date) -> OrganTree:
    organs, aliases, moves = rows
    names: dict[str, list[str]] = {}
    for alias in sorted(aliases, key=lambda alias: alias.name):
        names.setdefault(alias.organ_id, []).append(alias.name)
    parents = {move.organ_id: move.parent_id for move in moves if move.on <= on}  # in order of days
    return OrganTree.of(
        _node(row, parents.get(row.code, row.parent_id), tuple(names.get(row.code, ())), on) for row in organs
    )


def _node(row: Organ, parent: str | None, other_names: tuple[str, ...], on: dt.date) -> OrganNode:
    return OrganNode(
        code=row.code,
        name=row.name,
        kind=row.kind,  # type: ignore[arg-type]  # the table's check constraint admits no other word
        level=row.level,  # type: ignore[arg-type]
        parent=parent,
        short_name=row.short_name,
        display_name=row.display_name,
        division_code=row.division_code,
        division_name=row.division_name,
        pinyin=row.pinyin,
        initials=row.initials,
        renamed_to=row.renamed_to_id,
        in_force=_holds_on(row.valid_from, row.valid_to, on),
        other_names=other_names,
    )


def _holds_on(valid_from: dt.date | None, valid_to: dt.date | None, day: dt.date) -> bool:
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def _stamp() -> str | None:
    # Asked for in every request, often more than once: plain SQL takes a tenth of the ORM's time.
    with connection.cursor() as cursor:
        cursor.execute("SELECT stamp FROM organs_edition WHERE id = 1")
        row = cursor.fetchone()
    return str(row[0]) if row else None


def _today() -> dt.date:
    return clock.local_date(clock.now())

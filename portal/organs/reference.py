"""Loading the shipped organs, departments, campaigns and classifications: safe to repeat, all or nothing."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from django.db import transaction

from portal.common import clock
from portal.organs.actions import renew_edition
from portal.organs.models import (
    Campaign,
    Department,
    Organ,
    OrganAlias,
    OrganEdition,
    Taxonomy,
    Term,
    TermLink,
)
from portal.organs.queries import read_tree
from portal.organs.reference_files import DATA, Fields, TermRow, read_reference_files

Row = TypeVar("Row", Organ, Department, Campaign, Taxonomy, Term)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing the load did; as text, one line."""

    kind: Literal["added", "changed", "retired"]
    what: str
    key: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} {self.what} {self.key}: {self.detail}"


def load_reference(*, now: dt.datetime | None = None, folder: Path = DATA) -> list[Change]:
    """Bring the tables in line with the files and say what changed; nothing to do gives an empty list.

    Rows added or changed in this installation are left as they are. A row that has left the files stays and
    ends the day before. Raises BadReferenceData before anything is written, and BrokenTree if the files
    contradict what was added here; then nothing was written either.
    """
    files = read_reference_files(folder)
    today = clock.local_date(now or clock.now())
    with transaction.atomic():
        organs = _sync(Organ, files.organs, {row.code: row for row in Organ.objects.all()}, today)
        organs += _sync_aliases(files.aliases)
        read_tree(today)
        if organs or not OrganEdition.objects.exists():
            renew_edition()
        common = {row.code: row for row in Department.objects.filter(organ__isnull=True)}
        campaigns = {row.code: row for row in Campaign.objects.all()}
        taxonomies = {f"{row.code}/{row.version}": row for row in Taxonomy.objects.all()}
        return [
            *organs,
            *_sync(Department, files.departments, common, today),
            *_sync(Campaign, files.campaigns, campaigns, today),
            *_sync(Taxonomy, files.taxonomies, taxonomies, today),
            *_sync_terms(files.terms, today),
        ]


def _sync_aliases(wanted: Mapping[str, Fields]) -> list[Change]:
    current = {f"{row.organ_id}/{row.name}": row for row in OrganAlias.objects.all()}
    missing = [fields for key, fields in wanted.items() if key not in current]
    gone = [row for key, row in current.items() if row.from_file and key not in wanted]
    OrganAlias.objects.bulk_create(OrganAlias(**fields, from_file=True) for fields in missing)
    OrganAlias.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return [
        *(Change("added", "alias", str(fields["organ_id"]), str(fields["name"])) for fields in missing),
        *(Change("retired", "alias", row.organ_id, row.name) for row in gone),
    ]


def _sync(
    model: type[Row], wanted: Mapping[str, Fields], current: dict[str, Row], today: dt.date
) -> list[Change]:
    return [*_write(model, wanted, current), *_retire(model, wanted, current, today)]


def _write(model: type[Row], wanted: Mapping[str, Fields], current: dict[str, Row]) -> list[Change]:
    """Add what is missing and change what differs; added rows join `current`."""
    changes: list[Change] = []
    added: dict[str, Row] = {}
    for key, fields in wanted.items():
        row = current.get(key)
        if row is None:
            added[key] = model(**fields, from_file=True)
            changes.append(_change("added", model, key, str(fields.get("name") or fields.get("label"))))
        elif row.from_file:
            before = {name: getattr(row, name) for name in fields}
            differing = [name for name in fields if before[name] != fields[name]]
            if differing:
                for name in differing:
                    setattr(row, name, fields[name])
                row.save(update_fields=differing)
                said = "; ".join(f"{name} {before[name]} → {fields[name]}" for name in differing)
                changes.append(_change("changed", model, key, said))
    model._default_manager.bulk_create(added.values())
    current.update(added)
    return changes


def _retire(
    model: type[Row], wanted: Collection[str], current: Mapping[str, Row], today: dt.date
) -> list[Change]:
    """End the rows that have left the files, the day before."""
    changes: list[Change] = []
    yesterday = today - dt.timedelta(days=1)
    for key, row in current.items():
        ended = row.valid_to is not None and row.valid_to < today
        if key in wanted or not row.from_file or ended:
            continue
        begun: dt.date | None = getattr(row, "valid_from", None)
        row.valid_to = max(yesterday, begun) if begun else yesterday
        row.save(update_fields=["valid_to"])
        changes.append(_change("retired", model, key, f"last day {row.valid_to}"))
    return changes


def _sync_terms(wanted: Mapping[str, TermRow], today: dt.date) -> list[Change]:
    taxonomies = {f"{row.code}/{row.version}": row.pk for row in Taxonomy.objects.all()}
    current: dict[str, Term] = {
        f"{row.taxonomy.code}/{row.taxonomy.version}/{row.code}": row
        for row in Term.objects.select_related("taxonomy")
    }
    changes: list[Change] = []
    left = dict(wanted)
    while left:
        # A parent stands before its children in the file, so each round has something to write.
        ready = {key: term for key, term in left.items() if term.parent not in left}
        fields: dict[str, Fields] = {
            key: {
                **term.fields,
                "taxonomy_id": taxonomies[term.taxonomy],
                "parent_id": current[term.parent].pk if term.parent else None,
            }
            for key, term in ready.items()
        }
        changes += _write(Term, fields, current)
        left = {key: term for key, term in left.items() if key not in ready}
    changes += _retire(Term, wanted, current, today)
    return changes + _sync_links(wanted, current)


def _sync_links(wanted: Mapping[str, TermRow], current: Mapping[str, Term]) -> list[Change]:
    keys = {row.pk: key for key, row in current.items()}
    governed = {
        (link.plain_id, link.staff_id): link for link in TermLink.objects.filter(plain__from_file=True)
    }
    meant = {
        (current[key].pk, current[other].pk)
        for key, term in wanted.items()
        if current[key].from_file
        for other in term.means
    }
    changes: list[Change] = []
    for plain, staff in sorted(meant - governed.keys()):
        TermLink.objects.create(plain_id=plain, staff_id=staff)
        changes.append(Change("added", "term link", keys[plain], f"means {keys[staff]}"))
    for plain, staff in sorted(governed.keys() - meant):
        governed[plain, staff].delete()
        changes.append(Change("retired", "term link", keys[plain], f"no longer means {keys[staff]}"))
    return changes


def _change(kind: Literal["added", "changed", "retired"], model: type[Row], key: str, detail: str) -> Change:
    return Change(kind, model.__name__.lower(), key, detail)

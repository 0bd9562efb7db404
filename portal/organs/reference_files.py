"""The shipped reference data as checked values: read row by row, refused whole if anything is wrong."""

import csv
import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

from portal.organs.tree import LEVELS, BrokenTree, Kind, OrganNode, OrganTree

DATA = Path(__file__).resolve().parent / "data"

Fields = dict[str, object]

Value = TypeVar("Value")

_KINDS = get_args(Kind)
_ORGAN_TEXTS = ("name", "short_name", "display_name", "kind", "level")
_ORGAN_OPTIONAL = ("division_code", "division_name", "pinyin", "initials")
_COLUMNS = {
    "organs.csv": ("code", *_ORGAN_TEXTS, "parent", *_ORGAN_OPTIONAL, "valid_from", "valid_to", "renamed_to"),
    "aliases.csv": ("organ", "name"),
    "departments.csv": ("code", "name"),
    "campaigns.csv": ("code", "name", "valid_from", "valid_to"),
    "taxonomies.csv": ("code", "version", "name", "campaign", "valid_from", "valid_to"),
    "terms.csv": ("taxonomy", "version", "code", "label", "plain_label", "parent", "means"),
}


class BadReferenceData(ValueError):
    """The files contradict themselves; `problems` names file and row of each fault. Nothing was written."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term with what it hangs under and which staff terms it plainly means."""

    taxonomy: str
    fields: Fields
    parent: str | None
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceFiles:
    """All files, checked; every mapping is in file order.

    Keys are what a row is known by: an organ's code, `discipline/2015` for a taxonomy,
    `discipline/2015/158` for a term.
    """

    organs: dict[str, Fields]
    aliases: dict[str, Fields]
    departments: dict[str, Fields]
    campaigns: dict[str, Fields]
    taxonomies: dict[str, Fields]
    terms: dict[str, TermRow]


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    number: int
    cells: dict[str, str]
    problems: list[str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def fault(self, message: str) -> None:
        self.problems.append(f"{self.file} row {self.number}: {message}")

    def required(self, *columns: str) -> Fields:
        for column in columns:
            if not self.cells[column]:
                self.fault(f"{column} is empty")
        return {column: self.cells[column] for column in columns}

    def dates(self) -> Fields:
        found: dict[str, dt.date | None] = {"valid_from": None, "valid_to": None}
        for column in found:
            try:
                found[column] = dt.date.fromisoformat(self[column]) if self[column] else None
            except ValueError:
                self.fault(f"{column} {self[column]!r} is not a date like 2021-01-31")
        first, last = found["valid_from"], found["valid_to"]
        if first and last and last < first:
            self.fault("valid_to is before valid_from")
        return dict(found)


def read_reference_files(folder: Path = DATA) -> ReferenceFiles:
    """All reference data of the folder. Raises BadReferenceData naming file and row of every fault found."""
    problems: list[str] = []
    organs = _keyed(_rows(folder, "organs.csv", problems), lambda row: row["code"], _organ)
    aliases = _keyed(
        _rows(folder, "aliases.csv", problems), lambda row: f"{row['organ']}/{row['name']}", _alias
    )
    campaigns = _keyed(_rows(folder, "campaigns.csv", problems), lambda row: row["code"], _campaign)
    departments = _keyed(_rows(folder, "departments.csv", problems), lambda row: row["code"], _department)
    taxonomies = _keyed(
        _rows(folder, "taxonomies.csv", problems), lambda row: f"{row['code']}/{row['version']}", _taxonomy
    )
    terms = _keyed(_rows(folder, "terms.csv", problems), _term_key, _term)
    _check_organ_order(organs, problems)
    for row, fields in aliases.values():
        if fields["organ_id"] not in organs:
            row.fault(f"organ {fields['organ_id']} is missing")
    for row, fields in taxonomies.values():
        if fields["campaign_id"] and fields["campaign_id"] not in campaigns:
            row.fault(f"campaign {fields['campaign_id']} is missing")
    _check_terms(terms, taxonomies)
    if problems:
        raise BadReferenceData(problems)
    return ReferenceFiles(
        organs={key: fields for key, (_, fields) in organs.items()},
        aliases={key: fields for key, (_, fields) in aliases.items()},
        departments={key: fields for key, (_, fields) in departments.items()},
        campaigns={key: fields for key, (_, fields) in campaigns.items()},
        taxonomies={key: fields for key, (_, fields) in taxonomies.items()},
        terms={key: term for key, (_, term) in terms.items()},
    )


def _rows(folder: Path, name: str, problems: list[str]) -> Iterator[_Row]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != _COLUMNS[name]:
            problems.append(f"{name} row 1: the columns must be {', '.join(_COLUMNS[name])}")
            return
        for cells in reader:
            row = _Row(
                name,
                reader.line_num,
                {key: (text or "").strip() for key, text in cells.items() if key},
                problems,
            )
            if None in cells:
                row.fault("more cells than columns")
            yield row


def _keyed(
    rows: Iterator[_Row], key_of: Callable[[_Row], str], parse: Callable[[_Row], Value]
) -> dict[str, tuple[_Row, Value]]:
    found: dict[str, tuple[_Row, Value]] = {}
    for row in rows:
        key = key_of(row)
        if key in found:
            row.fault(f"{key} was already given in row {found[key][0].number}")
            continue
        found[key] = (row, parse(row))
    return found


def _organ(row: _Row) -> Fields:
    if row["kind"] not in _KINDS:
        row.fault(f"kind {row['kind']!r} is none of {', '.join(_KINDS)}")
    if row["level"] not in LEVELS:
        row.fault(f"level {row['level']!r} is none of {', '.join(LEVELS)}")
    return {
        **row.required("code", *_ORGAN_TEXTS),
        **{column: row[column] for column in _ORGAN_OPTIONAL},
        **row.dates(),
        "parent_id": row["parent"] or None,
        "renamed_to_id": row["renamed_to"] or None,
    }


def _alias(row: _Row) -> Fields:
    if len(row["name"]) < 2:
        row.fault("an alias has at least two characters")
    return {"organ_id": row["organ"], "name": row["name"]}


def _department(row: _Row) -> Fields:
    return {**row.required("code", "name"), "position": row.number, "valid_to": None}


def _campaign(row: _Row) -> Fields:
    return {**row.required("code", "name"), **row.dates()}


def _taxonomy(row: _Row) -> Fields:
    return {**row.required("code", "version", "name"), **row.dates(), "campaign_id": row["campaign"] or None}


def _term_key(row: _Row) -> str:
    return f"{row['taxonomy']}/{row['version']}/{row['code']}"


def _term(row: _Row) -> TermRow:
    return TermRow(
        taxonomy=f"{row['taxonomy']}/{row['version']}",
        fields={
            **row.required("code", "label"),
            "plain_label": row["plain_label"],
            "position": row.number,
            "valid_to": None,
        },
        parent=f"{row['taxonomy']}/{row['version']}/{row['parent']}" if row["parent"] else None,
        means=tuple(row["means"].split()),
    )


def _check_organ_order(organs: dict[str, tuple[_Row, Fields]], problems: list[str]) -> None:
    for row, fields in organs.values():
        for column in ("parent", "renamed_to"):
            code = fields[f"{column}_id"]
            if code is not None and code not in organs:
                row.fault(f"{column} {code} is missing")
    if problems:
        return
    try:
        OrganTree.of(
            OrganNode(
                code=code,
                name=row["name"],
                kind=row["kind"],  # type: ignore[arg-type]  # checked in _organ
                level=row["level"],  # type: ignore[arg-type]
                parent=row["parent"] or None,
                renamed_to=row["renamed_to"] or None,
                in_force=not row["valid_to"],
            )
            for code, (row, _) in organs.items()
        )
    except BrokenTree as broken:
        problems.append(f"organs.csv: {broken}")


def _check_terms(terms: dict[str, tuple[_Row, TermRow]], taxonomies: Collection[str]) -> None:
    seen: set[str] = set()
    for key, (row, term) in terms.items():
        if term.taxonomy not in taxonomies:
            row.fault(f"taxonomy {term.taxonomy} is missing")
        if term.parent is not None and term.parent not in seen:
            row.fault(f"parent {term.parent} must stand in an earlier row")
        for meant in term.means:
            if meant not in terms:
                row.fault(f"means {meant}, which is missing")
        seen.add(key)

"""The shipped organs as a tree, straight from the files, for tests that need no database."""

from functools import cache

from portal.organs.reference_files import read_reference_files
from portal.organs.tree import OrganNode, OrganTree


@cache
def sichuan() -> OrganTree:
    """The tree of the reference data, everything in it in force."""
    files = read_reference_files()
    aliases: dict[str, list[str]] = {}
    for fields in files.aliases.values():
        aliases.setdefault(str(fields["organ_id"]), []).append(str(fields["name"]))
    return OrganTree.of(_node(code, fields, aliases.get(code, [])) for code, fields in files.organs.items())


def _node(code: str, fields: dict[str, object], aliases: list[str]) -> OrganNode:
    texts = (
        "name",
        "kind",
        "level",
        "short_name",
        "display_name",
        "division_code",
        "division_name",
        "pinyin",
    )
    known = {name: fields[name] for name in (*texts, "initials")}
    return OrganNode(code=code, parent=fields["parent_id"], other_names=tuple(aliases), **known)  # type: ignore[arg-type]

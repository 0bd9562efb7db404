"""The node's mark over organs, aliases and moves: who stands above whom decides who may read what.

Whoever merely writes the database can't make the mark, so a tree they changed is not used at all; and since
every change has a number that the node remembers, neither is an older tree put back.
"""

import json

from django.forms.models import model_to_dict

from portal import hooks
from portal.organs.models import Organ, OrganAlias, OrganEdition, OrganMove
from portal.vault import remembered
from portal.vault.node_mac import check_node_mac, node_mac
from portal.vault.primitives import Tampered, digest

_PERSON = "yanlu-organs"
Rows = tuple[list[Organ], list[OrganAlias], list[OrganMove]]


def all_rows() -> Rows:
    """Everything that the tree is made of, in a fixed order."""
    return (
        list(Organ.objects.order_by("code")),
        list(OrganAlias.objects.order_by("organ_id", "name")),
        list(OrganMove.objects.order_by("organ_id", "on")),
    )


def mark_of(stamp: str, sequence: int, rows: Rows) -> bytes:
    """The node's mark over one edition. Raises `NotReady` without the node's keys."""
    return node_mac(_PERSON, stamp, sequence, _content(rows))


def check_edition(edition: OrganEdition, rows: Rows) -> None:
    """Raises `Tampered` where the rows are not those this node marked, or older than it remembers."""
    content = _content(rows)
    try:
        check_node_mac(bytes(edition.mark), _PERSON, edition.stamp, edition.sequence, content)
        remembered.check_number("organs", edition.sequence, content.hex())
    except Tampered:
        hooks.tampering_noticed(what="organs", object_id=edition.stamp)
        raise


def _content(rows: Rows) -> bytes:
    listed = [[model_to_dict(row, exclude=["id"]) for row in table] for table in rows]
    text = json.dumps(listed, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return digest(text, person=_PERSON)

"""The node's mark over a request: a row written by anybody else approves nothing and prolongs nothing.

An older row put back with its own mark is not noticed, but names the end it was given then.
"""

import datetime as dt
from uuid import UUID

from portal.identity.models import IdentityRequest
from portal.vault.node_mac import check_node_mac, node_mac

_PERSON = "yanlu-id-request"


def set_mark(request: IdentityRequest) -> None:
    """Mark the request as it stands in memory; the caller saves it. Raises `NotReady`."""
    request.mark = node_mac(_PERSON, *_row(request))


def check_mark(request: IdentityRequest) -> None:
    """Raises `Tampered` when the row was changed by anybody but this node."""
    check_node_mac(bytes(request.mark), _PERSON, *_row(request))


def _row(request: IdentityRequest) -> tuple[bytes | str | int, ...]:
    return (
        request.id.bytes,
        request.report_id.bytes,
        request.requester_id.bytes,
        request.state,
        _id(request.decided_by_id),
        _moment(request.requested_at),
        _moment(request.decided_at),
        _moment(request.expires_at),
        _moment(request.ended_at),
        request.closed_for,
        request.reason_id.bytes,
        _id(request.answer_id),
    )


def _id(value: UUID | None) -> bytes:
    return value.bytes if value else b""


def _moment(value: dt.datetime | None) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds") if value else ""

"""The node's mark over the columns of a report that decide to whom things are sealed.

Without it, somebody who can write the database could make themselves the reporter, or another organ the
holder, and wait for the next message.
"""

from portal.intake.models import Report
from portal.vault.node_mac import check_node_mac, node_mac

_PERSON = "yanlu-report"


def _steering(report: Report) -> tuple[bytes | str | int, ...]:
    return (
        report.id.bytes,
        bytes(report.lookup),
        bytes(report.thread_public),
        report.kind,
        report.addressed_id,
        report.holder_id,
        report.original_id.bytes,
        report.identity_id.bytes if report.identity_id else b"",
        int(report.receipt_to_change),
    )


def set_mark(report: Report) -> None:
    """Mark the report as it stands in memory; the caller saves it. Raises `NotReady`."""
    report.mark = node_mac(_PERSON, *_steering(report))


def check_mark(report: Report) -> None:
    """Raises `Tampered` when the row was changed by anybody but this node."""
    check_node_mac(bytes(report.mark), _PERSON, *_steering(report))

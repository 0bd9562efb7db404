"""Where each sealed thing of a report belongs; an item moved elsewhere does not open."""

from uuid import UUID

from portal.vault.items import Binding


def original_binding(report: UUID) -> Binding:
    """An original's place."""
    return Binding("intake_report", report, "original")


def identity_binding(report: UUID) -> Binding:
    """An identity's place."""
    return Binding("intake_report", report, "identity")


def message_binding(message: UUID, report: UUID) -> Binding:
    """The place of a message's words, in the thread of one report."""
    return Binding("intake_message", message, "item", parent=report)

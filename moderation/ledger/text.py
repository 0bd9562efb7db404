"""What a lead says: one sealed item, bound to its lead."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from moderation.ledger.models import Lead
from portal.accounts.signed_in import key_path
from portal.intake.content import Subject
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key
from portal.vault.items import Binding, SealedDraft, can_open, open_json, seal_json
from portal.vault.keyring import Keyring
from portal.vault.models import VaultKey

PURPOSE = "lead_text"


@dataclass(frozen=True)
class LeadText:
    """Title, summary and subjects of a lead."""

    title: str
    summary: str
    subjects: tuple[Subject, ...] = ()


def text_binding(lead: UUID) -> Binding:
    """The place of a lead's words."""
    return Binding("ledger_lead", lead, "text")


def seal_text(text: LeadText, *, lead: UUID, organ: str) -> SealedDraft:
    """Sealed to the triage key of the organ that holds the lead. Raises `NotReady`, `Tampered`."""
    key = certified_key(key_path(organ_tree(), organ), VaultKey.Purpose.TRIAGE)
    return seal_json(asdict(text), purpose=PURPOSE, binding=text_binding(lead), recipients=[key])


def open_text(lead: Lead, keyring: Keyring) -> LeadText | None:
    """The words, or `None` while these keys do not reach them.

    Raises `Tampered` when they were sealed to this person and do not open.
    """
    if not can_open(lead.text, keyring):
        return None
    value: dict[str, Any] = open_json(
        lead.text, purpose=PURPOSE, binding=text_binding(lead.id), opener=keyring
    )
    subjects = tuple(Subject(**subject) for subject in value["subjects"])
    return LeadText(value["title"], value["summary"], subjects)

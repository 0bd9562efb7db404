"""Who attended: one sealed item per attendee."""

from dataclasses import asdict, dataclass
from uuid import UUID

from moderation.forum.models import Attendee
from portal.accounts.signed_in import key_path
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key
from portal.vault.items import Binding, SealedDraft, can_open, open_json, seal_json
from portal.vault.keyring import Keyring
from portal.vault.models import VaultKey

PURPOSE = "attendee"


@dataclass(frozen=True)
class Person:
    """An attendee by name, and the delegation or unit they came with."""

    name: str
    delegation: str = ""


def person_binding(attendee: UUID) -> Binding:
    """The place of an attendee's name."""
    return Binding("forum_attendee", attendee, "person")


def seal_person(person: Person, *, attendee: UUID, organ: str) -> SealedDraft:
    """Sealed to the host's triage key. Raises `NotReady`, `Tampered`."""
    key = certified_key(key_path(organ_tree(), organ), VaultKey.Purpose.TRIAGE)
    return seal_json(asdict(person), purpose=PURPOSE, binding=person_binding(attendee), recipients=[key])


def open_person(attendee: Attendee, keyring: Keyring) -> Person | None:
    """The person, or `None` while these keys do not reach them. Raises `Tampered`."""
    if not can_open(attendee.person, keyring):
        return None
    value: dict[str, str] = open_json(
        attendee.person, purpose=PURPOSE, binding=person_binding(attendee.id), opener=keyring
    )
    return Person(**value)

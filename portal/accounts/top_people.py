"""The people of the topmost organs, whom nobody above can let in: at the founding, and when all are gone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from portal.accounts.actions import purposes_for
from portal.accounts.models import Staff
from portal.accounts.signed_in import KEY_OF_ROLE, key_owner
from portal.common.errors import Invalid
from portal.organs.tree import OrganTree
from portal.vault.certificates import ORGAN_PURPOSES, public_half
from portal.vault.keyring import current_personal_key
from portal.vault.keys import fingerprint
from portal.vault.models import VaultKey

ROLES_IN_WORDS = {
    "oversight": "监督员",
    "triage": "审核员、分流员或负责人",
    "custody": "身份保管员",
}
"""Who holds which of an organ's keys."""


@dataclass(frozen=True)
class Confirmed:
    """Somebody whose fingerprint was compared: the key they have, and what their roles need."""

    staff: Staff
    fingerprint: str
    purposes: tuple[str, ...]


def at_the_door(tree: OrganTree, organs: Collection[str] | None = None) -> list[Confirmed]:
    """Everybody at the topmost organs who has a role that needs a key, and has set a passphrase."""
    people = Staff.objects.filter(organ_id__in=tree.topmost if organs is None else organs, active=True)
    found = []
    for staff in people.select_related("organ").order_by("organ_id", "username"):
        key = current_personal_key(key_owner(staff))
        if key is not None and purposes_for(staff.roles):
            found.append(Confirmed(staff, fingerprint(public_half(key)), purposes_for(staff.roles)))
    return found


def confirmed_key(person: Confirmed) -> VaultKey:
    """The row of the key that was compared. Raises `Invalid` when it is another one by now."""
    row = current_personal_key(key_owner(person.staff))
    if row is None or fingerprint(public_half(row)) != person.fingerprint:
        raise Invalid(f"{person.staff.display_name}的密钥已与核对时不同，没有做任何改动。")
    return row


def same_fingerprint(typed: str, person: Confirmed) -> bool:
    """Whether what somebody typed from their own page is this fingerprint, however it is spaced."""
    digits = "".join(one for one in typed if one.isdigit())
    return digits == person.fingerprint.replace(" ", "")


def purposes_covered(people: Iterable[Confirmed]) -> set[tuple[str, str]]:
    """The (organ, purpose) of the keys that these people would hold."""
    return {(person.staff.organ_id, purpose) for person in people for purpose in person.purposes}


def who_is_missing(tree: OrganTree, covered: set[tuple[str, str]] | None = None) -> list[str]:
    """One phrase for each key of a topmost organ that nobody could take over, naming who has not joined."""
    covered = purposes_covered(at_the_door(tree)) if covered is None else covered
    missing = []
    for organ in tree.topmost:
        for purpose in ORGAN_PURPOSES:
            if (organ, purpose) not in covered:
                late = _not_joined(organ, purpose)
                rest = f"（{'、'.join(late)} 还没有设置口令）" if late else ""
                missing.append(f"{tree.node(organ).display_name}缺{ROLES_IN_WORDS[purpose]}{rest}")
    return missing


def _not_joined(organ: str, purpose: str) -> list[str]:
    people = Staff.objects.filter(organ_id=organ, active=True).order_by("username")
    roles = {role for role, needed in KEY_OF_ROLE.items() if needed == purpose}
    waiting = [one for one in people if one.roles & roles]
    return [one.username for one in waiting if current_personal_key(key_owner(one)) is None]

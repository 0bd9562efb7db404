"""A real house (YANLU_DEMO=0) in the tests' database: nothing founded yet, its first people at the door."""

from pathlib import Path

import pytest
from pytest_django import Settings

from portal.accounts.actions import invite_staff, join, set_roles
from portal.accounts.first_accounts import open_first_account
from portal.accounts.founding import Founded, found_house
from portal.accounts.models import Staff
from portal.accounts.root_acts import OpenedRoot, open_with_cards
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.accounts.top_people import at_the_door
from portal.organs.queries import organ_tree
from portal.vault import cards
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.models import Grant, PassphraseLock, VaultKey
from tests.people import DISCIPLINE, FOUNDED, PROVINCE

PASSPHRASE = "春江水暖鸭先知 2026"
CARD_PHRASES = ("甲持有人自己的一句话 1", "乙持有人自己的一句话 2", "丙持有人自己的一句话 3")
FIRST_PEOPLE = {
    "top-supervisor": (PROVINCE, "supervisor"),
    "top-custodian": (PROVINCE, "custodian"),
    "top-triager": (PROVINCE, "triager"),
    "office-supervisor": (DISCIPLINE, "supervisor"),
    "office-custodian": (DISCIPLINE, "custodian"),
    "office-triager": (DISCIPLINE, "triager"),
}
"""The fewest a house can be founded with."""


@pytest.fixture
def bare_house(house: None, settings: Settings, tmp_path: Path) -> None:
    """A real house with organs and node keys, and neither root nor people."""
    settings.YANLU_DEMO = False
    settings.YANLU_SECRETS_DIR = tmp_path / "secrets"
    settings.YANLU_ROOT_FINGERPRINT = ""
    Grant.objects.all().delete()
    Staff.objects.all().delete()
    PassphraseLock.objects.all().delete()
    VaultKey.objects.update(issuer=None, certificate=None)
    keys = VaultKey.objects.all()
    keys._raw_delete(keys.db)


def staffed(*usernames: str) -> None:
    """Open accounts for these of the first people, with roles and passphrases; by default for all."""
    for username in usernames or FIRST_PEOPLE:
        arrive(username, *FIRST_PEOPLE[username])


def arrive(username: str, organ: str, role: str, *, joined: bool = True) -> Staff:
    """Somebody new, in a role, who has set a passphrase unless told otherwise."""
    top = DISCIPLINE if organ == DISCIPLINE else PROVINCE
    secadmin, sysadmin = (_administrator(top, role) for role in ("secadmin", "sysadmin"))
    invitation = invite_staff(
        actor=sysadmin, username=username, display_name=username, organ=organ, now=FOUNDED
    )
    if joined:
        join(username=username, code=invitation.code, passphrase=PASSPHRASE, now=FOUNDED)
    return set_roles(actor=secadmin, staff=invitation.staff, roles=frozenset({role}), now=FOUNDED)


def _administrator(organ: str, role: str) -> SignedIn:
    username = f"{role}-{organ.lower()}"
    if not Staff.objects.filter(username=username).exists():
        invitation = open_first_account(
            username=username, display_name=username, role=role, organ=organ, now=FOUNDED
        )
        join(username=username, code=invitation.code, passphrase=PASSPHRASE, now=FOUNDED)
    return signed_in(username)


def signed_in(username: str) -> SignedIn:
    """Somebody of this house with their keys open."""
    staff = Staff.objects.select_related("organ").get(username=username)
    row = current_personal_key(key_owner(staff))
    assert row is not None
    return acting(staff, Keyring(open_personal_key(row, PASSPHRASE)))


def founded(folder: Path) -> Founded:
    """The house founded with everybody who stands at the door."""
    return found_house(passphrases=CARD_PHRASES, folder=folder, people=at_the_door(organ_tree()), now=FOUNDED)


def opened_root(folder: Path, first: int = 1, second: int = 2) -> OpenedRoot:
    """The root from two of the cards in this folder."""
    opened = []
    for number in (first, second):
        card = cards.read_card(cards.card_file(folder, number))
        opened.append((card, cards.open_card(card, CARD_PHRASES[number - 1])))
    return open_with_cards(opened)

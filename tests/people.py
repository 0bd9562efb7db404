"""The fixed people of the tests, in a demo house with keys for every organ.

成都市院 (510100) is the office at work; 锦江区院 (510104) lies below it and is usually the accused one;
the province (510000) and the discipline office (510000D) stand above. 绵阳市院 (510700) is the outsider.
"""

import datetime as dt
import secrets
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from portal.accounts.admitting import grant_to_person
from portal.accounts.demo_house import PASSPHRASE, build_demo_house
from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, acting, key_owner, staff_path
from portal.common.clock import BEIJING
from portal.intake.actions import Receipt, submit_report
from portal.intake.content import Content, Identity, Subject
from portal.intake.marks import set_mark
from portal.intake.models import Report
from portal.organs.queries import organ_tree
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.keys import OpenKey
from portal.vault.locks import make_personal_key, open_personal_key
from portal.vault.models import VaultKey
from portal.vault.purpose_keys import make_missing

FOUNDED = dt.datetime(2021, 3, 1, 9, 0, tzinfo=BEIJING)
CITY, COUNTY, PROVINCE, DISCIPLINE, OUTSIDER = "510100", "510104", "510000", "510000D", "510700"


def found_house() -> None:
    """Reference data, node keys, organ keys and demo staff, in whatever database is connected."""
    settings.YANLU_DEMO = True
    make_missing(now=FOUNDED)
    call_command("load_reference", verbosity=0, stdout=_Silent())
    build_demo_house(now=FOUNDED)


class _Silent:
    def write(self, text: str) -> None:
        """Swallow a command's lines."""


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """Every test starts in the founded house; tests with real commits get it back afterwards."""
    with django_db_blocker.unblock():
        found_house()
        connection._test_serialized_contents = connection.creation.serialize_db_to_string()  # type: ignore[attr-defined]


def signed_in(username: str) -> SignedIn:
    """A member of the demo staff with their keys open."""
    staff = Staff.objects.select_related("organ").get(username=username)
    row = current_personal_key(key_owner(staff))
    assert row is not None
    return acting(staff, Keyring(open_personal_key(row, PASSPHRASE)))


class People:
    """`people.triager`, `people.triager_county`, `people.sysadmin`: signed in when first asked for."""

    def __getattr__(self, name: str) -> SignedIn:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            person = signed_in(name.replace("_", "-"))
        except Staff.DoesNotExist:
            raise AttributeError(name) from None
        setattr(self, name, person)
        return person


@pytest.fixture
def people(db: None) -> People:
    """Everybody of the demo house."""
    organ_tree()  # kept from here on, whatever an earlier test did to it: queries are counted
    return People()


@pytest.fixture
def house(db: None) -> None:
    """The founded house; for tests that need no particular person."""
    organ_tree()


@dataclass(frozen=True)
class Tip:
    """A tip to the city about the county, the usual case."""

    organ: str = CITY
    kind: str = "tip"
    channel: str = "web"
    content: Content = field(
        default_factory=lambda: Content(
            title="锦江区院一名干警收受请托人财物",
            text="今年三月，该干警在茶楼收受当事人亲属现金，并承诺打听案情。",
            about_organ=False,
            subjects=(Subject(name="王某", organ=COUNTY, post="检察官助理"),),
            occurred="2026年3月",
            place="城东某茶楼",
        )
    )
    identity: Identity | None = None


def file_tip(*, now: dt.datetime | None = None, nonce: bytes | None = None, **changes: Any) -> Receipt:
    """File the usual tip; keywords change the tip, or its content where the name is a content field."""
    tip = Tip()
    of_tip = {name: value for name, value in changes.items() if name in Tip.__dataclass_fields__}
    of_content = {name: value for name, value in changes.items() if name not in of_tip}
    tip = replace(tip, **of_tip)
    return submit_report(
        nonce=nonce or secrets.token_bytes(16),
        kind=tip.kind,
        channel=tip.channel,
        organ=tip.organ,
        content=replace(tip.content, **of_content),
        identity=tip.identity,
        now=now,
    )


def through_staff_hands(report: UUID) -> None:
    """Make the report's receipt one that a clerk handed over, mark and all."""
    row = Report.objects.get(pk=report)
    row.receipt_to_change = True
    set_mark(row)
    row.save(update_fields=["receipt_to_change", "mark"])


def hire(username: str, *, organ: str, role: str, by: OpenKey | None = None) -> SignedIn:
    """One more member of staff, let in by the given organ key."""
    staff = Staff.objects.create(
        username=username, display_name=username, organ_id=organ, created_at=FOUNDED, **{role: True}
    )
    opened = make_personal_key(path=staff_path(organ_tree(), staff), passphrase=PASSPHRASE, now=FOUNDED)
    if by is not None:
        assert by.owner == organ
        grant_to_person(by, VaultKey.objects.get(pk=opened.id), now=FOUNDED)
    return acting(staff, Keyring(opened))


def triage_key_of(organ: str, people: People) -> OpenKey:
    """The triage key of a city or county of the demo house, as the supervisors above it hold it."""
    above = people.supervisor_province if organ_tree().parent(organ) == PROVINCE else people.supervisor
    key = above.keyring.holding(organ, "triage")
    assert key is not None
    return key


@pytest.fixture
def outsider(people: People) -> SignedIn:
    """A triager of another city, who must never see anything of ours."""
    return hire("triager-outsider", organ=OUTSIDER, role="triager", by=triage_key_of(OUTSIDER, people))

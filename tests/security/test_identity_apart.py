"""Who wrote it: every key everybody can reach is tried on every envelope, whatever labels and roles say.

One person alone opens no identity, nor do all administrators together; those who do are exactly the pairs of
somebody with the custody half and somebody with the holder's half.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from moderation.triage.moving import lift, refer
from portal.accounts.models import Staff
from portal.intake.content import Identity, Subject
from portal.intake.models import Report
from portal.vault.items import Binding
from portal.vault.models import Envelope, SealedItem, VaultKey
from portal.vault.primitives import Tampered, suite_of, unpack
from tests.people import CITY, COUNTY, DISCIPLINE, PROVINCE, People, file_tip, signed_in
from tests.security.thief import _first_plaintext, places_of_items

pytestmark = pytest.mark.django_db

ADMINS = ("sysadmin", "secadmin", "auditor")
WHO = Identity(name="李某", phone="13800000000")


@dataclass(frozen=True)
class Reach:
    """What one person gets out of the envelopes of the identities: secrets by item."""

    halves: dict[UUID, frozenset[bytes]]

    def opens(self, other: "Reach", items: "Items") -> set[UUID]:
        """The identities the two open together."""
        return {pk for pk in {*self.halves, *other.halves} if self._with(other, *items[pk])}

    def _with(self, other: "Reach", item: SealedItem, places: list[Binding]) -> bool:
        parts = self.halves.get(item.pk, frozenset()) | other.halves.get(item.pk, frozenset())
        joined = {bytes(a ^ b for a, b in zip(*pair, strict=True)) for pair in combinations(parts, 2)}
        keys = sorted(parts | joined)
        return any(_first_plaintext(item, keys, place) for place in places)


Items = dict[UUID, tuple[SealedItem, list[Binding]]]


@pytest.fixture
def identities(people: People) -> dict[str, UUID]:
    """Identities of reports held at each level, of one referred and one lifted; by what became of them."""
    filed = {
        "city": file_tip(identity=WHO),
        "county": file_tip(organ=COUNTY, identity=WHO, subjects=(), title="窗口", text="窗口排队太久。"),
        "province": file_tip(subjects=(Subject(name="王某", organ=CITY),), identity=WHO),
        "discipline": file_tip(
            organ=PROVINCE, subjects=(Subject(name="王某", organ=PROVINCE),), identity=WHO
        ),
        "referred": file_tip(identity=WHO),
        "lifted": file_tip(identity=WHO),
    }
    reports = {name: Report.objects.get(pk=receipt.report) for name, receipt in filed.items()}
    holders = {name: reports[name].holder_id for name in ("city", "county", "province", "discipline")}
    assert holders == {"city": CITY, "county": COUNTY, "province": PROVINCE, "discipline": DISCIPLINE}
    triager: Any = people.triager
    refer(
        actor=triager, item_id=reports["referred"].pk, version=_version(reports["referred"]), organ=PROVINCE
    )
    about = (Subject(name="王某", organ=CITY),)
    lift(actor=triager, item_id=reports["lifted"].pk, version=_version(reports["lifted"]), subjects=about)
    return {name: UUID(str(report.identity_id)) for name, report in reports.items()}


def _version(report: Report) -> int:
    return int(report.triage_item.version)


def _reach(username: str, items: set[UUID]) -> Reach:
    keyring = signed_in(username).keyring
    opened = [key.private for pk in VaultKey.objects.values_list("pk", flat=True) if (key := keyring.key(pk))]
    halves: dict[UUID, set[bytes]] = {}
    for envelope in Envelope.objects.filter(item_id__in=items):
        for private in opened:
            box = bytes(envelope.sealed)
            try:
                half = unpack(suite_of(box).unseal(private, box))[-1]
            except Tampered:
                continue
            halves.setdefault(envelope.item_id, set()).add(half)
    return Reach({item: frozenset(found) for item, found in halves.items()})


def _everybody() -> list[str]:
    return list(Staff.objects.order_by("username").values_list("username", flat=True))


def test_identity_nobody_alone_and_no_pair_without_both_halves_opens_it(identities: dict[str, UUID]) -> None:
    places = places_of_items()
    items = {item.pk: (item, places[item.pk]) for item in SealedItem.objects.filter(purpose="identity")}
    reach = {name: _reach(name, set(items)) for name in _everybody()}

    alone = {name: found for name, one in reach.items() if (found := one.opens(Reach({}), items))}
    pairs = {
        frozenset(pair)
        for pair in combinations(reach, 2)
        if reach[pair[0]].halves and reach[pair[1]].halves and reach[pair[0]].opens(reach[pair[1]], items)
    }

    custodians = {name for name in reach if name.startswith("custodian") and reach[name].halves}
    holders = {name for name in reach if not name.startswith("custodian") and reach[name].halves}
    assert alone == {}
    assert custodians == {"custodian", "custodian-county", "custodian-province", "custodian-discipline"}
    assert {name.split("-")[0] for name in holders} == {
        *("moderator", "moderator2", "triager", "triager2", "leader", "supervisor"),
    }
    assert all(len(pair & custodians) == 1 for pair in pairs)
    assert frozenset({"custodian", "triager"}) in pairs
    assert frozenset({"custodian-county", "triager"}) not in pairs


@pytest.mark.parametrize(
    "who", [*ADMINS, "handler", "clerk", "verifier", "handler-county", "handler-province"]
)
def test_identity_who_holds_no_key_gets_nothing_out_of_any_envelope(
    identities: dict[str, UUID], who: str
) -> None:
    assert _reach(who, set(identities.values())).halves == {}


def test_identity_administrators_together_open_nothing_of_anything(identities: dict[str, UUID]) -> None:
    everything = set(SealedItem.objects.values_list("pk", flat=True))

    found = [_reach(name, everything).halves for name in ADMINS]

    assert found == [{}, {}, {}]


def test_identity_custodians_open_no_content(identities: dict[str, UUID]) -> None:
    content = set(SealedItem.objects.exclude(pk__in=identities.values()).values_list("pk", flat=True))

    found = {name: _reach(name, content).halves for name in _everybody() if name.startswith("custodian")}

    assert set(map(len, found.values())) == {0}
    assert len(found) == 4

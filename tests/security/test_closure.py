"""After whatever happens: no key that a named organ or its people ever reached opens what names it.

Random sequences of filing, following up, referring, merging, lifting, moving an organ, joining and leaving.
What is checked is arithmetic over the rows: every key an organ's people hold or once held, everything those
keys open, and every envelope of every item. Permissions are not asked.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.triage.actions import decide, merge
from moderation.triage.models import TriageItem
from moderation.triage.moving import lift, refer
from portal.accounts.actions import end_personal_key
from portal.accounts.models import Staff
from portal.accounts.renewal import tend_keys
from portal.accounts.signed_in import SignedIn
from portal.common.clock import local_date, now
from portal.common.errors import Refusal
from portal.intake.content import Subject
from portal.intake.models import Message, Report
from portal.intake.thread_actions import add_message
from portal.organs.actions import move_organ
from portal.organs.queries import organ_tree
from portal.vault.models import Envelope, Grant, VaultKey
from tests.people import CITY, COUNTY, OUTSIDER, PROVINCE, People, file_tip, hire, signed_in, triage_key_of

pytestmark = pytest.mark.django_db
OTHER_COUNTY = "510105"
ORGANS = (PROVINCE, CITY, COUNTY, OTHER_COUNTY, OUTSIDER)
SOME_ORGAN = st.sampled_from(ORGANS)
SOME_NAMED = st.sets(SOME_ORGAN, max_size=2)
PICK = st.integers(0, 50)


@dataclass
class House:
    """What the test knows: who each sealed item names, and the receipts it was given."""

    people: People
    extra: list[SignedIn]
    names: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    receipts: list[tuple[UUID, str]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def reader_at(self, organ: str) -> SignedIn | None:
        """Somebody who works the queue there, their keys read anew."""
        for person in self.extra:
            if person.staff.organ_id == organ and Staff.objects.get(pk=person.staff.pk).active:
                person.keyring.forget_grants()
                return person
        names = {CITY: "triager", COUNTY: "triager-county", PROVINCE: "triager-province"}
        return signed_in(names[organ]) if organ in names else None

    def pick(self, number: int) -> Report | None:
        """One of the reports filed so far."""
        if not self.receipts:
            return None
        return Report.objects.get(pk=self.receipts[number % len(self.receipts)][0])

    def named_by(self, report: Report) -> set[str]:
        """Everybody the original and the messages of a report name."""
        items = [report.original_id, *Message.objects.filter(report=report).values_list("item_id", flat=True)]
        return set().union(*(self.names[item] for item in items))


def _file(house: House, addressed: str, named: set[str], _number: int) -> None:
    subjects = tuple(Subject(name="王某", organ=code) for code in sorted(named))
    words: dict[str, Any] = {"title": "办事", "text": "反映办事拖拉。", "place": ""}
    receipt = file_tip(organ=addressed, about_organ=False, subjects=subjects, **words)
    house.receipts.append((receipt.report, receipt.number))
    house.names[Report.objects.get(pk=receipt.report).original_id] |= named


def _follow_up(house: House, _addressed: str, named: set[str], number: int) -> None:
    report = house.pick(number)
    if report is None:
        return
    receipt = house.receipts[number % len(house.receipts)][1]
    organs = "、".join(organ_tree().node(code).name for code in sorted(named)) or "无"
    message = add_message(receipt=receipt, text=f"补充：还涉及{organs}。")
    house.names[message.item_id] |= named


def _refer(house: House, target: str, _named: set[str], number: int) -> None:
    report = house.pick(number)
    reader = house.reader_at(report.holder_id) if report else None
    if report is not None and reader is not None:
        item = TriageItem.objects.get(pk=report.pk)
        refer(actor=reader, item_id=item.pk, version=item.version, organ=target)


def _merge(house: House, _addressed: str, _named: set[str], number: int) -> None:
    one, other = house.pick(number), house.pick(number + 1)
    reader = house.reader_at(one.holder_id) if one else None
    if one is not None and other is not None and one.pk != other.pk and reader is not None:
        item = TriageItem.objects.get(pk=one.pk)
        merge(actor=reader, item_id=item.pk, version=item.version, into=other.pk)


def _decide(house: House, _addressed: str, _named: set[str], number: int) -> None:
    report = house.pick(number)
    reader = house.reader_at(report.holder_id) if report else None
    if report is not None and reader is not None:
        item = TriageItem.objects.get(pk=report.pk)
        decide(actor=reader, item_id=item.pk, version=item.version, outcome="lead", note="已阅")


def _lift(house: House, _addressed: str, named: set[str], number: int) -> None:
    report = house.pick(number)
    reader = house.reader_at(report.holder_id) if report else None
    if report is None or reader is None:
        return
    item = TriageItem.objects.get(pk=report.pk)
    subjects = [Subject(name="李某", organ=code) for code in sorted(named)]
    family = [report, *Report.objects.filter(triage_item__merged_into=item.pk)]
    lift(actor=reader, item_id=item.pk, version=item.version, subjects=subjects)
    for one in family:
        items = [one.original_id, *Message.objects.filter(report=one).values_list("item_id", flat=True)]
        for sealed in items:
            house.names[sealed] |= named


def _move(_house: House, _addressed: str, _named: set[str], number: int) -> None:
    move_organ(
        code=(COUNTY, OTHER_COUNTY)[number % 2],
        parent=(CITY, OUTSIDER)[number // 2 % 2],
        on=local_date(now()),
    )


def _join(house: House, organ: str, _named: set[str], number: int) -> None:
    reader = house.reader_at(organ)
    key = reader.keyring.holding(organ, "triage") if reader else None
    current = VaultKey.objects.get(owner=organ, purpose="triage", superseded_at=None)
    if key is not None and key.id == current.pk:
        house.extra.append(hire(f"joined-{len(house.extra)}-{number}", organ=organ, role="triager", by=key))


def _leave(house: House, _addressed: str, _named: set[str], number: int) -> None:
    person = house.extra[number % len(house.extra)]
    if Staff.objects.filter(organ_id=person.staff.organ_id, active=True, triager=True).count() > 1:
        Staff.objects.filter(pk=person.staff.pk).update(active=False)
        end_personal_key(person.staff, now=now(), why=Grant.Ended.LEFT)


def _tend(house: House, _addressed: str, _named: set[str], _number: int) -> None:
    for name in ("supervisor-province", "custodian-province", "supervisor", "custodian", "triager-county"):
        tend_keys(signed_in(name), now=now(), most=100)
    for person in house.extra:
        if Staff.objects.get(pk=person.staff.pk).active:
            person.keyring.forget_grants()
            tend_keys(person, now=now(), most=100)


Step = Callable[[House, str, set[str], int], None]
STEPS: dict[str, Step] = {
    "file": _file,
    "follow_up": _follow_up,
    "refer": _refer,
    "merge": _merge,
    "decide": _decide,
    "lift": _lift,
    "move": _move,
    "join": _join,
    "leave": _leave,
    "tend": _tend,
}
SEQUENCES = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), SOME_ORGAN, SOME_NAMED, PICK), min_size=4, max_size=14
)


def _reach(organ: str) -> set[UUID]:
    """Every key this organ's people hold or ever held, with everything that opens: grants count for ever."""
    staff = [f"staff:{pk}" for pk in Staff.objects.filter(organ_id=organ).values_list("pk", flat=True)]
    reached = set(VaultKey.objects.filter(owner__in=[organ, *staff]).values_list("pk", flat=True))
    opens = defaultdict(set)
    for to, key in Grant.objects.values_list("to_id", "key_id"):
        opens[to].add(key)
    edge = set(reached)
    while edge:
        edge = set().union(*(opens[key] for key in edge)) - reached
        reached |= edge
    return reached


def _breaches(house: House) -> list[tuple[str, UUID]]:
    """(organ, item) of every envelope that an organ could open although the item names it."""
    named = {organ for organs in house.names.values() for organ in organs}
    reach = {organ: _reach(organ) for organ in named}
    envelopes = defaultdict(set)
    for item, recipient in Envelope.objects.exclude(recipient=None).values_list("item_id", "recipient_id"):
        envelopes[item].add(recipient)
    return [
        (organ, item)
        for item, organs in house.names.items()
        for organ in organs
        if envelopes[item] & reach[organ]
    ]


@contextmanager
def _undone() -> Iterator[None]:
    """Nothing of one sequence is left for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=SEQUENCES)
def test_no_named_organ_reaches_what_names_it(
    people: People, sequence: list[tuple[str, str, set[str], int]]
) -> None:
    with _undone():
        house = _house(people)
        _file(house, CITY, {COUNTY}, 0)
        for word, organ, named, number in sequence:
            try:
                with transaction.atomic():
                    STEPS[word](house, organ, named, number)
                house.done[word] += 1
            except (Refusal, ValueError):
                pass  # refused: nothing happened

            assert _breaches(house) == []


def test_every_kind_of_step_can_succeed(people: People) -> None:
    """The property above would be empty if its steps were always refused."""
    with _undone():
        house = _house(people)
        for word, organ, named, number in [
            ("file", CITY, set(), 0),
            ("file", CITY, set(), 0),
            ("follow_up", CITY, {COUNTY}, 0),
            ("merge", CITY, set(), 0),
            ("lift", CITY, {CITY}, 1),
            ("file", CITY, set(), 0),
            ("decide", CITY, set(), 2),
            ("file", CITY, set(), 0),
            ("refer", PROVINCE, set(), 3),
            ("move", CITY, set(), 2),
            ("tend", CITY, set(), 0),
            ("join", CITY, set(), 1),
            ("leave", CITY, set(), 2),
            ("tend", CITY, set(), 0),
        ]:
            STEPS[word](house, organ, named, number)

        assert _breaches(house) == []
        holders = [Report.objects.get(pk=report).holder_id for report, _ in house.receipts]
        assert holders == [PROVINCE, PROVINCE, CITY, PROVINCE]


def test_breach_would_be_seen(people: People) -> None:
    """The check finds what it looks for: an item said to name the very organ it is sealed to."""
    with _undone():
        house = _house(people)
        _file(house, CITY, {COUNTY}, 0)
        sealed = Report.objects.get(pk=house.receipts[0][0]).original_id
        house.names[sealed] = {CITY}

        assert _breaches(house) == [(CITY, sealed)]


def _house(people: People) -> House:
    extra = [
        hire("triager-qingyang", organ=OTHER_COUNTY, role="triager", by=triage_key_of(OTHER_COUNTY, people)),
        hire("triager-mianyang", organ=OUTSIDER, role="triager", by=triage_key_of(OUTSIDER, people)),
        hire("triager-more", organ=CITY, role="triager", by=triage_key_of(CITY, people)),
    ]
    return House(people, extra)

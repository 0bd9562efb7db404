"""Walking one organ's chain from its first entry, and saying precisely what is wrong with it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from portal.audit.actions import GENESIS, chain_link
from portal.audit.findings import (
    APPENDED,
    CHANGED,
    HEAD_DIFFERS,
    MISSING,
    MOVED,
    REWRITTEN,
    ROLLED_BACK,
    TRUNCATED,
    Broken,
)
from portal.audit.models import AuditEntry, AuditHead

_EXAMINED = 24
"""So many entries that do not fit are compared with each other; more are only counted."""


@dataclass(frozen=True)
class Anchor:
    """Where a chain must have passed: what a seal says. `outside`: a copy kept elsewhere, trusted more."""

    day: dt.date
    sequence: int
    link: bytes
    outside: str = ""

    def __str__(self) -> str:
        source = f"{self.outside}中" if self.outside else ""
        return f"{source}{self.day.isoformat()} 的封签（第{self.sequence}条）"


@dataclass
class _Walk:
    """What was seen on the way."""

    wanted: frozenset[int]
    links: dict[int, bytes] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    odd: list[tuple[AuditEntry, bytes]] = field(default_factory=list)
    """Entries that do not follow from the one before, with that one's link."""
    odd_count: int = 0
    after_gap: list[AuditEntry] = field(default_factory=list)
    """Entries whose predecessor is gone: nothing tells whether they are as they were."""
    before_gaps: list[bytes] = field(default_factory=list)
    last: int = 0
    last_link: bytes = GENESIS

    def see(self, entry: AuditEntry) -> None:
        """The next entry by sequence."""
        link = bytes(entry.link)
        if entry.sequence != self.last + 1:
            self.gaps.append((self.last + 1, entry.sequence - 1))
            if len(self.after_gap) < _EXAMINED:
                self.after_gap.append(entry)
                self.before_gaps.append(self.last_link)
        elif chain_link(entry, self.last_link) != link:
            self.odd_count += 1
            if len(self.odd) < _EXAMINED:
                self.odd.append((entry, self.last_link))
        if entry.sequence in self.wanted:
            self.links[entry.sequence] = link
        self.last, self.last_link = entry.sequence, link


def check_chain(organ: str, anchors: Iterable[Anchor] = ()) -> list[Broken]:
    """Everything that is wrong with one organ's chain, in the order of its entries; nothing if it is whole.

    Entries may be appended meanwhile. `anchors`: what its seals say, here and in copies kept elsewhere.
    """
    anchors = list(anchors)
    head = AuditHead.objects.get(organ_id=organ)
    walk = _Walk(frozenset({head.sequence, *(anchor.sequence for anchor in anchors)}), {0: GENESIS})
    for entry in AuditEntry.objects.filter(organ_id=organ).order_by("sequence").iterator(chunk_size=2000):
        walk.see(entry)
    newest = AuditHead.objects.get(organ_id=organ)  # not older than the last entry that was read
    found = [
        Broken(organ, first, MISSING, until=last) for first, last in walk.gaps if first <= newest.sequence
    ]
    found += _odd_entries(organ, walk)
    found += _end(organ, walk, head, newest)
    found += _against_anchors(organ, walk, newest, anchors)
    return sorted(found, key=lambda one: one.sequence)


def _end(organ: str, walk: _Walk, head: AuditHead, newest: AuditHead) -> Iterator[Broken]:
    if walk.last < head.sequence:
        yield Broken(organ, walk.last + 1, TRUNCATED, until=head.sequence)
    elif walk.last > newest.sequence:
        yield Broken(organ, newest.sequence + 1, APPENDED, until=walk.last)
    elif walk.links.get(head.sequence) not in {None, bytes(head.link)}:
        yield Broken(organ, head.sequence, HEAD_DIFFERS)


def _odd_entries(organ: str, walk: _Walk) -> Iterator[Broken]:
    rows = [entry for entry, _ in walk.odd] + walk.after_gap
    links = {bytes(entry.link) for entry in rows} | {before for _, before in walk.odd} | set(walk.before_gaps)
    places = sorted(
        {entry.sequence + step for entry in rows for step in (-1, 0, 1)}
        | {one for gap in walk.gaps for one in gap}
    )
    for entry in rows:
        if _fits(entry, entry.sequence, links):
            continue  # it stands where it was written: the one before it is the trouble
        home = next((place for place in places if _fits(entry, place, links)), None)
        if home is not None:
            yield Broken(organ, entry.sequence, MOVED, note=f"原为第{home}条")
        elif entry not in walk.after_gap:
            note = "或前一条连同链值被改动" if entry.sequence > 1 else ""
            yield Broken(organ, entry.sequence, CHANGED, note=note)
    if walk.odd_count > len(walk.odd):
        after = walk.odd[-1][0].sequence
        yield Broken(organ, after + 1, CHANGED, note=f"此后另有{walk.odd_count - len(walk.odd)}条不相接")


def _fits(entry: AuditEntry, place: int, links: set[bytes]) -> bool:
    """Whether the entry, at that place after one of these links, gives another of them."""
    copy = AuditEntry(
        organ_id=entry.organ_id,
        sequence=place,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        detail=entry.detail,
    )
    return any(chain_link(copy, before) in links for before in links)


def _against_anchors(organ: str, walk: _Walk, newest: AuditHead, anchors: list[Anchor]) -> Iterator[Broken]:
    """Where the chain, though whole in itself, did not pass where the seals say it did."""
    broken_at = {entry.sequence for entry, _ in walk.odd}
    agreeing = [one for one in anchors if walk.links.get(one.sequence) == one.link]
    beyond = [one for one in anchors if one.sequence > max(walk.last, newest.sequence)]
    others = [
        one
        for one in anchors
        if walk.links.get(one.sequence, one.link) != one.link
        and not {one.sequence, one.sequence + 1} & broken_at  # named already, and more precisely
    ]
    if beyond:
        furthest = max(beyond, key=lambda one: (one.sequence, bool(one.outside)))
        yield Broken(organ, newest.sequence + 1, ROLLED_BACK, until=furthest.sequence, note=f"见{furthest}")
    if others:
        first = min(others, key=lambda one: (one.sequence, one.day))
        before = [
            one
            for one in agreeing
            if one.sequence < first.sequence and bool(one.outside) >= bool(first.outside)
        ]
        known = max(before, key=lambda one: (one.sequence, one.day), default=None)
        since = f"{known}仍相符，" if known else "此前没有相符的封签，"
        start = known.sequence + 1 if known else 1
        yield Broken(organ, start, REWRITTEN, until=first.sequence, note=f"{since}{first}不符")

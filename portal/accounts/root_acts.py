"""What takes two keyholders: new keys at the top, letting people in there when nobody is left, a new card.

The root holds no office's key, so it opens nothing that was sealed before: it only puts a next generation in
force (ADR 9).
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from portal.accounts.house_keys import Keys, issuers_of
from portal.accounts.renewal import DueKey, due_keys, put_in_force
from portal.accounts.top_people import Confirmed, confirmed_key
from portal.audit.actions import KEYHOLDERS, record
from portal.common.clock import now as present
from portal.common.errors import Invalid
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault import cards, remembered
from portal.vault.certificates import CertifiedKey, verify
from portal.vault.keys import OpenKey, make_key
from portal.vault.models import Grant, VaultKey
from portal.vault.root_shares import open_root, share_root

Purpose = VaultKey.Purpose
_ORDER = (Purpose.OVERSIGHT, Purpose.CUSTODY, Purpose.TRIAGE)


@dataclass(frozen=True)
class OpenedRoot:
    """The root in memory, and whose two cards opened it."""

    key: OpenKey = field(repr=False)
    numbers: tuple[int, int]

    @property
    def cards(self) -> str:
        """The two keyholders, for the log."""
        return ",".join(str(number) for number in sorted(self.numbers))


def open_with_cards(opened: Sequence[tuple[cards.Card, OpenKey]]) -> OpenedRoot:
    """The root from two opened cards. Raises `CardRefused`."""
    if len(opened) != 2:
        raise cards.CardRefused("须用两张卡片：--cards A --cards B。")
    (first, one), (second, other) = opened
    return OpenedRoot(open_root(one, other), (first.number, second.number))


def root_alone_renews(tree: OrganTree, organs: Collection[str] | None = None) -> list[DueKey]:
    """The due keys that nobody but the root vouches for, the topmost first; of these organs, if given."""
    return [
        due
        for due in due_keys(tree)
        if not issuers_of(tree, due.organ, due.purpose) and (organs is None or due.organ in organs)
    ]


def renew_with_root(
    root: OpenedRoot, *, due: Sequence[DueKey], people: Sequence[Confirmed], now: dt.datetime | None = None
) -> list[DueKey]:
    """Put in force what is due, what these people need, and all that leads to what was renewed.

    One transaction; returns what was renewed, the topmost first. People of the topmost organs only; they get
    the new generation, never an old one. Raises `Invalid` where a key was exchanged after it was compared,
    and where a new key would be in nobody's hands.
    """
    now = now or present()
    tree = organ_tree()
    for person in people:
        if person.staff.organ_id not in tree.topmost:
            raise Invalid(f"{person.staff.display_name}不在最上面的机关：请由其上级院放行。")
    opened: Keys = {}
    with transaction.atomic():
        done = _in_order(tree, due, people)
        for key in done:
            there = [one for one in people if one.staff.organ_id == key.organ]
            coming = [one for one in there if key.purpose in one.purposes]
            opened[(key.organ, key.purpose)] = _renew_at_the_top(root, tree, key, coming, now)
        done += _renew_below(root, tree, opened, now)
    return done


def _in_order(tree: OrganTree, due: Sequence[DueKey], people: Sequence[Confirmed]) -> list[DueKey]:
    """What the root renews, oversight first: what follows leads to it."""
    wanted = {(key.organ, key.purpose): key for key in due}
    for person in people:
        organ = person.staff.organ_id
        for purpose in person.purposes:
            wanted.setdefault((organ, purpose), DueKey(organ, purpose, "newcomer"))
    return sorted(wanted.values(), key=lambda key: (key.organ, _ORDER.index(Purpose(key.purpose))))


def _renew_at_the_top(
    root: OpenedRoot, tree: OrganTree, due: DueKey, coming: Sequence[Confirmed], now: dt.datetime
) -> OpenKey:
    rows = [confirmed_key(person) for person in coming]
    new = put_in_force(tree, due.organ, due.purpose, issuer=root.key, newcomers=rows, now=now)
    if not Grant.objects.filter(key_id=new.id, revoked_at__isnull=True).exists():
        raise Invalid(
            f"{tree.node(due.organ).display_name}的{Purpose(due.purpose).label}密钥更新后无人持有，"
            "没有做任何改动：请先让接任的人设好口令，再用 --admit 一并放行。"
        )
    _record_renewal(root, due, new, now)
    for person in coming:
        record(
            organ=due.organ,
            actor=KEYHOLDERS,
            action="key_granted",
            object_kind="staff",
            object_id=person.staff.pk,
            detail={"purpose": due.purpose, "cards": root.cards},
            now=now,
        )
    return new


def _renew_below(root: OpenedRoot, tree: OrganTree, opened: Keys, now: dt.datetime) -> list[DueKey]:
    """Everything due that a key renewed just now may vouch for, down to the counties.

    At once, and not some at each sign-in: until then reports to an office nobody works at would be sealed to
    keys that lead to nobody.
    """
    done: list[DueKey] = []
    while True:
        before = len(done)
        for due in due_keys(tree):
            issuer = next(
                (opened[one] for one in issuers_of(tree, due.organ, due.purpose) if one in opened), None
            )
            if issuer is not None:
                new = put_in_force(tree, due.organ, due.purpose, issuer=issuer, now=now)
                opened[(due.organ, due.purpose)] = new
                _record_renewal(root, due, new, now)
                done.append(due)
        if len(done) == before:
            return done


def _record_renewal(root: OpenedRoot, due: DueKey, new: OpenKey, now: dt.datetime) -> None:
    record(
        organ=due.organ,
        actor=KEYHOLDERS,
        action="key_renewed",
        object_kind="key",
        object_id=new.id,
        detail={"purpose": due.purpose, "generation": new.generation, "cards": root.cards},
        now=now,
    )


def replace_card(
    root: OpenedRoot, *, number: int, passphrase: str, folder: Path, now: dt.datetime | None = None
) -> Path:
    """A new card for one keyholder; the old one opens nothing of this database from now on.

    All shares are made anew. Raises a `Refusal`; then neither card nor share has changed.
    """
    now = now or present()
    cards.check_card_passphrase(passphrase)
    cards.refuse_used_folder(folder, (number,))
    written: list[Path] = []
    try:
        with transaction.atomic():
            new = _next_keyholder(root, number, now)
            share_root(root.key, _keyholders())
            card = cards.lock_card(
                new, number=number, root=settings.YANLU_ROOT_FINGERPRINT, passphrase=passphrase
            )
            written.append(cards.write_card(card, folder))
            cards.open_card(cards.read_card(written[0]), passphrase)
            record(
                organ=organ_tree().topmost[0],
                actor=KEYHOLDERS,
                action="card_replaced",
                object_kind="key",
                object_id=new.id,
                detail={"card": number, "generation": new.generation, "cards": root.cards},
                now=now,
            )
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written[0]


def _next_keyholder(root: OpenedRoot, number: int, now: dt.datetime) -> OpenKey:
    path = cards.keyholder_path(number)
    rows = VaultKey.objects.filter(purpose=Purpose.KEYHOLDER, path=path)
    newest = rows.aggregate(newest=Max("generation"))["newest"] or 0
    rows.filter(superseded_at__isnull=True).update(superseded_at=now)
    new = make_key(path=path, purpose=Purpose.KEYHOLDER, issuer=root.key, now=now, generation=newest + 1)
    remembered.check(new.owner, new.purpose, new.generation, new.public)
    return new


def _keyholders() -> list[CertifiedKey]:
    rows = VaultKey.objects.filter(purpose=Purpose.KEYHOLDER, superseded_at__isnull=True)
    return [verify(row) for row in rows.order_by("owner")]

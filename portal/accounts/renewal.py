"""New generations of the offices' keys: when somebody has left, when an office is new or has moved.

What was sealed before stays sealed as it is; who may still read it keeps the old generation. Nothing here
needs a human judgement, so it is done when somebody signs in who holds the key that vouches (`tend_keys`).
"""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max

from portal import hooks
from portal.accounts.house_keys import (
    above,
    current_key_of,
    current_row,
    issuer_at_hand,
    issuers_of,
    upward_purpose,
)
from portal.accounts.models import Staff
from portal.accounts.signed_in import KEY_OF_ROLE, SignedIn, key_owner, key_path
from portal.audit.actions import record
from portal.common.errors import NotReady
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault import remembered
from portal.vault.certificates import ORGAN_PURPOSES, CertifiedKey, verify
from portal.vault.keys import OpenKey, certify, grant, make_key, vouched_for
from portal.vault.models import Grant, VaultKey
from portal.vault.primitives import Tampered

logger = logging.getLogger(__name__)
Purpose = VaultKey.Purpose
MOST_AT_ONCE = 64
"""Keys renewed at one sign-in; a house has hundreds, and people wait for the page."""


@dataclass(frozen=True, order=True)
class DueKey:
    """An organ's key that needs a new generation. `why`: missing, left (somebody has gone), above (what it
    leads to was renewed), newcomer (somebody comes and nobody there could hand the present one on).
    """

    organ: str
    purpose: str
    why: str


def due_keys(tree: OrganTree) -> list[DueKey]:
    """Every key of an organ at work that needs a new generation, the topmost organs first."""
    found = {(key.organ, key.purpose): key for key in (*_led_astray(), *_left(), *_missing(tree))}
    at_work = [key for key in found.values() if key.organ in tree and tree.node(key.organ).in_force]
    return sorted(at_work, key=lambda key: (len(tree.ancestors(key.organ)), key))


def keys_awaited(actor: SignedIn) -> list["Awaited"]:
    """What is due for the actor's own organ and those directly below, in words; nothing of others."""
    if not actor.staff.roles & set(KEY_OF_ROLE):
        return []
    tree = organ_tree()
    near = {actor.staff.organ_id, *tree.children(actor.staff.organ_id)}
    return [Awaited(due, in_words(tree, due)) for due in due_keys(tree) if due.organ in near]


@dataclass(frozen=True)
class Awaited:
    """A key that waits for its next generation, and the sentence that says so."""

    key: DueKey
    words: str


_WHY = {
    "missing": "尚未建立（单位新设或变动）",
    "left": "有人离岗，待更新",
    "above": "上级密钥已更新，待更新",
    "newcomer": "有新人到岗，随之更新",
}


def in_words(tree: OrganTree, due: DueKey) -> str:
    """Which key, why, and whose next sign-in brings it."""
    vouching = [
        f"{tree.node(owner).display_name}{'身份保管员' if kind == Purpose.CUSTODY else '监督员'}"
        for owner, kind in issuers_of(tree, due.organ, due.purpose)
    ]
    by = "或".join(vouching) + "登录时办理" if vouching else "须由根密钥持有人办理（vault renew）"
    label = VaultKey.Purpose(due.purpose).label
    return f"{tree.node(due.organ).display_name}的{label}密钥：{_WHY[due.why]}；{by}"


def _missing(tree: OrganTree) -> Iterable[DueKey]:
    """Organs that are new, or have moved: their keys carry another path."""
    paths = VaultKey.objects.filter(purpose__in=ORGAN_PURPOSES, superseded_at__isnull=True)
    current = {
        (owner, purpose): path for owner, purpose, path in paths.values_list("owner", "purpose", "path")
    }
    for node in tree:
        if node.in_force and node.kind != "outside":
            path = key_path(tree, node.code)
            for purpose in ORGAN_PURPOSES:
                if current.get((node.code, purpose)) != path:
                    yield DueKey(node.code, purpose, "missing")


def _left() -> Iterable[DueKey]:
    """Keys that somebody held who has gone since."""
    gone = Grant.objects.filter(
        revoked_for=Grant.Ended.LEFT, to__purpose=Purpose.PERSONAL, key__superseded_at__isnull=True
    )
    for owner, purpose in gone.values_list("key__owner", "key__purpose").distinct():
        yield DueKey(owner, purpose, "left")


def _led_astray() -> Iterable[DueKey]:
    """Keys granted to a key that has been superseded: whoever holds that one opens these as well."""
    astray = Grant.objects.filter(
        revoked_at__isnull=True,
        to__purpose__in=ORGAN_PURPOSES,
        to__superseded_at__isnull=False,
        key__superseded_at__isnull=True,
    )
    for owner, purpose in astray.values_list("key__owner", "key__purpose").distinct():
        yield DueKey(owner, purpose, "above")


def tend_keys(actor: SignedIn, *, now: dt.datetime, most: int = MOST_AT_ONCE) -> list[DueKey]:
    """Renew what is due and in this person's hands, then hand on what leads nowhere yet; returns what was
    renewed. A key that fails is left for the next session.
    """
    if not actor.staff.roles & set(KEY_OF_ROLE):
        return []
    tree, done = organ_tree(), list[DueKey]()
    for due in due_keys(tree):
        if len(done) >= most:
            break
        try:
            if renew_key(actor, tree, due.organ, due.purpose, now=now) is not None:
                done.append(due)
        except (Tampered, NotReady):
            logger.exception("key of %s (%s) was not renewed", due.organ, due.purpose)
    hand_on(actor, tree, now=now)
    if done:
        actor.keyring.forget_grants()
    return done


def renew_key(
    actor: SignedIn,
    tree: OrganTree,
    organ: str,
    purpose: str,
    *,
    now: dt.datetime,
    newcomer: VaultKey | None = None,
) -> OpenKey | None:
    """A new generation of an organ's key if the actor holds a key that vouches for it, else `None`.

    `newcomer`: a personal key that is vouched for and granted it along with the colleagues'. `None` as well
    where somebody else was faster. Raises `Tampered`, `NotReady`.
    """
    issuer = issuer_at_hand(actor.keyring, tree, organ, purpose)
    if issuer is None:
        return None
    try:
        with transaction.atomic():
            new = put_in_force(
                tree, organ, purpose, issuer=issuer, newcomers=(newcomer,) if newcomer else (), now=now
            )
            record(
                organ=organ,
                actor=actor.staff.username,
                action="key_renewed",
                object_kind="key",
                object_id=new.id,
                detail={"purpose": purpose, "generation": new.generation},
                now=now,
            )
    except IntegrityError:
        return None  # somebody else was faster
    return new


def put_in_force(
    tree: OrganTree,
    organ: str,
    purpose: str,
    *,
    issuer: OpenKey,
    now: dt.datetime,
    newcomers: Sequence[VaultKey] = (),
) -> OpenKey:
    """Make the next generation, supersede the present one, and put the new one where the old one was: with
    those entitled to it, above, and under everything the old one vouched for. In the caller's transaction.

    `newcomers`: personal keys the new one vouches for and is granted to besides.
    """
    old = current_row(organ, purpose)
    vouched = _vouched_by(old) if old is not None else []
    before = VaultKey.objects.filter(owner=organ, purpose=purpose).aggregate(newest=Max("generation"))[
        "newest"
    ]
    if old is not None:
        VaultKey.objects.filter(pk=old.pk, superseded_at__isnull=True).update(superseded_at=now)
    new = make_key(
        path=key_path(tree, organ), purpose=purpose, issuer=issuer, now=now, generation=(before or 0) + 1
    )
    for row in [*vouched, *newcomers]:
        if row.purpose == Purpose.PERSONAL:
            row.path = f"{new.path}/{row.owner}"
        certify(row, new)
    for row in newcomers:
        grant(new, verify(VaultKey.objects.get(pk=row.pk)), now=now)
    entitled = _entitled(organ, purpose, old)
    for person in entitled:
        grant(new, person, now=now)
    remembered.check(organ, purpose, new.generation, new.public)
    upper = above(tree, organ)
    in_care = purpose == Purpose.OVERSIGHT and not entitled and not newcomers
    if upper is not None and (purpose != Purpose.OVERSIGHT or in_care):
        grant(new, current_key_of(tree, upper, upward_purpose(purpose)), now=now)
    return new


def _vouched_by(old: VaultKey) -> list[VaultKey]:
    """The current keys this one vouches for, each proved; those of people who have gone are left out."""
    rows = VaultKey.objects.filter(issuer=old, superseded_at__isnull=True).order_by("pk")
    kept = []
    for row in rows:
        try:
            verify(row)
        except Tampered:
            continue
        kept.append(row)
    return kept


def _entitled(organ: str, purpose: str, old: VaultKey | None) -> list[CertifiedKey]:
    """The personal keys of everybody at the organ whose role needs this key and whom somebody let at it.

    A role alone entitles nobody: administrators give roles, colleagues who hold the key let people in. That
    they did is proved by the old key's own signature, not by a row.
    """
    if old is None:
        return []
    roles = [role for role, needed in KEY_OF_ROLE.items() if needed == purpose]
    people = [one for one in Staff.objects.filter(organ_id=organ, active=True) if one.roles & set(roles)]
    owners = [key_owner(one) for one in people]
    given = Grant.objects.filter(
        key=old, to__owner__in=owners, to__superseded_at__isnull=True, revoked_at__isnull=True
    )
    found = []
    for row in given.select_related("key", "to").order_by("to_id"):
        try:
            person = verify(row.to)
        except Tampered:
            continue  # not let in yet: a colleague compares the fingerprint first
        if vouched_for(row, person):
            found.append(person)
        else:
            hooks.tampering_noticed(what="grant", object_id=str(row.pk), owner=organ)
    return found


# --- what leads nowhere yet ----------------------------------------------------------------------------


def hand_on(actor: SignedIn, tree: OrganTree, *, now: dt.datetime) -> int:
    """Grant the older keys at hand of an organ that has moved or ended to where it belongs now.

    An organ that moved: to the one it stands under today. One that ended: its successor's own key for the
    same purpose. Returns how many were handed on.
    """
    count = 0
    for organ, purpose, key in _at_hand(actor, tree):
        for target, wanted in _destinations(tree, organ, purpose):
            if Grant.objects.filter(
                key_id=key.id, to__owner=target, to__purpose=wanted, revoked_at__isnull=True
            ).exists():
                continue
            try:
                to = current_key_of(tree, target, wanted)
            except (NotReady, Tampered):
                continue
            with transaction.atomic():
                grant(key, to, now=now)
                record(
                    organ=organ,
                    actor=actor.staff.username,
                    action="key_handed_on",
                    object_kind="key",
                    object_id=key.id,
                    detail={"purpose": purpose, "to": target},
                    now=now,
                )
            count += 1
    return count


def _at_hand(actor: SignedIn, tree: OrganTree) -> list[tuple[str, str, OpenKey]]:
    """Old generations of moved organs and all keys of ended ones, as far as this keyring opens them."""
    own = actor.staff.organ_id
    concerned = {own, *tree.children(own), *(node.code for node in tree if not node.in_force)}
    rows = VaultKey.objects.filter(owner__in=concerned, purpose__in=ORGAN_PURPOSES)
    found = []
    for row in rows.order_by("owner", "purpose", "generation"):
        moved_or_ended = not tree.node(row.owner).in_force or row.path != key_path(tree, row.owner)
        if moved_or_ended and (opened := actor.keyring.key(row.pk)) is not None:
            found.append((row.owner, row.purpose, opened))
    return found


def _destinations(tree: OrganTree, organ: str, purpose: str) -> list[tuple[str, str]]:
    successor = tree.current(organ)
    if not tree.node(organ).in_force:
        return [(successor, purpose)] if successor != organ and tree.node(successor).in_force else []
    upper = above(tree, organ)
    return [(upper, upward_purpose(purpose))] if upper is not None and purpose != Purpose.OVERSIGHT else []

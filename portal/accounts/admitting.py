"""Letting colleagues in: vouching for a personal key after comparing it, and granting what its roles need."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from portal import hooks
from portal.accounts.actions import audit_staff, purposes_for
from portal.accounts.house_keys import current_row
from portal.accounts.models import Staff
from portal.accounts.renewal import renew_key
from portal.accounts.signed_in import SignedIn, key_owner
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotFound
from portal.organs.queries import organ_tree
from portal.vault.certificates import public_half, verify
from portal.vault.keyring import current_personal_key
from portal.vault.keys import OpenKey, certify, fingerprint, grant
from portal.vault.models import Grant, VaultKey
from portal.vault.primitives import Tampered

Purpose = VaultKey.Purpose


@dataclass(frozen=True)
class Waiting:
    """A colleague whose key waits for somebody to vouch for it or to grant what their role needs."""

    staff: Staff
    fingerprint: str
    purposes: tuple[str, ...]


class NamedInReports(Invalid):
    """What the new keys would open has the colleague's name in it: to be lifted first, but for namesakes."""

    def __init__(self, named: list[hooks.NamedIn]) -> None:
        super().__init__(
            "授权后能打开的来件中写到了这个姓名。请先将涉及本人的来件密封径送；确属同名的，勾选后再授权。"
        )
        self.named = named


def waiting_for(actor: SignedIn) -> list[Waiting]:
    """Whom the actor could let in with the keys at hand: colleagues, and the first people of organs below.

    Once somebody below holds a key, it is theirs to let colleagues in.
    """
    own = actor.staff.organ_id
    below = organ_tree().children(own) if actor.staff.roles & {"supervisor", "custodian"} else ()
    people = Staff.objects.filter(organ_id__in=(own, *below), active=True).select_related("organ")
    people = people.order_by("organ_id", "username")
    keys = {
        key.owner: key
        for key in VaultKey.objects.filter(
            owner__in=[key_owner(staff) for staff in people],
            purpose=Purpose.PERSONAL,
            superseded_at__isnull=True,
        )
    }
    granted = _granted(keys.values())
    held_there = {(keys_organ, purpose) for _, keys_organ, purpose in granted}
    found = []
    for staff in people:
        key = keys.get(key_owner(staff))
        if key is None:
            continue
        missing = tuple(
            purpose
            for purpose in purposes_for(staff.roles)
            if (key.pk, staff.organ_id, purpose) not in granted
            and (staff.organ_id == own or (staff.organ_id, purpose) not in held_there)
            and actor.keyring.holding(staff.organ_id, purpose) is not None
        )
        if missing:
            found.append(Waiting(staff, fingerprint(public_half(key)), missing))
    return found


def _granted(keys: Iterable[VaultKey]) -> set[tuple[object, str, str]]:
    """(personal key, organ, purpose) of every current organ key these personal keys open."""
    rows = Grant.objects.filter(
        to__in=list(keys),
        revoked_at__isnull=True,
        key__superseded_at__isnull=True,
    )
    return set(rows.values_list("to_id", "key__owner", "key__purpose"))


def own_fingerprint(actor: SignedIn) -> str | None:
    """What the actor reads to a colleague while a key their roles need is still missing; else `None`.

    From the key that their own passphrase opened, not from the table: a swapped row must not read the same.
    """
    return fingerprint(actor.keyring.personal.public) if actor.waiting else None


def named_in_reach(actor: SignedIn, staff: Staff, purposes: Iterable[str]) -> list[hooks.NamedIn]:
    """What these keys of their organ would open to them that contains their own name."""
    organs = {
        Purpose.TRIAGE: (staff.organ_id,),
        Purpose.OVERSIGHT: organ_tree().children(staff.organ_id),
    }
    opened = [organ for purpose in purposes for organ in organs.get(Purpose(purpose), ())]
    return hooks.reports_naming(actor=actor, name=staff.display_name, organs=opened)


def admit(
    *,
    actor: SignedIn,
    staff: Staff,
    compared: str,
    namesake: bool = False,
    now: dt.datetime | None = None,
) -> tuple[str, ...]:
    """Vouch for a colleague's key and grant what their roles need, as far as the actor holds it.

    Every generation is granted, so that what was sealed earlier can be read. The first supervisor of an organ
    whose oversight lay with the one above gets a new generation of it. `compared` is the fingerprint the
    actor compared with the colleague. Returns the purposes granted. Raises `NotFound` for staff of an organ
    that is neither the actor's nor directly below, `Invalid` for another key or where nothing can be granted,
    and `NamedInReports` while what the keys would open contains their name, unless it is a `namesake`.
    """
    now = now or present()
    if staff.organ_id not in {actor.staff.organ_id, *organ_tree().children(actor.staff.organ_id)}:
        raise NotFound
    row = current_personal_key(key_owner(staff))
    if row is None:
        raise Invalid("这位同事还没有设置口令。")
    if fingerprint(public_half(row)) != compared:
        raise Invalid("指纹已与核对时不同，没有授权。请与本人重新核对，并告知系统管理员。")
    held = {
        p: keys
        for p in purposes_for(staff.roles)
        if (keys := list(actor.keyring.generations(staff.organ_id, p)))
    }
    if not held:
        raise Invalid("没有可以授予的密钥。")
    for purpose, keys in held.items():
        newest = current_row(staff.organ_id, purpose)
        if newest is None or newest.pk != keys[0].id:
            raise Invalid("单位的密钥已经更新，您手中的是旧密钥；请先由同事或上级院为您授予新密钥。")
    named = named_in_reach(actor, staff, held)
    if named and not namesake:
        raise NamedInReports(named)
    with transaction.atomic():
        if named:
            audit_staff(actor, "namesake_confirmed", staff, now, count=str(len(named)))
        for purpose, keys in held.items():
            _admit_to(actor, staff, row, purpose, keys, now)
            audit_staff(actor, "key_granted", staff, now, purpose=purpose)
    return tuple(held)


def _admit_to(
    actor: SignedIn, staff: Staff, row: VaultKey, purpose: str, keys: list[OpenKey], now: dt.datetime
) -> None:
    row.refresh_from_db()
    if purpose == Purpose.OVERSIGHT and _in_care(keys[0]):
        renew_key(actor, organ_tree(), staff.organ_id, purpose, now=now, newcomer=row)
        row = VaultKey.objects.get(pk=row.pk)
    for key in keys:
        grant_to_person(key, row, now=now)


def _in_care(key: OpenKey) -> bool:
    """Whether an organ's oversight key lies with the organ above, because nobody there holds it yet."""
    return Grant.objects.filter(
        key_id=key.id, to__purpose=Purpose.OVERSIGHT, revoked_at__isnull=True
    ).exists()


def grant_to_person(key: OpenKey, row: VaultKey, *, now: dt.datetime) -> None:
    """Certify a personal key by the key about to be granted, unless it is vouched for, and grant."""
    try:
        certified = verify(row)
    except Tampered:
        certify(row, key)
        certified = verify(VaultKey.objects.get(pk=row.pk))
    grant(key, certified, now=now)

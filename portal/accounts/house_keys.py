"""The keys of the offices: which there are, who vouches for each, and where their private halves lead.

A house is founded with keys for every office at once, so that a report to an office nobody works at yet is
sealed like any other; what nobody there holds lies with the office above (ADR 8).
"""

import datetime as dt
from collections.abc import Collection

from django.conf import settings

from portal.accounts.signed_in import key_path
from portal.organs.tree import OrganTree
from portal.vault.certificates import ORGAN_PURPOSES, CertifiedKey, certified_key, verify
from portal.vault.keyring import Keyring
from portal.vault.keys import OpenKey, adopt_public_key, grant, make_key
from portal.vault.models import VaultKey

Purpose = VaultKey.Purpose
Keys = dict[tuple[str, str], OpenKey]
"""Open keys by organ and purpose."""


def above(tree: OrganTree, organ: str) -> str | None:
    """The office whose keys this one's lead up to: the parent, for the topmost the special office."""
    if tree.node(organ).kind != "procuratorate":
        return None  # nothing leaves a special office
    return tree.parent(organ) or tree.special_office


def upward_purpose(purpose: str) -> str:
    """Which key of the office above opens this one: custody its custody, the others its oversight."""
    return Purpose.CUSTODY if purpose == Purpose.CUSTODY else Purpose.OVERSIGHT


def issuers_of(tree: OrganTree, organ: str, purpose: str) -> list[tuple[str, str]]:
    """The (organ, purpose) of the keys that may vouch for this one; none where only the root may."""
    found = [(organ, str(Purpose.OVERSIGHT))] if purpose == Purpose.TRIAGE else []
    parent = tree.parent(organ)
    if parent is not None:
        found.append((parent, upward_purpose(purpose)))
    return found


def issuer_at_hand(keyring: Keyring, tree: OrganTree, organ: str, purpose: str) -> OpenKey | None:
    """A current key in this keyring that may vouch for the organ's key, if any. Raises `Tampered`."""
    for owner, kind in issuers_of(tree, organ, purpose):
        row = current_row(owner, kind)
        if row is not None and row.path == key_path(tree, owner):
            opened = keyring.key(row.pk)
            if opened is not None:
                return opened
    return None


def current_row(owner: str, purpose: str) -> VaultKey | None:
    """The row of the generation in force, whatever path it carries."""
    return VaultKey.objects.filter(owner=owner, purpose=purpose, superseded_at__isnull=True).first()


def current_key_of(tree: OrganTree, organ: str, purpose: str) -> CertifiedKey:
    """The organ's certified key. Raises `NotReady`, `Tampered`."""
    return certified_key(key_path(tree, organ), purpose)


def found_keys(tree: OrganTree, root: OpenKey, *, staffed: Collection[str], now: dt.datetime) -> Keys:
    """Make and vouch for the keys of every organ in force; grant them upward, in the caller's transaction.

    `staffed`: the organs where a supervisor takes the oversight key over at once; that of the others lies
    with the organ above until one joins. Who is granted the rest is the caller's to do.
    """
    keys: Keys = {}
    in_force = (node for node in tree if node.in_force)
    for node in sorted(in_force, key=lambda node: len(tree.ancestors(node.code))):
        if node.kind == "outside" and settings.YANLU_EXTERNAL_KEY:
            _adopt_outside(key_path(tree, node.code), root, now)
            continue
        for purpose in ORGAN_PURPOSES:
            parent = tree.parent(node.code)
            issuer = keys[(parent, upward_purpose(purpose))] if parent else root
            keys[(node.code, purpose)] = make_key(
                path=key_path(tree, node.code), purpose=purpose, issuer=issuer, now=now
            )
    above_them = {key.id: verify(VaultKey.objects.get(pk=key.id)) for key in (root, *_uppers(tree, keys))}
    for (organ, kind), key in keys.items():
        to = _granted_to(tree, keys, root, organ, kind, staffed=staffed)
        if to is not None:
            grant(key, above_them[to.id], now=now)
    return keys


def _adopt_outside(path: str, root: OpenKey, now: dt.datetime) -> None:
    sealing = bytes.fromhex(settings.YANLU_EXTERNAL_KEY)
    for purpose in (Purpose.TRIAGE, Purpose.CUSTODY):
        adopt_public_key(path=path, purpose=purpose, sealing=sealing, issuer=root, now=now)


def _uppers(tree: OrganTree, keys: Keys) -> list[OpenKey]:
    """The keys that others are granted to."""
    organs = {upper for organ, _ in keys if (upper := above(tree, organ)) is not None}
    return [keys[(organ, purpose)] for organ in organs for purpose in (Purpose.OVERSIGHT, Purpose.CUSTODY)]


def _granted_to(
    tree: OrganTree, keys: Keys, root: OpenKey, organ: str, purpose: str, *, staffed: Collection[str]
) -> OpenKey | None:
    if tree.node(organ).kind == "outside":
        return root if purpose != Purpose.OVERSIGHT else None
    upper = above(tree, organ)
    if upper is None or (purpose == Purpose.OVERSIGHT and organ in staffed):
        return None
    return keys[(upper, upward_purpose(purpose))]

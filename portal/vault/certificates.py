"""Who vouches for a key: a chain of signatures up to the root whose fingerprint is pinned in settings.

The path of the owner is signed with the key. An issuer vouches only for its own organ or for what lies
directly below its own path, so the accused's keys can never vouch for a key above them, whatever stands in
the database (ADR 1, ADR 8). A superseded key vouches for nothing, and no generation comes back
(`portal.vault.remembered`).
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from portal import hooks
from portal.common.errors import NotReady
from portal.vault import remembered
from portal.vault.models import VaultKey
from portal.vault.primitives import PublicHalf, Tampered, digest, pack, suite_of

Purpose = VaultKey.Purpose
ORGAN_PURPOSES = (Purpose.OVERSIGHT, Purpose.TRIAGE, Purpose.CUSTODY)
"""The keys every organ has."""

ROOT_PATH = "root"
DEMO_ROOT_PATH = "root:demo"
"""A demo vault says so in the path its root key signs; nothing can make it a real one later."""


@dataclass(frozen=True)
class CertifiedKey:
    """A public key whose certificate was followed to the pinned root just now."""

    id: UUID
    path: str
    purpose: str
    generation: int
    public: PublicHalf


def expected_root_path() -> str:
    """The path a root must carry here: demo vaults and real ones never stand in for each other."""
    return DEMO_ROOT_PATH if settings.YANLU_DEMO else ROOT_PATH


def statement(*, path: str, purpose: str, generation: int, suite: int, public: PublicHalf) -> bytes:
    """What a certificate signs."""
    return pack("yanlu-certificate-1", suite, path, purpose, generation, public.sealing, public.certifying)


def root_fingerprint(path: str, public: PublicHalf) -> str:
    """The fingerprint of a root key, 64 hex digits."""
    return digest("yanlu-root-1", path, public.sealing, public.certifying, person="yanlu-root").hex()


def parent_path(path: str) -> str:
    """The path above; empty for the topmost organs."""
    return path.rpartition("/")[0]


def public_half(key: VaultKey) -> PublicHalf:
    """The public halves of a row, unverified."""
    return PublicHalf(sealing=bytes(key.sealing_public), certifying=bytes(key.certifying_public))


def owner_of(path: str) -> str:
    """The last step of a path: the organ's code, `staff:<id>`, or the root itself."""
    return path.rpartition("/")[2]


def _may_issue(issuer: VaultKey, key: VaultKey) -> bool:
    """Who vouches for whom (ADR 8): the organ above; for its triage key an organ's own oversight as well."""
    segments = key.path.split("/")
    if len(set(segments)) != len(segments):
        return False  # an owner that stands above itself
    above = parent_path(key.path)
    if key.purpose == Purpose.KEYHOLDER:
        return issuer.purpose == Purpose.ROOT and issuer.path == above
    if key.purpose == Purpose.PERSONAL:
        return issuer.path == above and issuer.purpose in ORGAN_PURPOSES
    if key.purpose == Purpose.TRIAGE and issuer.path == key.path:
        return issuer.purpose == Purpose.OVERSIGHT
    if not above:
        return issuer.purpose == Purpose.ROOT
    vouching = Purpose.CUSTODY if key.purpose == Purpose.CUSTODY else Purpose.OVERSIGHT
    return issuer.path == above and issuer.purpose == vouching


@lru_cache(maxsize=4096)
def _signature_holds(certifying: bytes, signed: bytes, signature: bytes) -> bool:
    suite_of(signature).verify(certifying, signed, signature)
    return True


def verify(key: VaultKey) -> CertifiedKey:
    """The key as certified. Raises `Tampered` when its chain does not reach the pinned root.

    Every link must be the current generation, the newest this node has seen.
    """
    public, link, depth = public_half(key), key, 0
    chain = [key]
    while link.purpose != Purpose.ROOT:
        if link.superseded_at is not None or link.owner != owner_of(link.path):
            raise Tampered
        issuer = _issuer(link)
        if issuer is None or link.certificate is None or not _may_issue(issuer, link) or depth > 8:
            raise Tampered
        signed = statement(
            path=link.path,
            purpose=link.purpose,
            generation=link.generation,
            suite=link.suite,
            public=public_half(link),
        )
        _signature_holds(bytes(issuer.certifying_public), signed, bytes(link.certificate))
        link, depth = issuer, depth + 1
        chain.append(link)
    if link.path != expected_root_path():
        raise Tampered
    if root_fingerprint(link.path, public_half(link)) != settings.YANLU_ROOT_FINGERPRINT:
        raise Tampered
    for one in chain:
        remembered.check(one.owner, one.purpose, one.generation, public_half(one))
    return CertifiedKey(
        id=key.id, path=key.path, purpose=key.purpose, generation=key.generation, public=public
    )


def _issuer(key: VaultKey) -> VaultKey | None:
    return key.issuer if key.issuer_id else None


CHAIN = "issuer__issuer__issuer__issuer__issuer"
_PROVED_MOST = 4096
_proved: set[tuple[object, ...]] = set()
"""Rows whose chain was followed to the pinned root, by all that was signed: an equal row is proved too."""


def _verified(row: VaultKey) -> CertifiedKey:
    public = public_half(row)
    content = (
        settings.YANLU_ROOT_FINGERPRINT,
        expected_root_path(),
        remembered.edition(),
        *(row.id, row.path, row.purpose, row.generation, row.suite, row.issuer_id),
        *(public.sealing, public.certifying, bytes(row.certificate or b"")),
    )
    if content in _proved:
        return CertifiedKey(row.id, row.path, row.purpose, row.generation, public)
    whole = VaultKey.objects.select_related(CHAIN).get(pk=row.pk)
    try:
        certified = verify(whole)
    except Tampered:
        hooks.tampering_noticed(what="key", object_id=str(row.pk), owner=row.owner)
        raise
    content = (*content[:2], remembered.edition(), *content[3:])
    if certified != CertifiedKey(row.id, row.path, row.purpose, row.generation, public):
        raise Tampered
    if len(_proved) >= _PROVED_MOST:
        _proved.clear()
    _proved.add(content)
    return certified


def certified_keys(wanted: list[tuple[str, str]]) -> list[CertifiedKey]:
    """The current key of each (path, purpose), in that order, each verified; one query once proved.

    Raises `NotReady` when one does not exist yet, `Tampered` when one is not vouched for.
    """
    rows = VaultKey.objects.filter(
        path__in={path for path, _ in wanted},
        purpose__in={purpose for _, purpose in wanted},
        superseded_at__isnull=True,
    )
    found = {(row.path, row.purpose): row for row in rows}
    if any(want not in found for want in wanted):
        raise NotReady
    return [_verified(found[want]) for want in wanted]


def certified_key(path: str, purpose: str) -> CertifiedKey:
    """The current key of one owner for one purpose. Raises as `certified_keys`."""
    return certified_keys([(path, purpose)])[0]

"""Making keys, vouching for them, and handing their private halves on."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from portal.vault.certificates import CertifiedKey, owner_of, public_half, root_fingerprint, statement
from portal.vault.models import Grant, VaultKey
from portal.vault.primitives import (
    CURRENT,
    PrivateHalf,
    PublicHalf,
    Tampered,
    digest,
    new_secret,
    pack,
    suite_numbered,
    suite_of,
    unpack,
)

Purpose = VaultKey.Purpose


@dataclass(frozen=True)
class OpenKey:
    """A key with its private half in memory. Never stored, never printed."""

    id: UUID
    path: str
    purpose: str
    generation: int
    suite: int
    """The suite by which its halves grow from the seed, whatever suite is current now."""
    seed: bytes = field(repr=False)

    @property
    def owner(self) -> str:
        """Whose key it is: an organ's code, `staff:<id>`, the root."""
        return owner_of(self.path)

    @cached_property
    def private(self) -> PrivateHalf:
        """What opens boxes and signs. Raises `Tampered` for an unknown suite."""
        return suite_numbered(self.suite).private_half(self.seed)

    @cached_property
    def public(self) -> PublicHalf:
        """The public halves that grow from the seed. Raises `Tampered` for an unknown suite."""
        return suite_numbered(self.suite).public_half(self.seed)


def _new_row(*, path: str, purpose: str, generation: int, public: PublicHalf, now: dt.datetime) -> VaultKey:
    return VaultKey(
        owner=owner_of(path),
        path=path,
        purpose=purpose,
        generation=generation,
        suite=CURRENT.number,
        sealing_public=public.sealing,
        certifying_public=public.certifying,
        created_at=now,
    )


def opened(row: VaultKey, seed: bytes) -> OpenKey:
    """The key of this row with this seed, which must grow into its public halves. Raises `Tampered`."""
    key = OpenKey(
        id=row.id,
        path=row.path,
        purpose=row.purpose,
        generation=row.generation,
        suite=row.suite,
        seed=seed,
    )
    if key.public != public_half(row):
        raise Tampered
    return key


def make_root(*, path: str, now: dt.datetime) -> tuple[OpenKey, str]:
    """A new root key and its fingerprint, which belongs into settings."""
    seed = new_secret()
    row = _new_row(path=path, purpose=Purpose.ROOT, generation=1, public=CURRENT.public_half(seed), now=now)
    row.save(force_insert=True)
    return opened(row, seed), root_fingerprint(path, public_half(row))


def make_key(
    *, path: str, purpose: str, issuer: OpenKey | None, now: dt.datetime, generation: int = 1
) -> OpenKey:
    """A new key; certified when an issuer is given, else waiting for one (a person's, before joining)."""
    seed = new_secret()
    row = _new_row(
        path=path, purpose=purpose, generation=generation, public=CURRENT.public_half(seed), now=now
    )
    if issuer is not None:
        _sign(row, issuer)
    row.save(force_insert=True)
    return opened(row, seed)


def adopt_public_key(
    *, path: str, purpose: str, sealing: bytes, issuer: OpenKey, now: dt.datetime
) -> VaultKey:
    """Certify a sealing key whose private half lies elsewhere (the external body above the top)."""
    row = _new_row(path=path, purpose=purpose, generation=1, public=PublicHalf(sealing, sealing), now=now)
    _sign(row, issuer)
    row.save(force_insert=True)
    return row


def _sign(row: VaultKey, issuer: OpenKey) -> None:
    signed = statement(
        path=row.path,
        purpose=row.purpose,
        generation=row.generation,
        suite=row.suite,
        public=public_half(row),
    )
    row.certificate = CURRENT.sign(issuer.private, signed)
    row.issuer_id = issuer.id


def certify(row: VaultKey, issuer: OpenKey) -> None:
    """Vouch for a key under the path it carries; the caller has made sure whose it is."""
    _sign(row, issuer)
    row.save(update_fields=["certificate", "issuer", "path"])


def fingerprint(half: PublicHalf) -> str:
    """A short form of a personal key for two people to compare aloud: six groups of four digits (80 bits)."""
    number = int.from_bytes(digest(half.sealing, half.certifying, person="yanlu-finger"), "big")
    digits = f"{number % 10**24:024d}"
    return " ".join(digits[at : at + 4] for at in range(0, 24, 4))


def grant(key: OpenKey, to: CertifiedKey, *, now: dt.datetime) -> Grant:
    """Seal the private half of `key` to a certified key; giving it twice changes nothing."""
    message = pack("yanlu-grant-1", key.id.bytes, to.id.bytes, to.generation, key.seed)
    made, _ = Grant.objects.get_or_create(
        key_id=key.id,
        to_id=to.id,
        revoked_at=None,
        defaults={
            "sealed": CURRENT.seal(to.public.sealing, message),
            "voucher": CURRENT.sign(key.private, _vouched(key.id, to)),
            "created_at": now,
        },
    )
    return made


def _vouched(key: UUID, to: CertifiedKey) -> bytes:
    halves = to.public.sealing, to.public.certifying
    return pack("yanlu-voucher-1", key.bytes, to.id.bytes, to.generation, *halves)


def vouched_for(row: Grant, to: CertifiedKey) -> bool:
    """Whether somebody who held the key made this grant: a row anybody else wrote entitles nobody."""
    voucher = bytes(row.voucher)
    try:
        suite_of(voucher).verify(public_half(row.key).certifying, _vouched(row.key_id, to), voucher)
    except Tampered:
        return False
    return True


def open_grant(row: Grant, holder: OpenKey) -> OpenKey:
    """The granted key. Raises `Tampered` for a forged, moved or foreign grant.

    A forger can seal any seed, so the seed must grow into exactly the public halves of the key named,
    and the message must name this key and this holder.
    """
    box = bytes(row.sealed)
    parts = unpack(suite_of(box).unseal(holder.private, box))
    if len(parts) != 5:
        raise Tampered
    label, key_id, to_id, generation, seed = parts
    if label != b"yanlu-grant-1" or key_id != row.key_id.bytes or to_id != holder.id.bytes:
        raise Tampered
    if generation != str(holder.generation).encode():
        raise Tampered
    return opened(row.key, seed)

"""Random, versioned keys of the node: the master key wraps them and does nothing else."""

import datetime as dt
from functools import lru_cache

from django.conf import settings
from django.db import connection, transaction

from portal.common.errors import NotReady
from portal.vault.models import PurposeKey
from portal.vault.primitives import CURRENT, KEY_BYTES, Tampered, new_secret, pack, suite_of


def _master_key() -> bytes:
    try:
        key = bytes.fromhex(settings.YANLU_MASTER_KEY)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise NotReady
    return key


def wrap(secret: bytes, name: str) -> bytes:
    """A node secret under the master key, bound to its name. Raises `NotReady` without a master key."""
    return CURRENT.encrypt(_master_key(), secret, pack("yanlu-wrap", name))


def unwrap(wrapped: bytes, name: str) -> bytes:
    """The node secret again. Raises `Tampered` or `NotReady`."""
    return suite_of(wrapped).decrypt(_master_key(), wrapped, pack("yanlu-wrap", name))


def _name(purpose: str, version: int) -> str:
    return f"purpose/{purpose}/{version}"


@lru_cache(maxsize=64)
def _unwrapped(master: str, purpose: str, version: int, wrapped: bytes) -> bytes:
    """Cached by what was read, so a changed row is never answered from memory."""
    return unwrap(wrapped, _name(purpose, version))


_ACTIVE = (
    "SELECT purpose, version, wrapped FROM vault_purpose_key WHERE retired_at IS NULL ORDER BY version DESC"
)
ActiveKeys = dict[str, list[tuple[int, bytes]]]
"""Usable keys by purpose as (version, key), newest first."""


def active_keys(*purposes: str) -> ActiveKeys:
    """The usable keys of each purpose as (version, key), newest first. Raises `NotReady` if one has none."""
    found: ActiveKeys = {purpose: [] for purpose in purposes}
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE)  # plain SQL: every public request reads this, the ORM would take most of it
        for purpose, version, wrapped in cursor.fetchall():
            if purpose in found:
                key = _unwrapped(settings.YANLU_MASTER_KEY, purpose, version, bytes(wrapped))
                found[purpose].append((version, key))
    if not all(found.values()):
        raise NotReady
    return found


def current_key(purpose: str) -> tuple[int, bytes]:
    """The newest key of a purpose as (version, key). Raises `NotReady`."""
    return active_keys(purpose)[purpose][0]


def key_of_version(purpose: str, version: int) -> bytes:
    """One particular key. Raises `NotReady` when it is gone."""
    row = PurposeKey.objects.filter(purpose=purpose, version=version).first()
    if row is None:
        raise NotReady
    return _unwrapped(settings.YANLU_MASTER_KEY, purpose, version, bytes(row.wrapped))


def make_missing(*, now: dt.datetime) -> list[str]:
    """Make the first key of every purpose that has none; returns their names."""
    made = []
    with transaction.atomic():
        for purpose in PurposeKey.Purpose.values:
            if not PurposeKey.objects.filter(purpose=purpose).exists():
                wrapped = wrap(new_secret(), _name(purpose, 1))
                PurposeKey.objects.create(purpose=purpose, version=1, wrapped=wrapped, created_at=now)
                made.append(purpose)
    return made


def unopened() -> list[str]:
    """The stored keys, as "purpose/version", that this master key does not open.

    Raises `NotReady` without a master key.
    """
    closed = []
    for row in PurposeKey.objects.order_by("purpose", "version"):
        try:
            unwrap(bytes(row.wrapped), _name(row.purpose, row.version))
        except Tampered:
            closed.append(f"{row.purpose}/{row.version}")
    return closed

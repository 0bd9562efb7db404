"""Random, versioned keys of the node: the master key wraps them and does nothing else.

The newest version of a purpose makes new things; the older ones go on opening what they made.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction

from portal.common.errors import NotReady
from portal.vault.master_keys import MasterKeys, master_keys, opens_under_the_first, unwrap, wrap
from portal.vault.models import PassphraseLock, PurposeKey
from portal.vault.primitives import Tampered, new_secret

Purpose = PurposeKey.Purpose
TOGETHER = (Purpose.RECEIPT.value, Purpose.LOOKUP.value)
"""A report remembers one number for both, so they are renewed together and stay on the same version."""
RENEWABLE = tuple(purpose for purpose in Purpose.values if purpose != Purpose.LOOKUP)
"""What can be asked for; `receipt` renews `lookup` as well."""
OUTLIVED = dt.timedelta(days=180)
"""A version may retire when another took over so long ago: no device cookie lives longer."""


def _name(purpose: str, version: int) -> str:
    return f"purpose/{purpose}/{version}"


_Row = tuple[str, int, bytes]


@dataclass(frozen=True, slots=True)
class _Opened:
    """Keys opened earlier, by what was read: a changed row is never answered from memory."""

    masters: MasterKeys
    keys: dict[_Row, bytes]


# Replaced whole when the master keys change or a row is gone, so that neither is kept in memory.
_opened = _Opened((), {})


def _unwrapped(masters: MasterKeys, row: _Row) -> bytes:
    global _opened  # noqa: PLW0603  one cache per process
    opened = _opened
    if opened.masters != masters:
        opened = _opened = _Opened(masters, {})
    key = opened.keys.get(row)
    if key is None:
        purpose, version, wrapped = row
        key = opened.keys[row] = unwrap(wrapped, _name(purpose, version), masters)
    return key


def _keep_only(rows: list[_Row]) -> None:
    """Forget opened keys that are not stored any more."""
    global _opened  # noqa: PLW0603
    if len(_opened.keys) > len(rows):
        stored = set(rows)
        kept = {row: key for row, key in _opened.keys.items() if row in stored}
        _opened = _Opened(_opened.masters, kept)


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
        rows = [(purpose, version, bytes(wrapped)) for purpose, version, wrapped in cursor.fetchall()]
    masters = master_keys()  # after the rows: what wrapped them is in the file by now
    _keep_only(rows)
    for row in rows:
        if row[0] in found:
            found[row[0]].append((row[1], _unwrapped(masters, row)))
    if not all(found.values()):
        raise NotReady
    return found


def current_key(purpose: str) -> tuple[int, bytes]:
    """The newest key of a purpose as (version, key). Raises `NotReady`."""
    return active_keys(purpose)[purpose][0]


def key_of_version(purpose: str, version: int) -> bytes:
    """One particular key. Raises `NotReady` when it is gone."""
    row = PurposeKey.objects.filter(purpose=purpose, version=version, retired_at__isnull=True).first()
    if row is None:
        raise NotReady
    return _unwrapped(master_keys(), (purpose, version, bytes(row.wrapped)))


def make_missing(*, now: dt.datetime) -> list[str]:
    """Make the first key of every purpose that has none; returns their names."""
    made = []
    with transaction.atomic():
        for purpose in Purpose.values:
            if not PurposeKey.objects.filter(purpose=purpose).exists():
                _make(purpose, 1, now)
                made.append(purpose)
    return made


def _make(purpose: str, version: int, now: dt.datetime) -> None:
    wrapped = wrap(new_secret(), _name(purpose, version))
    PurposeKey.objects.create(purpose=purpose, version=version, wrapped=wrapped, created_at=now)


def stored_keys_locked() -> list[PurposeKey]:
    """Every stored key, locked until the transaction ends: who renews, wraps anew or retires waits here."""
    rows = PurposeKey.objects.select_for_update().order_by("purpose", "version")
    list(rows)  # wait; what the one before added only a second look shows
    return list(rows.all())


def make_next(purpose: str, *, now: dt.datetime) -> int:
    """A new version of one of `RENEWABLE`, for whatever is made from now on; returns its number.

    Call in a transaction. Raises `NotReady` without a first version, or without a master key.
    """
    stored = stored_keys_locked()
    purposes = TOGETHER if purpose in TOGETHER else (purpose,)
    versions = [row.version for row in stored if row.purpose in purposes]
    if not versions:
        raise NotReady
    for each in purposes:
        _make(each, max(versions) + 1, now)
    return max(versions) + 1


def retire_outlived(*, now: dt.datetime) -> list[tuple[str, int]]:
    """Destroy the versions that nothing needs any more; returns them as (purpose, version).

    `device`: half a year after the next version came, when the cookies made with it have expired. `pepper`:
    the same, once no passphrase lies under it. The others never. Call in a transaction.
    """
    gone = []
    stored = stored_keys_locked()
    peppers = set(PassphraseLock.objects.order_by().values_list("pepper_version", flat=True).distinct())
    for row in stored:
        later = [
            one.created_at for one in stored if (one.purpose, one.version - 1) == (row.purpose, row.version)
        ]
        outlived = bool(later) and later[0] <= now - OUTLIVED and row.retired_at is None
        in_use = row.purpose == Purpose.PEPPER and row.version in peppers
        if outlived and not in_use and row.purpose in {Purpose.DEVICE, Purpose.PEPPER}:
            PurposeKey.objects.filter(pk=row.pk).update(retired_at=now, wrapped=b"")
            gone.append((row.purpose, row.version))
    return gone


def rewrap_stored() -> int:
    """Put every stored key under the newest master key; returns how many were not. Call in a transaction.

    Raises `Tampered` for a key that none of the master keys opens: then nothing may be changed.
    """
    changed = 0
    for row in stored_keys_locked():
        name = _name(row.purpose, row.version)
        if row.retired_at is None and not opens_under_the_first(bytes(row.wrapped), name):
            again = wrap(unwrap(bytes(row.wrapped), name), name)
            PurposeKey.objects.filter(pk=row.pk).update(wrapped=again)
            changed += 1
    return changed


def unopened(masters: MasterKeys | None = None) -> list[str]:
    """The stored keys, as "purpose/version", that these master keys, or those in force, do not open.

    Raises `NotReady` without a master key.
    """
    closed = []
    for row in PurposeKey.objects.filter(retired_at__isnull=True).order_by("purpose", "version"):
        try:
            unwrap(bytes(row.wrapped), _name(row.purpose, row.version), masters)
        except Tampered:
            closed.append(f"{row.purpose}/{row.version}")
    return closed

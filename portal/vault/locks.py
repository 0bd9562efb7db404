"""A personal key under a passphrase. Opening the lock is the password check; no hash is stored."""

import datetime as dt
import threading
from typing import Any

from django.conf import settings

from portal.common.sqlite.wal import fold_wal
from portal.vault.keys import OpenKey, make_key, opened
from portal.vault.models import PassphraseLock, PurposeKey, VaultKey
from portal.vault.primitives import CURRENT, SALT_BYTES, new_secret, pack, suite_of
from portal.vault.purpose_keys import current_key, key_of_version

_PASSES = 2
_SLOTS = threading.BoundedSemaphore(4)
"""At most so many passphrase checks at once per process: each takes memory on purpose."""


def _context(key: VaultKey | OpenKey) -> bytes:
    return pack("yanlu-lock-1", key.id.bytes, key.owner)


def _locked(key: OpenKey, passphrase: str) -> dict[str, Any]:
    """The columns of a new lock: a salt of its own, today's pepper, today's cost."""
    version, pepper = current_key(PurposeKey.Purpose.PEPPER)
    salt, kib = new_secret(SALT_BYTES), settings.YANLU_ARGON2_KIB
    with _SLOTS:
        stretched = CURRENT.stretch(passphrase, salt, pepper=pepper, kib=kib, passes=_PASSES)
    return {
        "salt": salt,
        "memory_kib": kib,
        "passes": _PASSES,
        "pepper_version": version,
        "locked_seed": CURRENT.encrypt(stretched, key.seed, _context(key)),
    }


def make_personal_key(*, path: str, passphrase: str, now: dt.datetime, generation: int = 1) -> OpenKey:
    """A person's new key under their passphrase, waiting for a colleague to vouch for it."""
    key = make_key(path=path, purpose=VaultKey.Purpose.PERSONAL, issuer=None, now=now, generation=generation)
    PassphraseLock.objects.create(key_id=key.id, **_locked(key, passphrase))
    return key


def open_personal_key(key: VaultKey, passphrase: str) -> OpenKey:
    """The person's key. Raises `Tampered` for a wrong passphrase, which looks like any other change."""
    lock = key.lock
    pepper = key_of_version(PurposeKey.Purpose.PEPPER, lock.pepper_version)
    locked = bytes(lock.locked_seed)
    suite = suite_of(locked)
    with _SLOTS:
        stretched = suite.stretch(
            passphrase, bytes(lock.salt), pepper=pepper, kib=lock.memory_kib, passes=lock.passes
        )
    return opened(key, suite.decrypt(stretched, locked, _context(key)))


def new_lock(key: OpenKey, passphrase: str) -> PassphraseLock:
    """The same key under a passphrase, not saved yet; as slow as a check, so not for a transaction."""
    return PassphraseLock(key_id=key.id, **_locked(key, passphrase))


def relock(was: PassphraseLock, new: PassphraseLock) -> bool:
    """Put a new lock of the same key in the place of `was`; false where that is not the lock any more."""
    columns = ("salt", "memory_kib", "passes", "pepper_version", "locked_seed")
    same = PassphraseLock.objects.filter(key_id=was.key_id, salt=bytes(was.salt))
    return bool(same.update(**{column: getattr(new, column) for column in columns}))


def renew_lock(key: VaultKey, opened: OpenKey, passphrase: str) -> bool:
    """Make a lock of an older pepper, suite or lower cost anew; whether it was one.

    `key` with the lock that `passphrase` has just opened. One that was changed meanwhile is left alone, or
    this would bring the old passphrase back.
    """
    lock = key.lock
    version, _ = current_key(PurposeKey.Purpose.PEPPER)
    cheaper = lock.memory_kib < settings.YANLU_ARGON2_KIB or lock.passes < _PASSES
    other_suite = suite_of(bytes(lock.locked_seed)).number != CURRENT.number
    if lock.pepper_version >= version and not cheaper and not other_suite:
        return False
    renewed = relock(lock, new_lock(opened, passphrase))
    if renewed:
        fold_wal()  # or the weaker lock would still lie in SQLite's log
    return renewed


def spend_a_check() -> None:
    """Take as long as a real check, for a username that does not exist."""
    with _SLOTS:
        CURRENT.stretch(
            "no such person",
            bytes(SALT_BYTES),
            pepper=bytes(32),
            kib=settings.YANLU_ARGON2_KIB,
            passes=_PASSES,
        )

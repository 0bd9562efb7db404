"""A personal key under a passphrase. Opening the lock is the password check; no hash is stored."""

import datetime as dt
import threading
from typing import Any

from django.conf import settings
from django.db import transaction

from portal.vault.certificates import public_half
from portal.vault.keys import OpenKey, make_key
from portal.vault.models import PassphraseLock, PurposeKey, VaultKey
from portal.vault.primitives import CURRENT, SALT_BYTES, Tampered, new_secret, pack, suite_of
from portal.vault.purpose_keys import current_key, key_of_version

_PASSES = 2
_SLOTS = threading.BoundedSemaphore(4)
"""At most so many passphrase checks at once per process: each takes memory on purpose."""


def _context(key: VaultKey | OpenKey) -> bytes:
    return pack("yanlu-lock-1", key.id.bytes, key.path)


def make_personal_key(*, path: str, passphrase: str, now: dt.datetime, generation: int = 1) -> OpenKey:
    """A person's new key under their passphrase, waiting for a colleague to vouch for it."""
    key = make_key(path=path, purpose=VaultKey.Purpose.PERSONAL, issuer=None, now=now, generation=generation)
    PassphraseLock.objects.create(key_id=key.id, **_locked(key, passphrase))
    return key


def _locked(key: OpenKey, passphrase: str) -> dict[str, Any]:
    """The columns of a lock under the newest pepper."""
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


def open_personal_key(key: VaultKey, passphrase: str) -> OpenKey:
    """The person's key. Raises `Tampered` for a wrong passphrase, which looks like any other change.

    A lock under an older pepper is put under the newest, so that the older one falls out of use.
    """
    lock = key.lock
    pepper = key_of_version(PurposeKey.Purpose.PEPPER, lock.pepper_version)
    locked = bytes(lock.locked_seed)
    suite = suite_of(locked)
    with _SLOTS:
        stretched = suite.stretch(
            passphrase, bytes(lock.salt), pepper=pepper, kib=lock.memory_kib, passes=lock.passes
        )
    seed = suite.decrypt(stretched, locked, _context(key))
    opened = OpenKey(id=key.id, path=key.path, purpose=key.purpose, generation=key.generation, seed=seed)
    if opened.public != public_half(key):
        raise Tampered
    if lock.pepper_version != current_key(PurposeKey.Purpose.PEPPER)[0]:
        with transaction.atomic():  # unless the passphrase was changed meanwhile
            PassphraseLock.objects.filter(pk=lock.pk, locked_seed=locked).update(
                **_locked(opened, passphrase)
            )
    return opened


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

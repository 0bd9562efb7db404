"""Changing one's own passphrase: the same key under another lock."""

import datetime as dt

from django.db import transaction
from django.http import HttpRequest

from portal.accounts.passphrases import check_passphrase
from portal.accounts.sessions import end_other_sessions
from portal.accounts.sign_in import count_failure, refuse_after_failures
from portal.accounts.signed_in import SignedIn
from portal.audit.actions import record
from portal.common.clock import now as present
from portal.common.errors import Invalid, Stale
from portal.common.sqlite.wal import fold_wal
from portal.vault.locks import new_lock, open_personal_key, relock
from portal.vault.models import VaultKey
from portal.vault.primitives import Tampered


def change_passphrase(
    request: HttpRequest, *, actor: SignedIn, present_one: str, new: str, now: dt.datetime | None = None
) -> int:
    """Put the actor's own key under a new passphrase and end their other sessions; how many there were.

    `actor` is signed in on `request`. Raises `Invalid` for a wrong present passphrase or a new one that is
    no good, `RateLimited` as at sign-in, `Stale` where another window was faster.
    """
    now = now or present()
    staff = actor.staff
    refuse_after_failures(request, staff.username)
    row = VaultKey.objects.select_related("lock").get(pk=actor.keyring.personal.id)
    try:
        key = open_personal_key(row, present_one)
    except Tampered:
        count_failure(request, staff.username)
        raise Invalid(fields={"present": "现在的口令不正确。"}) from None
    check_passphrase(new, staff.username, staff.display_name)
    if new == present_one:
        raise Invalid(fields={"passphrase": "新口令与现在的相同。"})
    lock = new_lock(key, new)
    with transaction.atomic():
        if not relock(row.lock, lock):
            raise Stale("口令刚刚在别处改过，这一次没有更改。")
        ended = end_other_sessions(actor=actor, this=str(request.session.session_key), now=now)
        record(
            organ=staff.organ_id,
            actor=staff.username,
            action="passphrase_changed",
            object_kind="staff",
            object_id=staff.pk,
            now=now,
        )
        transaction.on_commit(fold_wal)  # or the old lock would still lie in SQLite's log
    return ended

"""Opening an identity that was lent: the one place where its words become readable, each time on record."""

import datetime as dt
import json
from uuid import UUID

from django.db import transaction

from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Invalid, Stale
from portal.identity.ending import expire
from portal.identity.gate import identity_item, locked_report, log, own_request, require_state
from portal.identity.models import IdentityRequest, State
from portal.intake.actions import note_identity_opened
from portal.intake.bindings import identity_binding
from portal.intake.content import Identity
from portal.vault.halves import can_open_half, open_with_both_halves
from portal.vault.keyring import Keyring
from portal.vault.models import Envelope


def open_identity(*, actor: SignedIn, request_id: UUID, now: dt.datetime | None = None) -> Identity:
    """Who sent the report, for the person it was lent to, while it is; the reporter will see that, and when.

    Whether they still see the report and hold the other half is asked again. After its end the request
    expires here and now. Raises `NotFound`, `Invalid`, `Stale`, `Tampered`.
    """
    now = now or present()
    request = own_request(actor, request_id)
    if request.state == State.APPROVED and _over(request, now):
        expire(request, now=now)
        raise Invalid("查阅期限已到，借出的一半已经销毁。确有需要的，请重新申请。")
    require_state(request, State.APPROVED)
    identity = _opened(request, actor.keyring)
    with transaction.atomic():
        report = locked_report(request)
        running = IdentityRequest.objects.select_for_update().filter(pk=request.pk, state=State.APPROVED)
        if not running.exists():
            raise Stale("这份申请刚刚结束，请刷新。")
        log(report, "identity_opened", by=actor.staff.username, now=now)
        note_identity_opened(report=report, now=now)
    return identity


def _over(request: IdentityRequest, now: dt.datetime) -> bool:
    return request.expires_at is None or request.expires_at <= now


def _opened(request: IdentityRequest, keyring: Keyring) -> Identity:
    item = identity_item(request)
    if not can_open_half(item, keyring, share=Envelope.Share.LENT_HALF):
        raise Invalid("借出的一半不是封给您现在的密钥的（可能重设过口令）。请归还后重新申请。")
    raw = open_with_both_halves(
        item,
        purpose="identity",
        binding=identity_binding(request.report_id),
        errand=request.id,
        keyring=keyring,
    )
    return Identity(**json.loads(raw))

"""What the custodian does: approve for a while, refuse with a reason, take back."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, staff_path
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, NotReady
from portal.identity.asking import word_keys
from portal.identity.ending import close
from portal.identity.gate import (
    change,
    identity_item,
    locked_report,
    log,
    may_ask,
    request_to_decide,
    require_state,
)
from portal.identity.models import ClosedFor, IdentityRequest, State
from portal.identity.words import ANSWER, check_words, seal_words
from portal.organs.queries import organ_tree
from portal.vault.certificates import CertifiedKey, certified_key
from portal.vault.halves import can_open_half, lend_half
from portal.vault.models import Envelope, VaultKey
from portal.vault.primitives import Tampered

USUAL_DAYS, MOST_DAYS = 7, 30
"""For how long an identity may be opened after approval."""


def approve_request(
    *, actor: SignedIn, request_id: UUID, days: int = USUAL_DAYS, now: dt.datetime | None = None
) -> IdentityRequest:
    """Lend the custody half to the person who asks, sealed to their own key for this request alone.

    They may open the identity for `days` days (1 to 30) from now. Raises `NotFound`, `Forbidden`, `Invalid`,
    `Stale`, `NotReady`, `Tampered`.
    """
    now = now or present()
    request = _waiting(actor, request_id)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(fields={"days": f"期限应为 1 到 {MOST_DAYS} 天。"})
    requester = Staff.objects.get(pk=request.requester_id)
    if not may_ask(requester, request.report):
        raise Invalid("申请人已不再担任可以查阅的岗位，不能批准。")
    item = identity_item(request)
    if not can_open_half(item, actor.keyring, share=Envelope.Share.CUSTODY_HALF):
        raise Invalid("这份身份的保管半还封存在您的密钥打不开的地方，须由上级保管员先行移交。")
    lent = lend_half(item, errand=request.id, keyring=actor.keyring, recipient=_personal_key(requester))
    with transaction.atomic():
        report = locked_report(request)
        log(report, "identity_approved", by=actor.staff.username, now=now, days=days)
        change(
            request,
            State.APPROVED,
            decided_by_id=actor.staff.pk,
            decided_at=now,
            expires_at=now + dt.timedelta(days=days),
        )
        lent.save(force_insert=True)
    return request


def refuse_request(
    *, actor: SignedIn, request_id: UUID, reason: str, now: dt.datetime | None = None
) -> IdentityRequest:
    """Refuse, saying why to the person who asks. Raises `NotFound`, `Forbidden`, `Invalid`, `Stale`."""
    now = now or present()
    request = _waiting(actor, request_id)
    check_words(reason, field="reason")
    keys = word_keys(request.report.holder_id, request.requester)
    draft = seal_words(reason, request=request, purpose=ANSWER, recipients=keys)
    with transaction.atomic():
        report = locked_report(request)
        log(report, "identity_refused", by=actor.staff.username, now=now)
        answer = draft.save()
        change(request, State.REFUSED, decided_by_id=actor.staff.pk, decided_at=now, answer_id=answer.pk)
    return request


def withdraw_approval(
    *, actor: SignedIn, request_id: UUID, now: dt.datetime | None = None
) -> IdentityRequest:
    """Take back what was lent before its time. Raises `NotFound`, `Invalid`, `Stale`."""
    request = request_to_decide(actor, request_id)
    require_state(request, State.APPROVED)
    with transaction.atomic():
        report = locked_report(request)
        close(
            request,
            report,
            "identity_withdrawn",
            why=ClosedFor.WITHDRAWN,
            by=actor.staff.username,
            now=now or present(),
        )
    return request


def _waiting(actor: SignedIn, request_id: UUID) -> IdentityRequest:
    request = request_to_decide(actor, request_id)
    if request.requester_id == actor.staff.pk:
        raise Forbidden("不能审批自己的申请。")
    require_state(request, State.REQUESTED)
    return request


def _personal_key(staff: Staff) -> CertifiedKey:
    try:
        return certified_key(staff_path(organ_tree(), staff), VaultKey.Purpose.PERSONAL)
    except Tampered:  # a swapped key is lent nothing
        raise NotReady("申请人的密钥没有通过校验，没有借出。请联系系统管理员。") from None

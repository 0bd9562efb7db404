"""What the person who needs an identity does: ask, take the request back, return what was lent."""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, key_path, staff_path
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, NotFound, NotReady
from portal.common.ids import new_id
from portal.identity.ending import close
from portal.identity.gate import locked_report, log, may_ask, own_request, require_state
from portal.identity.marks import set_mark
from portal.identity.models import OPEN_STATES, ClosedFor, IdentityRequest, State
from portal.identity.words import REASON, check_words, seal_words
from portal.intake.models import Report
from portal.intake.queries import visible_to
from portal.organs.queries import organ_tree
from portal.vault.certificates import CertifiedKey, certified_keys
from portal.vault.models import VaultKey
from portal.vault.primitives import Tampered

Purpose = VaultKey.Purpose


def ask_for_identity(
    *, actor: SignedIn, report_id: UUID, reason: str, now: dt.datetime | None = None
) -> IdentityRequest:
    """Ask to see who sent a report. Raises `NotFound`, `Forbidden`, `Invalid`, `NotReady`, `Tampered`.

    The reason is sealed to the holder's custody key and to the person who asks: custodians read nothing else.
    """
    now = now or present()
    report = report_to_ask_about(actor, report_id)
    check_words(reason, field="reason")
    request = IdentityRequest(
        id=new_id(), report=report, requester_id=actor.staff.pk, requested_at=now, state=State.REQUESTED
    )
    draft = seal_words(
        reason, request=request, purpose=REASON, recipients=word_keys(report.holder_id, actor.staff)
    )
    request.reason = draft.item
    set_mark(request)
    try:
        with transaction.atomic():
            locked_report(request)
            log(report, "identity_requested", by=actor.staff.username, now=now)
            draft.save()
            request.save(force_insert=True)
    except IntegrityError:
        if not IdentityRequest.objects.filter(
            report=report, requester=actor.staff.pk, state__in=OPEN_STATES
        ).exists():
            raise
        raise Invalid("您对这一件已有一份未结束的申请。") from None
    return request


def report_to_ask_about(actor: SignedIn, report_id: UUID) -> Report:
    """A report with an identity that this person may ask for. Raises `NotFound`, `Forbidden`, `Invalid`."""
    report = visible_to(actor.staff).filter(pk=report_id).first()
    if report is None:
        raise NotFound
    if not may_ask(actor.staff, report):
        raise Forbidden
    if report.identity_id is None:
        raise Invalid("来件人没有留下身份信息。")
    return report


def word_keys(holder: str, requester: Staff) -> list[CertifiedKey]:
    """Whom a request's words are sealed to: the holder's custody key and the person who asks."""
    tree = organ_tree()
    wanted = [
        (key_path(tree, holder), Purpose.CUSTODY.value),
        (staff_path(tree, requester), Purpose.PERSONAL.value),
    ]
    try:
        return certified_keys(wanted)
    except Tampered:  # a swapped key seals nothing
        raise NotReady from None


def cancel_request(*, actor: SignedIn, request_id: UUID, now: dt.datetime | None = None) -> IdentityRequest:
    """Take one's own request back before it is decided. Raises `NotFound`, `Invalid`, `Stale`."""
    now, by = now or present(), actor.staff.username
    request = own_request(actor, request_id)
    require_state(request, State.REQUESTED)
    with transaction.atomic():
        report = locked_report(request)
        close(request, report, "identity_cancelled", why=ClosedFor.CANCELLED, by=by, now=now)
    return request


def return_identity(*, actor: SignedIn, request_id: UUID, now: dt.datetime | None = None) -> IdentityRequest:
    """Give back what was lent before its time. Raises `NotFound`, `Invalid`, `Stale`."""
    now, by = now or present(), actor.staff.username
    request = own_request(actor, request_id)
    require_state(request, State.APPROVED)
    with transaction.atomic():
        report = locked_report(request)
        close(request, report, "identity_returned", why=ClosedFor.RETURNED, by=by, now=now)
    return request

"""Custody halves following their reports to a new holder, in the session of a custodian who reaches both."""

import datetime as dt

from django.db import transaction

from portal.accounts.signed_in import SignedIn, key_path
from portal.common.clock import now as present
from portal.common.errors import Forbidden, NotReady
from portal.common.sqlite.wal import fold_wal
from portal.identity.custodians import carries, custodial_organs
from portal.identity.gate import log
from portal.identity.models import CarryOver, IdentityRequest
from portal.identity.words import ANSWER, REASON, words_binding
from portal.intake.marks import check_mark
from portal.intake.models import Report
from portal.organs.queries import organ_tree
from portal.vault.certificates import CertifiedKey, certified_key
from portal.vault.halves import can_open_half, custody_owner, hand_half_over
from portal.vault.items import can_open, reseal_item
from portal.vault.keyring import Keyring
from portal.vault.models import Envelope, SealedItem, VaultKey
from portal.vault.primitives import Tampered

MOST = 200
"""Identities carried over at once; the page says when there are more."""
_HALF = Envelope.Share.CUSTODY_HALF


def waiting_to_be_carried(actor: SignedIn) -> list[Report]:
    """Reports whose custody half this custodian is to carry to their holder, at most `MOST`, oldest first.

    Only the custodian nearest above both the old keeper and the new one is shown any: an organ a report
    went past learns nothing of it here.
    """
    if not actor.staff.custodian:
        return []
    tree, manned, own = organ_tree(), custodial_organs(), actor.staff.organ_id
    below = [node.code for node in tree if own in tree.chain(node.code)]
    rows = CarryOver.objects.filter(report__holder__in=below).order_by("since", "report")
    found = []
    for row in rows.select_related("report__identity").prefetch_related(
        "report__identity__envelopes__recipient"
    ):
        item, report = row.report.identity, row.report
        old = custody_owner(item) if item else None
        if item is None or old is None or old == report.holder_id:
            continue
        nearest = carries(tree=tree, manned=manned, old=old, holder=report.holder_id)
        if nearest == own and can_open_half(item, actor.keyring, share=_HALF):
            found.append(report)
    return found[:MOST]


def carry_identities(*, actor: SignedIn, now: dt.datetime | None = None) -> int:
    """Seal what waits to the custody keys of the holders, and delete the old envelopes; how many there were.

    Each report is a transaction of its own. Raises `Forbidden`, `NotReady`, `Tampered`.
    """
    if not actor.staff.custodian:
        raise Forbidden
    now, carried = now or present(), 0
    for report in waiting_to_be_carried(actor):
        carried += _carry(report, actor, now)
    return carried


def _carry(waiting: Report, actor: SignedIn, now: dt.datetime) -> bool:
    identity = waiting.identity
    if identity is None:
        return False
    key = _custody_key(waiting.holder_id)
    with transaction.atomic():
        report = Report.objects.select_for_update().get(pk=waiting.pk)
        check_mark(report)
        item = SealedItem.objects.prefetch_related("envelopes__recipient").get(pk=identity.pk)
        old = custody_owner(item)
        moved_again = report.holder_id != waiting.holder_id or old in (None, report.holder_id)
        if moved_again or not CarryOver.objects.filter(report=report).delete()[0]:
            return False
        log(report, "identity_carried", by=actor.staff.username, now=now, **{"from": str(old)})
        hand_half_over(item, keyring=actor.keyring, recipient=key, share=_HALF)
        if organ_tree().is_strictly_above(report.holder_id, str(old)):
            _carry_words(report, actor.keyring, key)
        transaction.on_commit(fold_wal)
    return True


def _carry_words(report: Report, keyring: Keyring, key: CertifiedKey) -> None:
    """On the way up the reasons of earlier requests go along, out of reach of those who wrote them."""
    requests = IdentityRequest.objects.filter(report=report).select_related("reason", "answer")
    for request in requests:
        for item, purpose in ((request.reason, REASON), (request.answer, ANSWER)):
            if item is not None and can_open(item, keyring):
                binding = words_binding(request.id, report.pk, purpose)
                reseal_item(item, purpose=purpose, binding=binding, keyring=keyring, recipients=[key])


def _custody_key(organ: str) -> CertifiedKey:
    try:
        return certified_key(key_path(organ_tree(), organ), VaultKey.Purpose.CUSTODY)
    except Tampered:  # a swapped key is given nothing
        raise NotReady from None

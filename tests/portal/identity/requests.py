"""Requests in any state, brought there by the people who would."""

import datetime as dt
from typing import Any

from portal.audit.queries import history_of
from portal.common.clock import BEIJING
from portal.identity.actions import approve_request, ask_for_identity
from portal.identity.models import IdentityRequest
from portal.intake.actions import Receipt
from portal.intake.content import Identity
from portal.intake.models import Report
from portal.vault.models import Envelope, SealedItem
from tests.people import CITY, People, file_tip

WHO = Identity(name="李四", phone="13800001234", address="某街一号")
FILED = dt.datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
ASKED, DECIDED, OPENED = (FILED + dt.timedelta(hours=hours) for hours in (1, 2, 3))
DAYS = 7
OVER = DECIDED + dt.timedelta(days=DAYS)
"""The moment from which the usual approval no longer opens anything."""
REASON = "需要与来件人核对是否实名"


def signed_tip(**changes: Any) -> Receipt:
    """The usual tip to the city, by somebody who says who they are."""
    return file_tip(**{"now": FILED, "identity": WHO, **changes})


def asked(people: People, receipt: Receipt | None = None) -> IdentityRequest:
    """A triager's request that waits."""
    report = (receipt or signed_tip()).report
    return ask_for_identity(actor=people.triager, report_id=report, reason=REASON, now=ASKED)


def approved(people: People, receipt: Receipt | None = None) -> IdentityRequest:
    """A triager's request that the custodian has approved for a week."""
    request = asked(people, receipt)
    return approve_request(actor=people.custodian, request_id=request.pk, days=DAYS, now=DECIDED)


def again(request: IdentityRequest) -> IdentityRequest:
    """The request as it stands now."""
    return IdentityRequest.objects.get(pk=request.pk)


def report_of(request: IdentityRequest) -> Report:
    """The report as it stands now."""
    return Report.objects.get(pk=request.report_id)


def item_of(request: IdentityRequest) -> SealedItem:
    """The sealed identity as it lies in the table now."""
    identity = report_of(request).identity
    assert identity is not None
    return identity


def shares(request: IdentityRequest) -> list[tuple[str, str]]:
    """Which share of the identity lies with which owner."""
    rows = Envelope.objects.filter(item=item_of(request)).select_related("recipient").order_by("share")
    return [(row.share, row.recipient.path.split("/")[-1] if row.recipient else "") for row in rows]


def on_record(request: IdentityRequest) -> list[tuple[str, str, dict[str, Any]]]:
    """(act, by whom, detail) of all that was done about the identity, the first first."""
    entries = history_of(kind="report", object_id=request.report_id, organs=frozenset({CITY}))
    return [
        (entry.action, entry.actor, entry.detail) for entry in entries if entry.action.startswith("identity_")
    ]

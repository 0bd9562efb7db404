"""Requests to open a reporter's identity, and identities whose custody half has to follow their report."""

from django.db import models
from django.db.models import F, Q

from portal.accounts.models import Staff
from portal.common.ids import new_id
from portal.intake.models import Report
from portal.vault.models import SealedItem


class State(models.TextChoices):
    """Where a request stands."""

    REQUESTED = "requested", "待批准"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"
    EXPIRED = "expired", "已到期"
    CLOSED = "closed", "已结束"


class ClosedFor(models.TextChoices):
    """Why a request ended before its time."""

    CANCELLED = "cancelled", "申请人撤销"
    RETURNED = "returned", "申请人提前归还"
    WITHDRAWN = "withdrawn", "保管员收回"
    MOVED = "moved", "来件已转给别的院"
    LEFT = "left", "申请人不再担任原岗位"


OPEN_STATES = (State.REQUESTED, State.APPROVED)
_DECIDED = Q(decided_by__isnull=False, decided_at__isnull=False)
_UNDECIDED = Q(decided_by__isnull=True, decided_at__isnull=True, expires_at__isnull=True, answer__isnull=True)
_RUNNING = Q(ended_at__isnull=True, closed_for="")


class IdentityRequest(models.Model):
    """One person asks to see who sent one report; a custodian decides. No word of either stands here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="identity_requests")
    requester = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField()
    reason = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")
    """Why it is needed: sealed to custody and to the requester."""
    decided_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    answer = models.OneToOneField(SealedItem, null=True, on_delete=models.PROTECT, related_name="+")
    """Why it was refused: sealed like the reason."""
    ended_at = models.DateTimeField(null=True)
    closed_for = models.CharField(max_length=10, choices=ClosedFor, blank=True, default="")
    mark = models.BinaryField()
    """The node's mark over the row (`portal.identity.marks`): nobody else approves or prolongs anything."""

    class Meta:
        app_label = "portal"
        db_table = "identity_request"
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="requested") & _UNDECIDED & _RUNNING)
                | (Q(state="approved", expires_at__isnull=False, answer__isnull=True) & _DECIDED & _RUNNING)
                | (Q(state="refused", expires_at__isnull=True, answer__isnull=False) & _DECIDED & _RUNNING)
                | (
                    Q(state="expired", expires_at__isnull=False, ended_at__isnull=False, closed_for="")
                    & _DECIDED
                )
                | (
                    Q(state="closed", ended_at__isnull=False, closed_for__in=ClosedFor.values)
                    & (_UNDECIDED | (_DECIDED & Q(expires_at__isnull=False, answer__isnull=True)))
                ),
                name="identity_request_state",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requester")),
                name="identity_request_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("decided_at")),
                name="identity_request_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["report", "requester"],
                condition=Q(state__in=["requested", "approved"]),
                name="identity_request_one_open",
            ),
        ]
        indexes = [
            # one's own requests, newest first
            models.Index(fields=["requester", "-requested_at", "-id"], name="identity_request_own"),
            # a custodian's list: what waits, oldest first
            models.Index(
                fields=["requested_at", "id"],
                condition=Q(state="requested"),
                name="identity_request_waiting",
            ),
            # a custodian's list: what was decided, newest first
            models.Index(fields=["-requested_at", "-id"], name="identity_request_newest"),
            # housekeeping: what has run out
            models.Index(
                fields=["expires_at"], condition=Q(state="approved"), name="identity_request_running"
            ),
        ]


class CarryOver(models.Model):
    """A report with an identity went to another holder; its custody half has not followed yet."""

    report = models.OneToOneField(
        Report, primary_key=True, on_delete=models.PROTECT, related_name="identity_carry_over"
    )
    since = models.DateTimeField()

    class Meta:
        app_label = "portal"
        db_table = "identity_carry_over"

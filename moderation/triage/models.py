"""The queue's row, holding everything that lists filter or sort by, and the office's sealed notes."""

import datetime as dt

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from portal.accounts.models import Staff
from portal.common.ids import new_id
from portal.intake.models import Channel, Kind, Report
from portal.organs.models import Organ
from portal.vault.models import SealedItem


class State(models.TextChoices):
    """Where an item stands in the queue."""

    HELD = "held", "待审核"
    OPEN = "open", "待分流"
    WAITING = "waiting", "待补充"
    VOID_PROPOSED = "void_proposed", "拟作废"
    VOID = "void", "已作废"
    DECIDED = "decided", "已分流"


class Outcome(models.TextChoices):
    """What a decided item became; a closed list."""

    LEAD = "lead", "问题线索"
    INVESTIGATION_DEPT = "investigation_dept", "移送侦查部门"
    SUPERVISORY_COMMISSION = "supervisory_commission", "移送监察机关"
    COMPLAINTS_DEPT = "complaints_dept", "控告申诉检察"
    SUGGESTION_REPLY = "suggestion_reply", "意见建议"
    INQUIRY_REPLY = "inquiry_reply", "咨询答复"
    OTHER_BODY = "other_body", "转其他机关"
    REPEAT = "repeat", "重复件"
    ESCALATED = "escalated", "密封径送"
    CLASSIFIED_MATERIAL = "classified_material", "涉密件转机要"
    NO_SUBSTANCE = "no_substance", "无实质内容"
    DECLINED = "declined", "不予受理"


class Reason(models.TextChoices):
    """Why a report is declined; each has fixed public wording."""

    N1 = "N1", "应经诉讼、仲裁、复议等程序"
    N2 = "N2", "属其他机关职责"
    N3 = "N3", "无实质内容"
    N4 = "N4", "上级院或本院已受理，正在办理"
    N5 = "N5", "已办结且无新的事实"
    N6 = "N6", "已终结或已复核"
    N7 = "N7", "非本院管辖"
    N8 = "N8", "无法辨认"
    N9 = "N9", "恶意重复"


_UNDECIDED = ~Q(state="decided")


class TriageItem(models.Model):
    """One report in the queue of the organ that holds it. Lists never join beyond this row to filter.

    `rank` and `due_sort` are computed by the database: what is urgent comes first while it is undecided,
    what is decided comes after what is not, and an item without a date sorts behind all dates.
    """

    report = models.OneToOneField(
        Report, primary_key=True, on_delete=models.PROTECT, related_name="triage_item"
    )
    holder = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=16, choices=State)
    outcome = models.CharField(max_length=24, choices=Outcome, default="", blank=True)
    reason = models.CharField(max_length=4, choices=Reason, default="", blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=12, choices=Channel)
    addressed = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+", db_index=False)
    received_at = models.DateTimeField()
    due = models.DateField(null=True)
    urgent = models.BooleanField(default=False)
    claimed_by = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    claimed_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    """When the reporter was asked for everything missing; they are asked once."""
    void_proposed_by = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    voided_by = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    lead = models.ForeignKey("moderation.Lead", null=True, on_delete=models.PROTECT, related_name="+")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    awaits_lift = models.BooleanField(default=False)
    """The item moved up by itself; its earlier parts are still sealed to the organ it came from."""
    indexed = models.BooleanField(default=False)
    """All that was written is in the search index, under some generation of the holder's key."""
    version = models.PositiveIntegerField(default=1)
    decided_at = models.DateTimeField(null=True)
    rank = models.GeneratedField(
        expression=Case(
            When(state="void", then=Value(3)),
            When(state="decided", then=Value(2)),
            When(urgent=False, then=Value(1)),
            default=Value(0),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    due_sort = models.GeneratedField(
        expression=Coalesce(F("due"), Value(dt.date.max, output_field=models.DateField())),
        output_field=models.DateField(),
        db_persist=True,
    )

    class Meta:
        app_label = "moderation"
        db_table = "triage_item"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="triage_item_state"),
            models.CheckConstraint(
                condition=Q(state="decided", outcome__in=Outcome.values, decided_at__isnull=False)
                | (_UNDECIDED & Q(outcome="", decided_at__isnull=True)),
                name="triage_item_decided_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome="declined", reason__in=Reason.values)
                | (~Q(outcome="declined") & Q(reason="")),
                name="triage_item_declined_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="lead") | Q(lead__isnull=False), name="triage_item_lead_has_lead"
            ),
            models.CheckConstraint(
                condition=Q(state="void_proposed", void_proposed_by__isnull=False, voided_by__isnull=True)
                | (
                    Q(state="void", void_proposed_by__isnull=False, voided_by__isnull=False)
                    & ~Q(void_proposed_by=F("voided_by"))
                )
                | (
                    ~Q(state__in=["void_proposed", "void"])
                    & Q(void_proposed_by__isnull=True, voided_by__isnull=True)
                ),
                name="triage_item_void_by_two",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_until__isnull=True)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False),
                name="triage_item_claim_has_end",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (Q(outcome="repeat") & ~Q(merged_into=F("report"))),
                name="triage_item_merged_is_repeat",
            ),
            models.CheckConstraint(
                condition=Q(indexed=False) | (Q(awaits_lift=False) & ~Q(state__in=["held", "void"])),
                name="triage_item_unindexed_while_out",
            ),
        ]
        indexes = [
            # queue_page without a sort, all states: urgent, due, received
            models.Index(
                fields=["holder", "rank", "due_sort", "received_at", "report"], name="triage_item_queue"
            ),
            # queue_page within one state, the desk's usual tabs
            models.Index(
                fields=["holder", "state", "rank", "due_sort", "received_at", "report"],
                name="triage_item_state_queue",
            ),
            # queue_page sorted by received, and search, which reads newest first
            models.Index(fields=["holder", "received_at", "report"], name="triage_item_received"),
            # search: what the index does not know yet, newest first
            models.Index(
                fields=["holder", "received_at", "report"],
                condition=Q(indexed=False),
                name="triage_item_unindexed",
            ),
            # queue_page of one outcome, which only decided items have
            models.Index(
                fields=["holder", "outcome", "rank", "due_sort", "received_at", "report"],
                condition=Q(state="decided"),
                name="triage_item_outcome",
            ),
            # queue_page?due= and sort=due
            models.Index(fields=["holder", "due_sort", "received_at", "report"], name="triage_item_due"),
            # queue_page?claimed=me
            models.Index(
                fields=["claimed_by", "claimed_until"],
                condition=Q(claimed_by__isnull=False),
                name="triage_item_claimed",
            ),
            # visible_to a supervisor: what moved up here and waits to be carried over
            models.Index(fields=["holder"], condition=Q(awaits_lift=True), name="triage_item_awaits_lift"),
        ]


class TriageNote(models.Model):
    """Words of the office about an item that nobody outside reads: sealed to the holder."""

    class Kind(models.TextChoices):
        NOTE = "note", "分流说明"
        VOID = "void", "作废理由"
        LIFT = "lift", "径送说明"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(TriageItem, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=8, choices=Kind)
    author = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    words = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "moderation"
        db_table = "triage_note"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["note", "void", "lift"]), name="triage_note_kind"),
        ]
        indexes = [
            # notes of one item, in order
            models.Index(fields=["item", "at"], name="triage_note_item"),
        ]

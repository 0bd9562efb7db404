"""Rules that set time limits, and the obligations they create for one report."""

from django.db import models
from django.db.models import F, Q

from portal.common.ids import new_id
from portal.intake.models import Report

LIVE = Q(fulfilled_at__isnull=True, cancelled_at__isnull=True)
"""An obligation still owed, whether or not it is paused."""


class Rule(models.Model):
    """One version of a time limit and the article it comes from."""

    class Unit(models.TextChoices):
        DAY = "day", "日"
        WORKDAY = "workday", "工作日"
        MONTH = "month", "个月"

    class StartEvent(models.TextChoices):
        RECEIVED = "received", "收到来件"

    code = models.CharField(max_length=32)
    version = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=40)
    unit = models.CharField(max_length=8, choices=Unit)
    length = models.PositiveSmallIntegerField()
    start_event = models.CharField(max_length=16, choices=StartEvent)
    article = models.CharField(max_length=80)
    article_text = models.CharField(max_length=400)
    """What the article asks for, in our own words."""
    told = models.JSONField(default=list)
    """The roles that are reminded."""
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        app_label = "moderation"
        db_table = "deadlines_rule"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="deadlines_rule_version"),
            models.CheckConstraint(
                condition=Q(unit__in=["day", "workday", "month"]), name="deadlines_rule_unit"
            ),
            models.CheckConstraint(condition=Q(length__gte=1), name="deadlines_rule_length"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="deadlines_rule_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Obligation(models.Model):
    """What a report is owed under one rule: by when, and what became of it."""

    class FulfilledBy(models.TextChoices):
        REPLY = "reply", "已回复"
        FINAL_REPLY = "final_reply", "已答复结果"
        ANSWERED = "answered", "已答复"
        DECLINED = "declined", "不予受理"

    class CancelledFor(models.TextChoices):
        WITHDRAWN = "withdrawn", "来件人撤回"
        REFERRED = "referred", "已转交有权机关"
        VOID = "void", "作废"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="obligations")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="+")
    rule_code = models.CharField(max_length=32)
    """The rule's code, here so that the database can allow one live obligation per code."""
    started_on = models.DateField()
    original_due = models.DateField()
    """The date first promised; a restart leaves it as it was."""
    due = models.DateField()
    provisional = models.BooleanField()
    """Counting touched a year whose holidays are not published yet."""
    paused_on = models.DateField(null=True)
    """The day the office asked for more; the clock stands until the reporter has answered."""
    fulfilled_at = models.DateTimeField(null=True)
    fulfilled_by = models.CharField(max_length=16, choices=FulfilledBy, default="")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_for = models.CharField(max_length=16, choices=CancelledFor, default="")

    class Meta:
        app_label = "moderation"
        db_table = "deadlines_obligation"
        constraints = [
            models.UniqueConstraint(
                fields=["report", "rule_code"], condition=LIVE, name="deadlines_obligation_one_live"
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_at__isnull=True, fulfilled_by="")
                | (Q(fulfilled_at__isnull=False) & ~Q(fulfilled_by="")),
                name="deadlines_obligation_fulfilled_by",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_for="")
                | (Q(cancelled_at__isnull=False) & ~Q(cancelled_for="")),
                name="deadlines_obligation_cancelled_for",
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="deadlines_obligation_one_end",
            ),
        ]
        indexes = [
            # what is owed next, over all reports: reminders, and recounting when a year's holidays come out
            models.Index(
                fields=["due"],
                condition=Q(fulfilled_at__isnull=True, cancelled_at__isnull=True, paused_on__isnull=True),
                name="deadlines_obligation_next",
            ),
        ]

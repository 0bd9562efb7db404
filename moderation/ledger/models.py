"""Leads and their numbers. What a lead says lies sealed; these columns are the clear rest."""

from django.db import models
from django.db.models import Q

from portal.accounts.models import Staff
from portal.common.ids import new_id
from portal.intake.models import Report
from portal.organs.models import Organ
from portal.vault.models import SealedItem


class NumberSeries(models.Model):
    """The last number given out in one series of one organ and year."""

    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    series = models.CharField(max_length=8)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "moderation"
        db_table = "ledger_number_series"
        constraints = [
            models.UniqueConstraint(fields=["organ", "year", "series"], name="ledger_number_series_once"),
        ]


class LeadState(models.TextChoices):
    """Where a lead stands in the ledger."""

    REGISTERED = "registered", "已登记"
    IN_PROGRESS = "in_progress", "办理中"
    LISTED = "listed", "挂牌督办"
    CROSSED_OFF = "crossed_off", "已销账"


class SourceClass(models.TextChoices):
    """Where a lead came from."""

    CENTRAL_SUPERVISION_GROUP = "central_supervision_group", "中央督导组移交"
    PROVINCIAL_CAMPAIGN_OFFICE = "provincial_campaign_office", "省教整办移交"
    ASSIGNED_FROM_ABOVE = "assigned_from_above", "上级交办"
    OTHER_BODY = "other_body", "其他机关移送"
    PUBLIC_REPORT = "public_report", "群众举报"
    FORUM = "forum", "座谈会"
    SELF_CHECK = "self_check", "自查自纠"
    ORGAN_CHECK = "organ_check", "本院排查核查"
    DATA_MATCHING = "data_matching", "大数据比对"
    CASE_REVIEW = "case_review", "案件评查"
    INSPECTION_AUDIT = "inspection_audit", "巡视审计"
    MEDIA = "media", "媒体舆情"


class Lead(models.Model):
    """One lead in the ledger of the organ that holds it. It carries no reporter.

    `text` is title, summary and subjects together, sealed to the organ's triage key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    lead_no = models.CharField(max_length=40, unique=True)
    source_class = models.CharField(max_length=32, choices=SourceClass)
    state = models.CharField(max_length=12, choices=LeadState, default=LeadState.REGISTERED)
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="+")
    received_on = models.DateField()
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    text = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")
    concealed = models.BooleanField(default=False)
    """The report has moved above this organ since: the lead is out of everybody's sight here."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "moderation"
        db_table = "ledger_lead"
        constraints = [
            models.UniqueConstraint(fields=["organ", "year", "number"], name="ledger_lead_number"),
            models.UniqueConstraint(fields=["organ", "report"], name="ledger_lead_one_per_report"),
            models.CheckConstraint(condition=Q(number__gte=1), name="ledger_lead_number_from_one"),
            models.CheckConstraint(
                condition=Q(source_class__in=SourceClass.values), name="ledger_lead_source_class"
            ),
            models.CheckConstraint(condition=Q(state__in=LeadState.values), name="ledger_lead_state"),
        ]
        indexes = [
            # the ledger of an organ, newest first (`lead_page`)
            models.Index(
                fields=["organ", "-registered_at", "id"],
                condition=Q(concealed=False),
                name="ledger_lead_newest",
            ),
        ]

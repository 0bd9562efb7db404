"""The audit log: one hash chain per organ. An organ's chain never mentions what it may not see."""

from django.db import models

from portal.common.ids import new_id
from portal.organs.models import Organ


class AuditHead(models.Model):
    """The last link of an organ's chain; its row is what writers queue on."""

    organ = models.OneToOneField(Organ, primary_key=True, on_delete=models.PROTECT, related_name="audit_head")
    sequence = models.PositiveBigIntegerField(default=0)
    link = models.BinaryField()

    class Meta:
        app_label = "portal"
        db_table = "audit_head"


class AuditEntry(models.Model):
    """One act, by whom, on what. `detail` holds words from closed lists and ids, never content."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=24)
    object_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    link = models.BinaryField()

    class Meta:
        app_label = "portal"
        db_table = "audit_entry"
        constraints = [
            models.UniqueConstraint(fields=["organ", "sequence"], name="audit_entry_gap_free"),
        ]
        indexes = [
            # the auditor's page, newest first
            models.Index(fields=["-at", "-id"], name="audit_entry_newest"),
            # history of one object
            models.Index(fields=["object_kind", "object_id"], name="audit_entry_object"),
        ]


class AuditSeal(models.Model):
    """An organ's head as it stood on a day, signed by the node; each seal holds on to the one before it.

    Every statement speaks of one organ alone, so that it can be shown to those who may see that organ.
    """

    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    day = models.DateField()
    sequence = models.PositiveBigIntegerField()
    link = models.BinaryField()
    before = models.BinaryField()
    """The fingerprint of the organ's seal before this one; zeros for the first."""
    key_version = models.PositiveIntegerField()
    signature = models.BinaryField()

    class Meta:
        app_label = "portal"
        db_table = "audit_seal"
        constraints = [
            models.UniqueConstraint(fields=["organ", "number"], name="audit_seal_gap_free"),
            models.UniqueConstraint(fields=["organ", "day"], name="audit_seal_once_a_day"),
        ]

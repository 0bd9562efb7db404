"""A report and its thread. What people wrote lies sealed; these columns are the clear rest."""

from django.db import models
from django.db.models import Q

from portal.common.ids import new_id
from portal.organs.models import Organ
from portal.vault.models import SealedItem


class Kind(models.TextChoices):
    """What is being filed."""

    TIP = "tip", "举报"
    SUGGESTION = "suggestion", "意见建议"


class Channel(models.TextChoices):
    """How it came in."""

    WEB = "web", "网站"
    WECHAT = "wechat", "微信"
    CALL = "call", "来电"
    LETTER = "letter", "来信"
    VISIT = "visit", "来访"
    EMAIL = "email", "电子邮件"
    FORUM = "forum", "座谈会"
    REFERRAL = "referral", "移交"
    SELF_CHECK = "self_check", "自查"


class Status(models.TextChoices):
    """The seven words the public sees."""

    SUBMITTED = "submitted", "已提交"
    SUPPLEMENT_NEEDED = "supplement_needed", "待补充材料"
    ACCEPTED = "accepted", "已受理"
    REFERRED = "referred", "已转交有权机关"
    IN_PROGRESS = "in_progress", "办理中"
    ANSWERED = "answered", "已答复"
    DECLINED = "declined", "不予受理"


class Form(models.Model):
    """One version of what people were asked, archived by its hash."""

    hash = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind)
    definition = models.JSONField()
    archived_at = models.DateTimeField()

    class Meta:
        app_label = "portal"
        db_table = "intake_form"


class Report(models.Model):
    """One filing. `holder` is the organ it is sealed to, which may stand above the one addressed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lookup = models.BinaryField(max_length=32, unique=True)
    """Keyed hash of the receipt; the receipt itself is stored nowhere."""
    key_version = models.PositiveIntegerField()
    thread_public = models.BinaryField()
    mark = models.BinaryField()
    """The node's mark over what steers sealing: who holds it, who can follow it (`portal.intake.marks`)."""
    body_digest = models.BinaryField()
    """Digest of the body under a key from the receipt, to tell a retry from another body."""
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=12, choices=Channel)
    addressed = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="held_reports")
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    promised = models.DateField(null=True)
    """The first date promised, as the receipt showed it."""
    reply_due = models.DateField(null=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.SUBMITTED)
    status_at = models.DateTimeField()
    proof = models.TextField()
    original = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")
    identity = models.OneToOneField(SealedItem, null=True, on_delete=models.PROTECT, related_name="+")
    receipt_to_change = models.BooleanField(default=False)
    """The receipt went through staff hands; the reporter changes it at first use."""
    rating = models.PositiveSmallIntegerField(null=True)
    """1 (非常不满意) to 5 (非常满意)."""
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "portal"
        db_table = "intake_report"
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5),
                name="intake_report_rating_scale",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="intake_report_kind"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="intake_report_channel"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="intake_report_status"),
        ]


class IdentityOpening(models.Model):
    """A day on which somebody opened the reporter's identity: told to the reporter, but not by whom."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="identity_openings")
    day = models.DateField()
    at = models.DateTimeField()
    """The first opening of that day."""

    class Meta:
        app_label = "portal"
        db_table = "intake_identity_opening"
        constraints = [
            models.UniqueConstraint(fields=["report", "day"], name="intake_identity_opening_once_a_day")
        ]


class Message(models.Model):
    """One entry of a report's thread after the original."""

    class Author(models.TextChoices):
        REPORTER = "reporter", "来件人"
        OFFICE = "office", "检察院"

    class Act(models.TextChoices):
        SUPPLEMENT = "supplement", "补充"
        ANSWER = "answer", "回答"
        REPLY = "reply", "答复"
        QUESTION = "question", "请补充"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="messages")
    at = models.DateTimeField()
    author = models.CharField(max_length=8, choices=Author)
    act = models.CharField(max_length=12, choices=Act)
    final = models.BooleanField(default=False)
    """The office calls this its result, not a stage."""
    item = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "portal"
        db_table = "intake_message"
        constraints = [
            models.CheckConstraint(
                condition=Q(author="reporter", act__in=["supplement", "answer"], final=False)
                | Q(author="office", act="reply")
                | Q(author="office", act="question", final=False),
                name="intake_message_act_fits_author",
            ),
        ]
        indexes = [
            # the thread of one report, in order
            models.Index(fields=["report", "at"], name="intake_message_thread"),
        ]

"""Events at which people speak, who came, and which reports their words became.

Name, date, place and chair of an event are announced anyway and stand clear; who came is sealed; what was
said lies in reports alone.
"""

from django.db import models
from django.db.models import Q

from portal.accounts.models import Staff
from portal.common.ids import new_id
from portal.intake.models import Report
from portal.organs.models import Organ
from portal.vault.models import SealedItem


class ForumKind(models.TextChoices):
    """The form an event takes."""

    FORUM = "forum", "座谈会"
    INSPECTION_VISIT = "inspection_visit", "视察"
    CALL_ON = "call_on", "走访"
    WRITTEN = "written", "书面征求"
    QUESTIONNAIRE = "questionnaire", "问卷"


class Capacity(models.TextChoices):
    """In what capacity somebody attends this event; the same person may come in another one next time."""

    CONGRESS_DEPUTY = "congress_deputy", "人大代表"
    CPPCC_MEMBER = "cppcc_member", "政协委员"
    PARTY_DELEGATE = "party_delegate", "党代表"
    SPECIAL_PROCURATOR = "special_procurator", "特约检察员"
    PEOPLE_SUPERVISOR = "people_supervisor", "人民监督员"
    INVITED_ASSISTANT = "invited_assistant", "特邀检察官助理"
    HEARING_OFFICER = "hearing_officer", "听证员"
    POLICE = "police", "公安"
    COURT = "court", "法院"
    JUSTICE_ADMINISTRATION = "justice_administration", "司法行政"
    LAWYER = "lawyer", "律师"
    SUPERVISORY_COMMISSION = "supervisory_commission", "纪委监委"
    COMMUNITY_OFFICIAL = "community_official", "社区（村）干部"
    ENTERPRISE = "enterprise", "企业"
    MEDIA = "media", "媒体"
    PARTY_TO_A_CASE = "party_to_a_case", "案件当事人"
    EXPERT = "expert", "专家学者"
    OTHER = "other", "其他"


LEVELLED = (Capacity.CONGRESS_DEPUTY, Capacity.CPPCC_MEMBER, Capacity.PARTY_DELEGATE)
"""Those of whom it matters at which level they were elected (两代表一委员)."""


class Level(models.TextChoices):
    """At which level a deputy, member or delegate was elected."""

    NATIONAL = "national", "全国"
    PROVINCE = "province", "省"
    CITY = "city", "市"
    COUNTY = "county", "县"


class Forum(models.Model):
    """One event of its host organ."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=ForumKind)
    name = models.CharField(max_length=100)
    held_on = models.DateField()
    place = models.CharField(max_length=100, blank=True)
    chair = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "moderation"
        db_table = "forum_event"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ForumKind.values), name="forum_event_kind"),
            models.CheckConstraint(condition=~Q(name=""), name="forum_event_is_named"),
        ]
        indexes = [
            # the events of an organ, latest first (`forum_page`)
            models.Index(fields=["organ", "-held_on", "id"], name="forum_event_latest"),
        ]

    def __str__(self) -> str:
        return self.name


class Attendee(models.Model):
    """Somebody at an event: capacity in clear for counting, the person sealed to the host's triage key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="attendees")
    position = models.PositiveSmallIntegerField()
    capacity = models.CharField(max_length=24, choices=Capacity)
    level = models.CharField(max_length=8, choices=Level, blank=True)
    person = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "moderation"
        db_table = "forum_attendee"
        constraints = [
            models.UniqueConstraint(fields=["forum", "position"], name="forum_attendee_position"),
            models.CheckConstraint(condition=Q(capacity__in=Capacity.values), name="forum_attendee_capacity"),
            models.CheckConstraint(
                condition=Q(capacity__in=LEVELLED, level__in=Level.values)
                | (~Q(capacity__in=LEVELLED) & Q(level="")),
                name="forum_attendee_level_fits_capacity",
            ),
        ]

    @property
    def label(self) -> str:
        """The attendee without a name: `3号 省人大代表`."""
        return f"{self.position}号 {self.get_level_display()}{self.get_capacity_display()}"


class Utterance(models.Model):
    """That something was said at an event, and the report it became: the words lie there and nowhere else.

    What the host may not know of has no row here (`actions.log_utterance`); what moves up later is left
    out by `queries.utterances_of`. There is no running number: a gap in one would tell of what is missing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    forum = models.ForeignKey(Forum, on_delete=models.PROTECT, related_name="utterances")
    attendee = models.ForeignKey(Attendee, null=True, on_delete=models.PROTECT, related_name="+")
    """`None`: the speaker did not want to be named."""
    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        app_label = "moderation"
        db_table = "forum_utterance"
        indexes = [
            # what was said at an event, in order (`forum_detail`)
            models.Index(fields=["forum", "noted_at", "id"], name="forum_utterance_in_order"),
        ]

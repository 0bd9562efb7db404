"""Staff and what they may do. There is no password column: opening the personal key is the check."""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q

from portal.common.ids import new_id
from portal.organs.models import Organ
from portal.vault.models import SealedItem, VaultKey

CONTENT_ROLES = ("clerk", "moderator", "triager", "handler", "leader", "supervisor", "verifier")
APART_ROLES = ("custodian", "sysadmin", "secadmin", "auditor")
"""Each of these stands alone: the custodian knows identities only, the other three no content at all."""
ROLES = CONTENT_ROLES + APART_ROLES

ROLE_LABELS = {
    "clerk": "登记员",
    "moderator": "审核员",
    "triager": "分流员",
    "handler": "承办人",
    "leader": "负责人",
    "supervisor": "监督员",
    "verifier": "销账核验员",
    "custodian": "身份保管员",
    "sysadmin": "系统管理员",
    "secadmin": "安全管理员",
    "auditor": "审计管理员",
}


def _alone(role: str) -> Q:
    others = reduce(or_, (Q(**{other: True}) for other in ROLES if other != role))
    return Q(**{role: False}) | ~others


class Staff(models.Model):
    """A person at one organ. Roles are columns of one row, so that the database can keep them apart."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=40, unique=True)
    display_name = models.CharField(max_length=40)
    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="staff")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    invitation_hash = models.BinaryField(null=True)
    """Keyed hash of a one-time joining code; gone once the person has set a passphrase."""
    invited_until = models.DateTimeField(null=True)

    clerk = models.BooleanField(default=False)
    moderator = models.BooleanField(default=False)
    triager = models.BooleanField(default=False)
    handler = models.BooleanField(default=False)
    leader = models.BooleanField(default=False)
    supervisor = models.BooleanField(default=False)
    verifier = models.BooleanField(default=False)
    custodian = models.BooleanField(default=False)
    sysadmin = models.BooleanField(default=False)
    secadmin = models.BooleanField(default=False)
    auditor = models.BooleanField(default=False)

    class Meta:
        app_label = "portal"
        db_table = "accounts_staff"
        constraints = [
            models.CheckConstraint(condition=_alone(role), name=f"accounts_staff_{role}_stands_apart")
            for role in APART_ROLES
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def roles(self) -> frozenset[str]:
        """The roles held."""
        return frozenset(role for role in ROLES if getattr(self, role))

    @property
    def role_labels(self) -> list[str]:
        """The roles held, as people call them."""
        return [ROLE_LABELS[role] for role in ROLES if getattr(self, role)]


class StaffSession(models.Model):
    """A browser session of a person, so that sessions can be listed, locked and ended at once.

    The open personal key lies here and not in Django's session: that one is written whole by every request
    that changes it, and a request that began before a lock would put the key back.
    """

    session_key = models.CharField(max_length=40, primary_key=True)
    handle = models.UUIDField(default=new_id, unique=True, editable=False)
    """What pages call it: the session key itself is half of what signs its owner in."""
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="sessions")
    key = models.ForeignKey(VaultKey, on_delete=models.PROTECT, related_name="+")
    """The personal key that was opened; another one is another person's, or came after a reset."""
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stored_key = models.BinaryField(null=True)
    """The open key under a key that only the browser's cookie has; gone once the session is locked."""
    mark = models.BinaryField()
    """The node's mark: what is typed in a locked session is sealed to `key` without it being opened."""

    class Meta:
        app_label = "portal"
        db_table = "accounts_session"

    @property
    def locked(self) -> bool:
        """Whether it still knows whose it is and opens nothing."""
        return self.stored_key is None


class Draft(models.Model):
    """What somebody typed into a form of one page and has not sent: sealed to their own personal key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="drafts")
    page = models.CharField(max_length=120)
    about = models.UUIDField(null=True)
    """The object in the page's path, if there is one: when that leaves one's sight, its drafts go."""
    words = models.OneToOneField(SealedItem, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "portal"
        db_table = "accounts_draft"
        indexes = [
            # the drafts of a page, when it is shown
            models.Index(fields=["staff", "page"], name="accounts_draft_of_page"),
            # those about one object, when it leaves the office
            models.Index(fields=["about"], condition=Q(about__isnull=False), name="accounts_draft_about"),
        ]

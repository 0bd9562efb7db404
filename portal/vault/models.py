"""Tables of the vault. Everything confidential in Yanlu lies in `SealedItem`, opened by `Envelope`s."""

from django.db import models
from django.db.models import Q

from portal.common.ids import new_id
from portal.vault.index_fields import NumbersField


class VaultKey(models.Model):
    """The public halves of one generation of one key, and the certificate that vouches for them.

    `owner` is an organ's code, `staff:<id>` or `root`. `path` names the owner and everyone above it:
    `510000/510100`, and for a person `510000/510100/staff:<id>`; it is inside the certificate, so no key can
    vouch for one above itself. An organ that moves gets a new generation under its new path.
    """

    class Purpose(models.TextChoices):
        ROOT = "root", "根"
        OVERSIGHT = "oversight", "监督"
        TRIAGE = "triage", "受理"
        CUSTODY = "custody", "身份保管"
        PERSONAL = "personal", "个人"
        KEYHOLDER = "keyholder", "根密钥持有人"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(max_length=48)
    path = models.CharField(max_length=200)
    purpose = models.CharField(max_length=12, choices=Purpose)
    generation = models.PositiveIntegerField(default=1)
    suite = models.PositiveSmallIntegerField()
    sealing_public = models.BinaryField()
    certifying_public = models.BinaryField()
    certificate = models.BinaryField(null=True)
    issuer = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="issued")
    created_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "portal"
        db_table = "vault_key"
        constraints = [
            models.UniqueConstraint(fields=["owner", "purpose", "generation"], name="vault_key_generation"),
            models.UniqueConstraint(
                fields=["owner", "purpose"],
                condition=Q(superseded_at__isnull=True),
                name="vault_key_one_current",
            ),
            models.CheckConstraint(
                condition=Q(certificate__isnull=True) | Q(issuer__isnull=False) | Q(purpose="root"),
                name="vault_key_certificate_has_issuer",
            ),
        ]


class Grant(models.Model):
    """The private half of `key`, sealed to `to`: whoever opens `to` opens `key` as well.

    A grant taken from somebody who left makes a new generation of `key` due; one that ended with a forgotten
    passphrase does not.
    """

    class Ended(models.TextChoices):
        """Why a grant was revoked."""

        LEFT = "left", "离岗"
        RESET = "reset", "重设密钥"

    key = models.ForeignKey(VaultKey, on_delete=models.PROTECT, related_name="grants")
    to = models.ForeignKey(VaultKey, on_delete=models.PROTECT, related_name="granted")
    sealed = models.BinaryField()
    voucher = models.BinaryField()
    """Signed by `key` itself: only who holds it lets somebody else at it, and at what comes after it."""
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_for = models.CharField(max_length=8, choices=Ended, default="", blank=True)

    class Meta:
        app_label = "portal"
        db_table = "vault_grant"
        constraints = [
            models.UniqueConstraint(
                fields=["key", "to"], condition=Q(revoked_at__isnull=True), name="vault_grant_once"
            ),
            models.CheckConstraint(condition=~Q(key=models.F("to")), name="vault_grant_not_to_itself"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_for="")
                | Q(revoked_at__isnull=False, revoked_for__in=["left", "reset"]),
                name="vault_grant_revoked_for_a_reason",
            ),
        ]


class RootShare(models.Model):
    """The root's seed for two keyholders together: sealed to the one, and that sealed to the other."""

    outer = models.ForeignKey(VaultKey, on_delete=models.PROTECT, related_name="+")
    inner = models.ForeignKey(VaultKey, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()

    class Meta:
        app_label = "portal"
        db_table = "vault_root_share"
        constraints = [
            models.UniqueConstraint(fields=["outer", "inner"], name="vault_root_share_once"),
            models.CheckConstraint(condition=~Q(outer=models.F("inner")), name="vault_root_share_takes_two"),
        ]


class PassphraseLock(models.Model):
    """A personal key's seed under a passphrase: opening it is the password check."""

    key = models.OneToOneField(VaultKey, primary_key=True, on_delete=models.CASCADE, related_name="lock")
    salt = models.BinaryField()
    memory_kib = models.PositiveIntegerField()
    passes = models.PositiveSmallIntegerField()
    pepper_version = models.PositiveIntegerField()
    locked_seed = models.BinaryField()

    class Meta:
        app_label = "portal"
        db_table = "vault_passphrase_lock"


class SealedItem(models.Model):
    """One confidential thing under a data key of its own, bound to its table, row and field."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purpose = models.CharField(max_length=24)
    ciphertext = models.BinaryField()
    mark = models.BinaryField()
    """The node's mark: sealing takes a public key only, so anybody could seal something false."""

    class Meta:
        app_label = "portal"
        db_table = "vault_item"


class Envelope(models.Model):
    """An item's data key, or one half of it, sealed to one recipient.

    `lent_half` is the custody half once more, sealed to one person for one approved request.
    The recipient of share `thread` is the reporter's thread key, which stands with the report.
    """

    class Share(models.TextChoices):
        WHOLE = "whole", "整"
        CUSTODY_HALF = "custody_half", "保管半"
        HOLDER_HALF = "holder_half", "受理半"
        LENT_HALF = "lent_half", "借出半"
        THREAD = "thread", "来件人"

    item = models.ForeignKey(SealedItem, on_delete=models.CASCADE, related_name="envelopes")
    recipient = models.ForeignKey(VaultKey, null=True, on_delete=models.PROTECT, related_name="envelopes")
    share = models.CharField(max_length=12, choices=Share)
    sealed = models.BinaryField()

    class Meta:
        app_label = "portal"
        db_table = "vault_envelope"
        constraints = [
            models.UniqueConstraint(fields=["item", "recipient", "share"], name="vault_envelope_once"),
            models.UniqueConstraint(
                fields=["item"], condition=Q(share="thread"), name="vault_envelope_one_thread"
            ),
            models.CheckConstraint(
                condition=Q(share="thread", recipient__isnull=True)
                | (~Q(share="thread") & Q(recipient__isnull=False)),
                name="vault_envelope_recipient",
            ),
        ]


class PurposeKey(models.Model):
    """A random key for one purpose of the node, wrapped by the master key."""

    class Purpose(models.TextChoices):
        RECEIPT = "receipt", "回执"
        LOOKUP = "lookup", "查找"
        PEPPER = "pepper", "口令"
        DEVICE = "device", "设备"
        PROOF = "proof", "收件证明"
        ROWS = "rows", "记录"
        AUDIT = "audit", "审计链头"

    purpose = models.CharField(max_length=12, choices=Purpose)
    version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    """Empty once the key is retired."""
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "portal"
        db_table = "vault_purpose_key"
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version"], name="vault_purpose_key_version"),
            # what the others opened, signed or marked stays in use for as long as the house stands
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(purpose__in=["device", "pepper"]),
                name="vault_purpose_key_may_retire",
            ),
        ]


class IndexEntry(models.Model):
    """What one opened report says, as buckets under a key of its holder (`portal.vault.word_index`)."""

    report = models.UUIDField(unique=True)
    """A report of `portal.intake`, which stands above the vault."""
    key = models.ForeignKey(VaultKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    """The generation of the triage key the buckets were made under."""
    week = models.PositiveSmallIntegerField()
    """When the report was received: every week has buckets of its own."""
    buckets = NumbersField(prefix="w")
    bands = NumbersField(prefix="b")

    class Meta:
        app_label = "portal"
        db_table = "vault_index_entry"
        indexes = [
            # the weeks of a key; entries under older generations
            models.Index(fields=["key", "week"], name="vault_index_entry_week"),
        ]

"""Second factors of staff. What they are checked with is sealed to the person's own key."""

from django.db import models
from django.db.models import Q

from portal.common.ids import new_id
from portal.vault.models import SealedItem, VaultKey


class Factor(models.Model):
    """One phone or security key of one generation of a personal key; it dies with that key.

    `secret` holds the phone's secret, or the credential with its public key: neither can be read without the
    passphrase, nor put there by somebody who merely writes the database. A phone counts once its first code
    was right (`confirmed_at`).
    """

    class Kind(models.TextChoices):
        TOTP = "totp", "手机验证器"
        WEBAUTHN = "webauthn", "安全密钥"

    class Label(models.TextChoices):
        PHONE = "phone", "手机验证器"
        SPARE_PHONE = "spare_phone", "备用手机验证器"
        KEY = "key", "安全密钥"
        SPARE_KEY = "spare_key", "备用安全密钥"
        BUILT_IN = "built_in", "本机指纹、人脸或开机密码"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.ForeignKey(VaultKey, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=12, choices=Kind)
    label = models.CharField(max_length=12, choices=Label)
    secret = models.OneToOneField(SealedItem, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(null=True)
    """The newest time step whose code was taken: no code works twice, nor an older one after it."""
    sign_count = models.PositiveBigIntegerField(null=True)
    """What the security key said it had signed; one that counts backwards may be a copy."""

    class Meta:
        app_label = "portal"
        db_table = "accounts_factor"
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(confirmed_at__isnull=True), name="accounts_factor_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(kind="totp", sign_count__isnull=True, label__in=("phone", "spare_phone"))
                & (Q(confirmed_at__isnull=True) | Q(last_step__isnull=False))
                | Q(
                    kind="webauthn",
                    sign_count__isnull=False,
                    last_step__isnull=True,
                    confirmed_at__isnull=False,
                    label__in=("key", "spare_key", "built_in"),
                ),
                name="accounts_factor_kind",
            ),
        ]


class FactorTries(models.Model):
    """Wrong second factors in a row for one personal key, by browser: known ones apart, strangers as one."""

    key = models.ForeignKey(VaultKey, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=32, blank=True)
    """A hash of the device cookie; empty for every browser that has never signed in."""
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        app_label = "portal"
        db_table = "accounts_factor_tries"
        constraints = [models.UniqueConstraint(fields=["key", "device"], name="accounts_factor_tries_once")]


class FactorChallenge(models.Model):
    """What a session asked a security key to sign; gone when the answer comes."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", "登录"
        CONFIRM = "confirm", "确认"
        REGISTER = "register", "登记"

    session_key = models.CharField(max_length=40, primary_key=True)
    purpose = models.CharField(max_length=12, choices=Purpose)
    challenge = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        app_label = "portal"
        db_table = "accounts_factor_challenge"

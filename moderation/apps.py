"""Moderation: screening, deadlines, triage, ledger, forums and the desk."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """The staff side; stands on the portal, never the other way round."""

    name = "moderation"
    verbose_name = "言路办理"
    default_auto_field = "django.db.models.BigAutoField"

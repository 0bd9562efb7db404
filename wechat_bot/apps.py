"""The WeChat official account; its rooms come with the part that builds the bot."""

from django.apps import AppConfig


class WechatBotConfig(AppConfig):
    """Stands on the portal, apart from moderation."""

    name = "wechat_bot"
    verbose_name = "言路公众号"
    default_auto_field = "django.db.models.BigAutoField"

"""The portal: everything a reporter meets, and the floors the other two apps stand on."""

from importlib import import_module

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Registers start-up checks; does no work at import."""

    name = "portal"
    verbose_name = "言路门户"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for registering in ("portal.checks", "portal.accounts.openapi"):  # need the registry to be ready
            import_module(registering)

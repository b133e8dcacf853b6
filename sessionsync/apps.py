from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionSyncConfig(AppConfig):
    """Registers the app and its system checks."""

    name = "sessionsync"
    verbose_name = _("Session sync")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks."""
        from sessionsync import checks  # noqa: F401  (registers itself)

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "shop.audit"
    verbose_name = _("Audit trail")

    def ready(self) -> None:
        """Keep the triggers through every migration."""
        from .guards import TRIGGERS

        def put_back(using: str, **kwargs: Any) -> None:
            TRIGGERS.after_migrate(using)

        pre_migrate.connect(TRIGGERS.before_migrate, sender=self)
        post_migrate.connect(put_back, sender=self, weak=False)

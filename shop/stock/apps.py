from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class StockConfig(AppConfig):
    name = "shop.stock"
    verbose_name = _("Stock")

    def ready(self) -> None:
        """Keep the ledger's triggers through every migration, and the ledger level with stock."""
        from .guards import TRIGGERS
        from .ledger import level

        def put_back(using: str, **kwargs: Any) -> None:
            if TRIGGERS.after_migrate(using):
                level(using)

        pre_migrate.connect(TRIGGERS.before_migrate, sender=self)
        post_migrate.connect(put_back, sender=self, weak=False)

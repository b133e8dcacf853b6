from django.apps import AppConfig
from django.core import checks


class OrdersConfig(AppConfig):
    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what `check --deploy` asks."""
        from orders.checks import seller

        checks.register(seller, deploy=True)

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PaymentConfig(AppConfig):
    name = "orders.payment"
    verbose_name = _("Payment")

    def ready(self) -> None:
        """Register the check of the settings."""
        from orders.payment.checks import gateways

        checks.register(gateways)

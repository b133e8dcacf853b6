from django.apps import AppConfig


class SandboxPayConfig(AppConfig):
    name = "orders.payment.sandbox"
    label = "sandbox_pay"
    verbose_name = "Sandbox Pay"
    default_auto_field = "django.db.models.BigAutoField"

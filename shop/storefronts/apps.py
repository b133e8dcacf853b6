from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorefrontsConfig(AppConfig):
    name = "shop.storefronts"
    label = "storefronts"
    verbose_name = _("Storefronts")
    default_auto_field = "django.db.models.BigAutoField"

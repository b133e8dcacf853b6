from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "shop.api.base"
    label = "api"
    verbose_name = _("Store API")

from django.apps import AppConfig


class StorefrontsConfig(AppConfig):
    name = "shop.storefronts"
    label = "storefronts"
    default_auto_field = "django.db.models.BigAutoField"

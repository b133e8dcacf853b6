from django.apps import AppConfig


class WindowConfig(AppConfig):
    name = "shop.window"

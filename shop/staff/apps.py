from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "shop.staff"
    label = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        """Give the roles what they may do, once Django has made the permissions of every app.

        It makes them app by app, and tells only those with models (this one has none): the last of
        these is when all are there.
        """
        from shop.staff.roles import give_permissions

        *_others, last = (app for app in apps.get_app_configs() if app.models_module is not None)
        post_migrate.connect(give_permissions, sender=last, dispatch_uid="shop.staff.roles")

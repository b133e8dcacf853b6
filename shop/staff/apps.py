from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "shop.staff"
    label = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        """Give the roles what they may do, once Django has made the permissions."""
        from shop.staff.roles import give_permissions

        post_migrate.connect(give_permissions, sender=self, dispatch_uid="shop.staff.roles")

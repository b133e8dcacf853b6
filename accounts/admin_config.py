"""Django's admin, with the shop's door; in `apps`, Django would take it for accounts' own."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """The admin of `accounts.staff`."""

    default_site = "accounts.staff.StaffSite"

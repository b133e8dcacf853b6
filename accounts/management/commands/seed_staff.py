"""`manage.py seed_staff`."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import emails

EMAIL = "admin@galleria.localhost"
PASSWORD = "galleria"  # noqa: S105 - the demo shows it on its start page


class Command(BaseCommand):
    """Makes the demo's staff, whose password everybody knows; only in the demo."""

    help = (
        f"Add the demo's administrator, {EMAIL}, and an account for each role of the staff "
        "(support@…, merchandiser@…), where they are missing. Refuses outside the demo."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the accounts, and say so. Raises CommandError where settings.DEMO is not true."""
        if not settings.DEMO:
            raise CommandError(
                "seed_staff makes an administrator with a known password, so it only runs with "
                "shop.settings.demo. Use manage.py createsuperuser here. Nothing was changed."
            )
        self._add(EMAIL, "Admin", None)
        for role in Group.objects.exclude(name="Owner").order_by("name"):
            self._add(f"{role.name.lower()}@galleria.localhost", role.name, role)

    def _add(self, email: str, name: str, role: Group | None) -> None:
        staff = User.objects.filter(email=email).first()
        if staff is not None:
            emails.confirm(staff)
            self.stdout.write(f"{email} is there already")
            return
        fields: dict[str, Any] = {"first_name": "Demo", "last_name": name}
        if role is None:
            staff = User.objects.create_superuser(email, PASSWORD, **fields)
        else:
            staff = User.objects.create_user(email, PASSWORD, is_staff=True, **fields)
            staff.groups.add(role)
        emails.confirm(staff)
        self.stdout.write(f"{email} added")

"""What prices know of a person: the groups they are in, and which offers they have used."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.services.personal_data import Outcome, Person
from shop.audit.actors import email_fingerprint
from shop.pricing.models import Redemption


def export(person: Person) -> dict[str, Any]:
    """The customer's groups and the promotions they used."""
    if person.customer is None:
        return {}
    used = Redemption.objects.filter(customer=person.customer)
    return {
        "customer_groups": list(person.customer.customer_groups.values_list("name", flat=True)),
        "promotions_used": list(
            used.values("promotion__name", "voucher__code", "amount", "created_at")
        ),
    }


def erase(person: Person) -> list[Outcome]:
    """Leave their groups, and forget whose the used promotions were. How many were used stays."""
    forgotten = Redemption.objects.none()
    if person.customer is not None:
        person.customer.customer_groups.clear()
        forgotten = Redemption.objects.filter(customer=person.customer)
    prints = [email_fingerprint(email) for email in person.emails]
    count = forgotten.update(customer=None, email_fingerprint="")
    count += Redemption.objects.filter(email_fingerprint__in=prints).update(email_fingerprint="")
    return [Outcome(_("Uses of promotions"), count)]

"""Where the network delivers to: one region, since it has one currency."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.countries import delivery_countries


def region_id() -> str:
    """The region's id."""
    return f"reg_{settings.SHOP_CURRENCY.lower()}"


def region() -> dict[str, Any]:
    """The region in the Store API's words, names in the active language."""
    return {
        "id": region_id(),
        "name": _("Deliveries in %(currency)s") % {"currency": settings.SHOP_CURRENCY},
        "currency_code": settings.SHOP_CURRENCY.lower(),
        "countries": [
            {"id": code, "iso_2": code, "name": name, "display_name": name}
            for code, name in delivery_countries()
        ],
    }

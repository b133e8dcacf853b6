"""Pay on delivery: the carrier collects the money at the door."""

from django.utils.translation import gettext_lazy as _

from orders.payment.gateways.by_hand import ByHand


class OnDelivery(ByHand):
    """Nothing to do until the parcel is handed over; then staff mark the payment as received."""

    slug = "on-delivery"
    label = _("Pay on delivery")
    hint = _("You pay the carrier when your parcel arrives.")

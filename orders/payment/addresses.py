"""Where a gateway sends the shopper and its messages.

The address of return names the order and, signed, the payment: it works in whatever browser the
shopper comes back, with the cookies of that visit, of another, or none.
"""

from dataclasses import dataclass
from typing import Final

from django.core import signing
from django.urls import reverse

from orders.payment.models import Payment

_SALT: Final = "orders.payment.return"


@dataclass(frozen=True, slots=True)
class SiteUrls:
    """The addresses on one site. site_url: its scheme, host and port, https://apparel.example."""

    site_url: str

    def back(self, payment: Payment) -> str:
        """Where the shopper comes to when they have paid or given up at the gateway."""
        return self._address("payment:return", payment)

    def left(self, payment: Payment) -> str:
        """Where the shopper comes to when they leave the gateway's page without an answer."""
        return self._address("payment:left", payment)

    def _address(self, name: str, payment: Payment) -> str:
        return self.site_url + reverse(name, args=[payment.order.token, sign(payment)])


def webhook_url(site_url: str, gateway: str) -> str:
    """Where a gateway sends its messages; it may be any site of the shop."""
    return site_url + reverse("payment:webhook", args=[gateway])


def sign(payment: Payment) -> str:
    """A payment's id that nobody can change or make up."""
    return signing.Signer(salt=_SALT).sign_object(payment.pk)


def signed_payment(order_token: str, signed: str) -> Payment | None:
    """The payment of this order that `sign` was given; None for anything else. One query."""
    try:
        key = signing.Signer(salt=_SALT).unsign_object(signed)
    except signing.BadSignature:
        return None
    found = Payment.objects.select_related("order__storefront")
    return found.filter(pk=key, order__token=order_token).first()

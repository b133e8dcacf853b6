"""What one request brings to the checkout: read once, and from this request alone."""

from dataclasses import dataclass, fields
from typing import Any

from django.http import HttpRequest

from accounts.countries import delivery_countries
from accounts.models import Address, User
from carts.queries import CartContents, cart_contents
from carts.views import ShopRequest
from orders.checkout.entries import entered
from orders.checkout.offers import Buyer, Offer, make_offer
from orders.checkout.services import PostalAddress, Wish
from orders.models import Checkout
from orders.payment.gateways import offered
from orders.payment.port import Gateway

ADDRESS_FIELDS = tuple(field.name for field in fields(PostalAddress))


def customer_of(request: HttpRequest) -> User | None:
    """Who is signed in with this very request; an order of anyone else is a guest's."""
    return request.user if isinstance(request.user, User) else None


def site_url(request: HttpRequest) -> str:
    """Scheme, host and port of the site that is visited."""
    return f"{request.scheme}://{request.get_host()}"


@dataclass(frozen=True, slots=True)
class Visit:
    """A shopper at the checkout: their cart, and what they have entered so far.

    gateways: the ways to pay they may choose from.
    """

    holder: str | None
    customer: User | None
    cart: CartContents
    checkout: Checkout
    gateways: tuple[Gateway, ...]
    request: ShopRequest

    @classmethod
    def of(cls, request: ShopRequest) -> "Visit":
        """Read what there is. The queries of `cart_contents`, and one."""
        holder, customer = request.session.session_key, customer_of(request)
        return cls(
            holder=holder,
            customer=customer,
            cart=cart_contents(holder, request.storefront),
            checkout=entered(holder, customer),
            gateways=tuple(offered()),
            request=request,
        )

    def offer(self, *, country: str, email: str, method: str, or_first: bool = False) -> Offer:
        """The cart at its price for what is known of the buyer.

        country: in lower case, "" if not known. method: the chosen way of delivery, if any;
        or_first: if it is not offered, the first one that is.
        """
        buyer = Buyer(self.request.storefront, self.customer, country, email)
        cart = self.cart
        return make_offer(cart.lines, cart.codes, buyer, method=method, or_first=or_first)

    def entered_offer(self, *, or_first: bool = False) -> Offer:
        """The cart at its price for what was entered."""
        entry = self.checkout
        return self.offer(
            country=entry.country_code,
            email=entry.email,
            method=entry.shipping_method,
            or_first=or_first,
        )

    def gateway(self) -> Gateway | None:
        """The way to pay that was chosen, if it is offered (still)."""
        chosen = (each for each in self.gateways if each.slug == self.checkout.payment_method)
        return next(chosen, None)

    def addresses(self) -> list[Address]:
        """The customer's address book, those we deliver to. One query; none for a guest."""
        if self.customer is None:
            return []
        served = {code for code, _name in delivery_countries()}
        return [each for each in self.customer.addresses.all() if each.country_code in served]

    def known(self) -> dict[str, Any]:
        """What the shopper need not type again: entered before, else from their account."""
        entry = self.checkout
        initial: dict[str, Any] = {}
        if self.customer is not None:
            book = self.addresses() if not entry.address_1 or not entry.email else []
            initial = _from_account(self.customer, book)
        if entry.email:
            initial |= {"email": entry.email, "phone": entry.phone}
        if entry.address_1:
            initial |= {name: getattr(entry, name) for name in ADDRESS_FIELDS if name != "phone"}
        for name in ("shipping_method", "payment_method"):
            if value := getattr(entry, name):
                initial[name] = value
        return initial

    def wish(self) -> Wish:
        """All that was entered, as an order wants it."""
        entry = self.checkout
        return Wish(
            email=entry.email,
            address=PostalAddress(**{name: getattr(entry, name) for name in ADDRESS_FIELDS}),
            billing=PostalAddress(**entry.billing) if entry.billing else None,
            shipping_method=entry.shipping_method,
            payment_method=entry.payment_method,
        )


def _from_account(customer: User, book: list[Address]) -> dict[str, Any]:
    """The account's e-mail address, and the first of its addresses, if it has any."""
    known: dict[str, Any] = {
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
    }
    if book:
        known |= {name: getattr(book[0], name) for name in ADDRESS_FIELDS}
    return known

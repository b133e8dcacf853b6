"""The steps of the checkout, in their order, and which of them are done."""

from dataclasses import dataclass
from typing import Final, Literal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.countries import delivery_countries
from orders.checkout.offers import Offer
from orders.checkout.visit import Visit

type Name = Literal["contact", "address", "shipping", "payment", "review"]

TITLES: Final = {
    "contact": _("Contact"),
    "address": _("Address"),
    "shipping": _("Delivery"),
    "payment": _("Payment"),
    "review": _("Review"),
}
ORDER: Final[tuple[Name, ...]] = ("contact", "address", "shipping", "payment", "review")
ASKED: Final = {
    "contact": _("Please tell us your e-mail address first."),
    "address": _("Please tell us first where your order goes."),
    "shipping": _("Please choose first how your order should reach you."),
    "payment": _("Please choose first how you would like to pay."),
}
"""What to say to someone who is ahead of what is missing."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the progress indicator shows it. `url` is empty where it is too early for it."""

    name: Name
    title: str
    url: str
    is_done: bool
    is_current: bool


def url_of(name: Name) -> str:
    """The step's own address."""
    return reverse(f"orders:checkout_{name}")


def first_missing(visit: Visit, offer: Offer) -> Name:
    """The first step with something left to enter; the review where there is none."""
    entry = visit.checkout
    served = {code for code, _name in delivery_countries()}
    if not entry.email:
        return "contact"
    if not entry.address_1 or entry.country_code not in served:
        return "address"
    if entry.shipping_method not in {quote.method.slug for quote in offer.quotes}:
        return "shipping"
    if visit.gateway() is None:
        return "payment"
    return "review"


def progress(visit: Visit, offer: Offer, current: Name) -> list[Step]:
    """All steps, for a page of one of them."""
    reached = ORDER.index(first_missing(visit, offer))
    return [
        Step(
            name=name,
            title=str(TITLES[name]),
            url=url_of(name) if place <= reached and name != current else "",
            is_done=place < reached,
            is_current=name == current,
        )
        for place, name in enumerate(ORDER)
    ]

"""Shoppers for a trial: everything they do goes through the services that real ones use."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from accounts.models import User
from carts.queries import cart_contents
from carts.refusals import CartError
from carts.services import add_line, add_voucher
from orders import fulfilment, lifecycle, returns
from orders.cancelling import cancel_lines, pay_back
from orders.checkout.errors import OrderError
from orders.checkout.forms import new_checkout_key
from orders.checkout.offers import Buyer, make_offer
from orders.checkout.services import Wish, place_order
from orders.models import Order
from orders.payment import services as payments
from orders.trial.people import some_customer, somebody
from sessionsync.fingerprints import fingerprint
from sessionsync.models import Session
from sessionsync.tokens import mint
from shop.audit.actors import Actor, system
from shop.catalogue.models import Variant
from shop.catalogue.queries import products_on
from shop.mailing.models import OutgoingMail
from shop.pricing.models import Voucher
from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts

BY = system("demo_orders")
SIGNED_IN, WITH_CODE, OF_TWO_SHOPS = 0.3, 0.2, 0.5


@dataclass
class Tally:
    """What became of the shoppers, by a word for each outcome."""

    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass
class Traffic:
    """Shoppers who come, one after the other. The same seed: the same wishes.

    days: over how many days before now their orders are spread. Only the day that an order bears
    is set back: its audit trail tells when it was really made.
    """

    random: Random
    days: int = 30
    send_mails: bool = False
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        """Look at what is for sale."""
        self.shops = all_storefronts()
        self.goods = {
            shop: list(
                Variant.objects.filter(product__in=products_on(shop), available=True)
                .order_by("pk")
                .values_list("pk", flat=True)
            )
            for shop in self.shops
        }
        self.codes = list(Voucher.objects.order_by("pk").values_list("code", flat=True))

    def one(self) -> Order | None:
        """Let one shopper come; None if they leave without an order."""
        with self._mails(), translation.override(settings.LANGUAGE_CODE):
            order = self._shop()
            if order is None:
                self._count("left the cart")
                return None
            self._later(order)
            return order

    def _shop(self) -> Order | None:
        customer = some_customer(self.random) if self.random.random() < SIGNED_IN else None
        key = _session(customer)
        here = self.random.choice([shop for shop in self.shops if self.goods[shop]])
        by = Actor(
            "customer" if customer else "guest",
            "session",
            customer_id=customer.pk if customer else None,
            storefront=here.slug,
            session=fingerprint(key),
        )
        self._fill(key, here, by)
        if self.codes and self.random.random() < WITH_CODE:
            _try(
                lambda: add_voucher(
                    key, self.random.choice(self.codes), storefront=here, customer=customer, by=by
                )
            )
        email, address = somebody(self.random)
        contents = cart_contents(key, here)
        buyer = Buyer(here, customer, address.country_code, customer.email if customer else email)
        offer = make_offer(contents.lines, contents.codes, buyer, or_first=True)
        if not contents.lines or offer.chosen is None or self.random.random() < 0.1:
            return None
        wish = Wish(
            email=buyer.email,
            address=address,
            shipping_method=self.random.choice(offer.quotes).method.slug,
            payment_method=self.random.choice(["on-delivery", "bank-transfer", "bank-transfer"]),
        )
        return _try(
            lambda: place_order(
                holder=key,
                storefront=here,
                customer=customer,
                wish=wish,
                checkout_key=new_checkout_key(),
                agreed_offer=None,
                site_url=f"http://{here.domain}",
                by=by,
            )
        )

    def _fill(self, key: str, here: Storefront, by: Actor) -> None:
        others = [shop for shop in self.shops if shop != here and self.goods[shop]]
        for number in range(self.random.choice([1, 1, 2, 2, 3, 4])):
            elsewhere = number and others and self.random.random() < OF_TWO_SHOPS
            shop = self.random.choice(others) if elsewhere else here
            variant = self.random.choice(self.goods[shop])
            _try(lambda: add_line(key, shop, variant, self.random.choice([1, 1, 1, 2, 3]), by=by))  # noqa: B023 - called at once

    def _later(self, order: Order) -> None:
        """What becomes of it in the days after."""
        fate = self.random.random()
        age = timedelta(days=self.random.uniform(0, self.days))
        Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - age)
        if fate < 0.08:
            lifecycle.cancel(order, by=BY, why=Order.CancelReason.REQUESTED)
            self._count("cancelled")
            return
        if fate < 0.25 or age < timedelta(days=1):
            self._count("waits")
            return
        if order.payment_method == "bank-transfer":
            payments.mark_received(order, by=BY)
        if fate < 0.4:
            line = self.random.choice(list(order.lines.all()))
            fulfilment.fulfil(
                order, {line.pk: 1}, by=BY, carrier="DHL", tracking_number=_number(order)
            )
            if fate < 0.3:
                self._cancel_the_rest(order)
            self._count("sent in part or whole")
            return
        fulfilment.fulfil(order, by=BY, carrier="DHL", tracking_number=_number(order))
        if order.payment_method == "on-delivery":
            payments.mark_received(order, by=BY)
        if fate > 0.92:
            line = self.random.choice(list(order.lines.all()))
            back = returns.announce(order, {line.pk: 1}, by=BY, reason="It does not fit.")
            if fate > 0.95:
                returns.receive(back, by=BY)
                self._count("came back")
                return
            self._count("comes back")
            return
        self._count("sent and paid")

    def _cancel_the_rest(self, order: Order) -> None:
        left = {line.pk: line.unfulfilled_quantity for line in order.lines.all()}
        if any(left.values()):
            made = cancel_lines(order, left, by=BY, key="rest", reason="unavailable", restock=False)
            pay_back(made, by=BY)

    def _count(self, outcome: str) -> None:
        self.tally.outcomes[outcome] += 1

    @contextmanager
    def _mails(self) -> Iterator[None]:
        """Nobody is at example.com: the mails are not sent, unless they are asked for."""
        last = OutgoingMail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        yield
        if not self.send_mails:
            OutgoingMail.objects.filter(pk__gt=last, to__endswith="@example.com").delete()


def _session(customer: User | None) -> str:
    """A browser's session, signed in or a guest's."""
    key = mint(time.time_ns()).key
    Session.objects.create(
        key=key,
        family=key,
        principal=str(customer.pk) if customer else "",
        signed_in_at=datetime.now(UTC) if customer else None,
    )
    return key


def _number(order: Order) -> str:
    return f"00340{order.pk:015}"


def _try[T](step: Callable[[], T]) -> T | None:
    """What a shopper tries and the shop refuses is a part of the trade."""
    try:
        with transaction.atomic():
            return step()
    except (CartError, OrderError):
        return None

"""A guest's orders become a customer's: by a link that is mailed to where the orders were made for.

Never silently. An address that was confirmed long ago, or mistyped by a stranger at checkout, must
not open anybody's orders by itself; who can read the mailbox today has shown that they may.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import letters, queries
from accounts.models import MailedLink, User
from accounts.services import links
from accounts.services.links import LinkRefused
from orders.models import Order
from shop.audit.actors import Actor, email_fingerprint
from shop.audit.trail import record
from shop.storefronts.models import Storefront

LINK_LIFE = timedelta(days=1)
MAILS_PER_HOUR = 3
"""Links that one customer may have sent."""
MOST_ORDERS = 200
"""Orders that one link claims; a second link claims the rest."""

__all__ = [
    "LinkRefused", "NotAGuests", "TooManyLinks", "accept", "claimable", "decline", "orders_of",
    "request_order", "send_links",
]  # fmt: skip


class TooManyLinks(Exception):
    """So many were sent within the last hour that no more are; nothing was sent."""


class NotAGuests(Exception):
    """The order is a customer's already; nothing was sent."""


def claimable(customer: User) -> QuerySet[Order]:
    """Guests' orders that were made with an address the customer has confirmed."""
    return _guests_orders(queries.confirmed_emails(customer))


def _guests_orders(emails: Sequence[str]) -> QuerySet[Order]:
    guests = Order.objects.filter(customer=None).order_by("pk")
    return guests.alias(lower_email=Lower("email")).filter(lower_email__in=emails)


@transaction.atomic
def send_links(customer: User, *, storefront: Storefront, site_url: str) -> int:
    """Mail a link for the guests' orders of each address that has some; returns how many mails.

    Tell the customer the same whether there were any: the mail is the answer. Raises TooManyLinks.
    """
    _refuse_too_many(customer)
    found: dict[str, list[Order]] = {}
    for order in claimable(customer)[:MOST_ORDERS]:
        found.setdefault(order.email.lower(), []).append(order)
    for email, orders in found.items():
        send_link(customer, orders, email=email, storefront=storefront, site_url=site_url)
    return len(found)


@transaction.atomic
def request_order(
    order: Order, customer: User, *, storefront: Storefront, site_url: str, by: Actor
) -> None:
    """Mail a link for one order of a guest, of which the customer knows the secret id.

    It goes to the address the order was made with, which need not be one of the customer's: who
    reads that mailbox says yes, signed in as this customer, or no. Raises TooManyLinks, NotAGuests.
    """
    _refuse_too_many(customer)
    if not Order.objects.filter(pk=order.pk, customer=None).exists():
        raise NotAGuests(order.number)
    send_link(customer, [order], email=order.email, storefront=storefront, site_url=site_url)
    record(order.trail, "order.claim_asked", by, email=email_fingerprint(order.email))


def _refuse_too_many(customer: User) -> None:
    User.objects.select_for_update(no_key=True).only("pk").get(pk=customer.pk)
    lately = customer.mailed_links.filter(
        purpose=MailedLink.Purpose.CLAIM_ORDERS, created_at__gt=timezone.now() - timedelta(hours=1)
    )
    if lately.count() >= MAILS_PER_HOUR:
        raise TooManyLinks


def send_link(
    customer: User, orders: Sequence[Order], *, email: str, storefront: Storefront, site_url: str
) -> None:
    """Mail a link that makes these orders the customer's to the address they were made with."""
    key = links.issue(
        customer,
        MailedLink.Purpose.CLAIM_ORDERS,
        {"orders": [order.pk for order in orders], "email": email},
        LINK_LIFE,
    )
    numbers = ", ".join(order.number for order in orders[:10])
    letter = letters.Letter(
        _("Add your orders to your account"),
        (
            ngettext(
                "You asked for this order to be added to the account of %(account)s: %(numbers)s",
                "You asked for these orders to be added to the account of %(account)s: %(numbers)s",
                len(orders),
            )
            % {"account": customer.email, "numbers": numbers + ("…" if len(orders) > 10 else "")},
        ),
        site_url + reverse("orders:claim", args=[key]),
        _("Add them to the account"),
        (
            _("The link works once, for one day, and only for that account."),
            _("If you did not ask for this, do nothing: your orders stay as they are."),
        ),
        is_secret=True,
    )
    letters.send(
        letter,
        to=email,
        storefront=storefront,
        site_url=site_url,
        reference=f"account-{customer.pk}",
    )


def orders_of(key: str, customer: User) -> list[Order]:
    """The orders that a link would claim for this customer. Raises LinkRefused."""
    return _still_claimable(links.look_up(key, MailedLink.Purpose.CLAIM_ORDERS, customer))


@transaction.atomic
def accept(key: str, customer: User, *, by: Actor) -> list[Order]:
    """Make the orders of a link the customer's; those somebody has claimed meanwhile stay theirs.

    Returns the orders. Raises LinkRefused for a link that is not good (any more).
    """
    link = links.use(key, MailedLink.Purpose.CLAIM_ORDERS, customer)
    orders = _still_claimable(link, lock=True)
    for order in orders:
        order.customer = customer
        order.save(update_fields=["customer"])
        record(order.trail, "order.claimed", by, email=email_fingerprint(link.data["email"]))
    return orders


@transaction.atomic
def decline(key: str, order: Order, *, by: Actor) -> None:
    """Use a link up for nothing, as whoever got the mail may without an account.

    Raises LinkRefused for a link that is not good (any more), or not for this order.
    """
    link = links.refuse(key, MailedLink.Purpose.CLAIM_ORDERS)
    if order.pk not in link.data["orders"]:
        raise LinkRefused
    record(order.trail, "order.claim_declined", by, customer=link.customer_id)


def _still_claimable(link: MailedLink, *, lock: bool = False) -> list[Order]:
    orders = _guests_orders([link.data["email"]]).filter(pk__in=link.data["orders"])
    return list(orders.select_for_update(no_key=True) if lock else orders)

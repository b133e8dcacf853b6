"""What orders know of a person: handed out to them, or taken out of the books.

An order stays, with its number, lines, amounts and the country and province that its tax depends
on. What says whose it was goes, unless it is still under way or the law wants the name kept for a
while (settings.BOOKS_KEEP_NAMES_DAYS): then it stays whole, and is erased the next time round.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.countries import country_name
from accounts.models import ERASED_DOMAIN
from accounts.services.personal_data import Outcome, Person
from orders.models import BillingAddress, Checkout, Invoice, Order, OrderLine, Return
from orders.webhooks.models import Delivery
from shop.mailing.models import OutgoingMail

ERASED_EMAIL = f"order@{ERASED_DOMAIN}"
_ADDRESS = (
    *("first_name", "last_name", "company", "address_1", "address_2", "city"),
    *("postal_code", "phone"),
)
_MONEY_DUE = (Order.PaymentStatus.AWAITING, Order.PaymentStatus.AUTHORIZED)


def export(person: Person) -> dict[str, Any]:
    """Their orders with lines, addresses, invoices, and what they entered at a checkout."""
    lines = Prefetch("lines", OrderLine.objects.select_related("storefront"))
    orders = _orders_of(person).select_related("storefront", "billing_address")
    return {
        "orders": [
            _order(order)
            for order in orders.prefetch_related(lines, "fulfilments", "returns", "invoices")
        ],
        "checkouts": list(
            _checkouts_of(person).values(
                *("email", *_ADDRESS, "province", "country_code", "billing"),
                *("shipping_method", "payment_method", "updated_at"),
            )
        ),
    }


def _order(order: Order) -> dict[str, Any]:
    billing: BillingAddress | None = getattr(order, "billing_address", None)
    return {
        "number": order.number,
        "placed": order.placed_at,
        "shop": order.storefront.slug,
        "status": order.status,
        "payment": {"method": order.payment_method, "status": order.payment_status},
        "email": order.email,
        "delivery": {"method": order.shipping_method_name, **_address(order)},
        "billing": _address(billing) if billing is not None else None,
        "currency": order.currency,
        "total": order.total,
        "refunded": order.refunded_total,
        "cancelled": order.cancelled_total,
        "lines": [
            {
                "product": line.product_title,
                "variant": line.variant_title,
                "sku": line.sku,
                "shop": line.storefront.slug,
                "quantity": line.quantity,
                "cancelled": line.cancelled_quantity,
                "unit_price": line.unit_price,
                "total": line.total,
            }
            for line in order.lines.all()
        ],
        "parcels": [
            {
                "sent": parcel.sent_at,
                "carrier": parcel.carrier,
                "tracking": parcel.tracking_number,
            }
            for parcel in order.fulfilments.all()
        ],
        "returns": [
            {"announced": each.requested_at, "status": each.status, "reason": each.reason}
            for each in order.returns.all()
        ],
        "invoices": [each.number for each in order.invoices.all()],
    }


def _address(address: Order | BillingAddress) -> dict[str, str]:
    return {name: getattr(address, name) for name in (*_ADDRESS, "province", "country_code")}


def erase(person: Person) -> list[Outcome]:
    """Take the person out of their orders, but for those that need them a while longer."""
    _checkouts_of(person).delete()
    orders = list(
        _orders_of(person)
        .exclude(email=ERASED_EMAIL)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    under_way = [order for order in orders if _is_under_way(order)]
    since = timezone.now() - timedelta(days=settings.BOOKS_KEEP_NAMES_DAYS)
    kept = [order for order in orders if order not in under_way and order.placed_at > since]
    free = [order for order in orders if order not in under_way and order not in kept]
    for order in free:
        _erase(order)
    outcomes = [Outcome(_("Orders"), len(free))]
    if under_way:
        told = _("%(numbers)s: still under way, or not paid yet") % {"numbers": _numbers(under_way)}
        outcomes.append(Outcome(_("Orders under way"), 0, told, blocks=True))
    if kept:
        until = max(order.placed_at for order in kept) + timedelta(
            days=settings.BOOKS_KEEP_NAMES_DAYS
        )
        told = _("%(numbers)s: the law wants the names kept, at the latest until %(day)s") % {
            "numbers": _numbers(kept),
            "day": date_format(timezone.localtime(until).date(), "DATE_FORMAT"),
        }
        outcomes.append(Outcome(_("Orders in the books"), 0, told))
    return outcomes


def _erase(order: Order) -> None:
    for name in _ADDRESS:
        setattr(order, name, "")
    order.email = ERASED_EMAIL
    order.session_fingerprint = ""
    order.save(update_fields=[*_ADDRESS, "email", "session_fingerprint"])
    BillingAddress.objects.filter(order=order).delete()
    Return.objects.filter(order=order).update(reason="", note="")
    for invoice in Invoice.objects.filter(order=order):
        country = country_name(order.country_code)
        invoice.document |= {"buyer": [country], "deliver_to": []}
        invoice.save(update_fields=["document"])
    for delivery in Delivery.objects.filter(order=order):
        told = delivery.payload.get("order", {})
        told |= {"email": "", "shipping_address": {"country_code": order.country_code}}
        delivery.answer = ""
        delivery.save(update_fields=["payload", "answer"])
    OutgoingMail.objects.filter(reference=order.token).delete()


def _is_under_way(order: Order) -> bool:
    """Whether somebody still has to send, bring back or pay something."""
    if order.status in {Order.Status.PENDING, Order.Status.PLACED}:
        return True
    if order.status == Order.Status.FULFILLED and order.payment_status in _MONEY_DUE:
        return True
    return order.returns.filter(status=Return.Status.REQUESTED).exists()


def _numbers(orders: Iterable[Order]) -> str:
    return ", ".join(order.number for order in orders)


def _orders_of(person: Person) -> QuerySet[Order]:
    """Their account's orders, and guests' with one of their addresses. The oldest first."""
    mine = Q(pk__in=[])
    if person.customer is not None:
        mine |= Q(customer=person.customer)
    if person.emails:
        mine |= Q(customer=None, lower_email__in=list(person.emails))
    return Order.objects.alias(lower_email=Lower("email")).filter(mine).order_by("placed_at", "pk")


def _checkouts_of(person: Person) -> QuerySet[Checkout]:
    mine = Q(pk__in=[])
    if person.customer is not None:
        mine |= Q(customer=person.customer)
    if person.emails:
        mine |= Q(customer=None, lower_email__in=list(person.emails))
    return Checkout.objects.alias(lower_email=Lower("email")).filter(mine)

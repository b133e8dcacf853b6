"""An order that was sold and paid for, with two tax rates and a discount, for what comes after."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from orders.models import Invoice, Order, OrderDiscount, OrderLine, OrderTax
from orders.payment import services as payments
from shop.audit.actors import Actor
from shop.audit.models import Entry
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.stock import services as stock
from tests.carts.helpers import new_key, shopper
from tests.factories import StorefrontFactory, VariantFactory

STAFF = Actor("staff", "staff-session", customer_id=1, channel="admin")
SHOPPER = Actor("guest", "session", storefront="home")
TOTAL = Decimal("39.39")

_numbers = count(1)


def sold(*, paid: bool = True, **fields: Any) -> Order:
    """Three shirts at 10.00 less 3.00 (19 %), a book at 7.49 (7 %), delivery at 4.90 (19 %)."""
    number = next(_numbers)
    home = StorefrontFactory(slug="home", name="Home & Garden")
    given: dict[str, Any] = {
        "number": f"G-2026-{number:06}",
        "checkout_key": f"sold-{number}",
        "storefront": home,
        "site_url": "https://home.example",
        "payment_method": "bank-transfer",
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Łukasiewicz",
        "address_1": "12 St James's Square",
        "city": "London",
        "postal_code": "SW1Y 4JH",
        "country_code": "gb",
        "shipping_method_name": "Standard",
        "currency": "EUR",
        "items_subtotal": Decimal("37.49"),
        "discount_total": Decimal("3.00"),
        "shipping_price": Decimal("4.90"),
        "shipping_total": Decimal("4.90"),
        "tax_total": Decimal("5.58"),
        "total": TOTAL,
        **fields,
    }
    order = Order.objects.create(**given)
    variants: list[Variant] = [VariantFactory(stock=10), VariantFactory(stock=10)]
    rows: list[tuple[str, int, str, str, str, str]] = [
        ("Shirt <b>", 3, "10.00", "3.00", "19", "4.31"),
        ("Book", 1, "7.49", "0.00", "7", "0.49"),
    ]
    for variant, (title, quantity, price, off, rate, tax) in zip(variants, rows, strict=True):
        OrderLine.objects.create(
            order=order,
            variant=variant,
            storefront=home,
            product_title=title,
            product_slug="x",
            variant_title="S / Blue" if quantity > 1 else "",
            sku=f"SKU-{title[0]}",
            unit_price=Decimal(price),
            quantity=quantity,
            discount_total=Decimal(off),
            tax_rate=Decimal(rate),
            tax=Decimal(tax),
            total=Decimal(price) * quantity - Decimal(off),
        )
    OrderDiscount.objects.create(order=order, code="SPRING", name="Spring", amount=Decimal("3.00"))
    OrderTax.objects.create(
        order=order, rate=19, name="VAT", base=Decimal("26.81"), amount=Decimal("5.09")
    )
    OrderTax.objects.create(
        order=order, rate=7, name="VAT reduced", base=Decimal("7.00"), amount=Decimal("0.49")
    )
    until = timezone.now() + timedelta(minutes=30)
    wanted = {variants[0].pk: 3, variants[1].pk: 1}
    stock.reserve(order.token, wanted, until=until, by=SHOPPER)
    stock.sell(order.token, by=SHOPPER)
    return pay(order) if paid else order


def browser(**options: Any) -> Client:
    """A visitor of the home shop who has shaken hands and has nothing yet."""
    StorefrontFactory(slug="galleria", is_main=True)
    return shopper(new_key(), StorefrontFactory(slug="home"), **options)


def pay(order: Order) -> Order:
    """Staff have seen the money."""
    payments.mark_received(order, by=STAFF)
    order.refresh_from_db()
    return order


def lines(order: Order) -> tuple[OrderLine, OrderLine]:
    """The shirts and the book, as the database has them."""
    shirts, book = order.lines.order_by("pk")
    return shirts, book


def standing(order: Order) -> tuple[str, str, str]:
    """Status, payment and fulfilment status, as the database has them."""
    order.refresh_from_db()
    return order.status, order.payment_status, order.fulfilment_status


def counts(order: Order) -> list[tuple[int, int]]:
    """Sent and come back, for each line."""
    return list(order.lines.order_by("pk").values_list("fulfilled_quantity", "returned_quantity"))


def stocks(order: Order) -> list[int]:
    """What is on hand of each line's variant; ten of each before they were sold."""
    found = []
    for line in order.lines.order_by("pk").select_related("variant"):
        assert line.variant is not None
        found.append(line.variant.stock)
    return found


def steps(order: Order) -> list[str]:
    """What the order's audit trail says happened, in its order."""
    return list(
        Entry.objects.filter(trail=order.trail).order_by("seq").values_list("action", flat=True)
    )


def mails_about(order: Order) -> list[OutgoingMail]:
    """The mails about it, oldest first."""
    return list(OutgoingMail.objects.filter(reference=order.token).order_by("pk"))


def kinds(order: Order) -> list[str]:
    """What the mails about it are, oldest first."""
    return [mail.template.removeprefix("orders/mail/") for mail in mails_about(order)]


def papers(order: Order) -> list[tuple[str, Decimal]]:
    """Kind and amount of the invoices, oldest first."""
    rows = Invoice.objects.filter(order=order).order_by("pk")
    return [(row.kind, row.amount) for row in rows]

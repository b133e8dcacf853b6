"""Prices, taxes and offers for tests, and short ways to ask for a price."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from shop.catalogue.models import Variant
from shop.pricing.breakdown import Breakdown, ShippingQuote, Wanted
from shop.pricing.models import Promotion, TaxClass, TaxRate, Voucher
from shop.pricing.services import price
from shop.storefronts.models import Storefront

D = Decimal
STANDARD = ShippingQuote("standard", "Standard", D("4.90"))
LIMITS = ("categories", "products", "storefronts", "groups")


def promotion(code: str = "", **fields: Any) -> Promotion:
    """An offer; 10 percent unless told otherwise. With a code, it comes by that voucher only."""
    limits = {name: fields.pop(name) for name in LIMITS if name in fields}
    voucher = fields.pop("voucher", {})
    if "kind" not in fields:
        fields = {"kind": "percentage", "percent": D(10), **fields}
    made = Promotion.objects.create(**{"name": "Offer", "automatic": not code, **fields})
    for name, rows in limits.items():
        getattr(made, name).set(rows)
    if code:
        Voucher.objects.create(code=code, promotion=made, **voucher)
    return made


def tax(country: str, rate: str, slug: str = "standard", name: str = "") -> TaxClass:
    """A rate; `standard` is the default class."""
    of, _created = TaxClass.objects.get_or_create(
        slug=slug, defaults={"name": slug.title(), "is_default": slug == "standard"}
    )
    TaxRate.objects.create(country=country, tax_class=of, rate=D(rate), name=name)
    return of


def wanted(*lines: tuple[Variant, Storefront, int]) -> list[Wanted]:
    """Lines with the keys 1, 2, 3 …"""
    return [Wanted(key, *line) for key, line in enumerate(lines, 1)]


def priced(
    *lines: tuple[Variant, Storefront, int],
    codes: Iterable[str] = (),
    shipping: ShippingQuote | None = None,
    country: str | None = "DE",
    **more: Any,
) -> Breakdown:
    """The breakdown of these lines, bought where the first was put in."""
    more = {"customer": None, "storefront": lines[0][1], **more}
    return price(wanted(*lines), codes=list(codes), shipping=shipping, country=country, **more)


def adds_up(found: Breakdown) -> None:
    """What holds for every breakdown."""
    zero = D(0)
    item_discounts = sum((line.discount_total for line in found.lines), zero)
    delivery = found.shipping.total if found.shipping else zero
    on_top = zero if found.tax_included else found.tax_total
    assert found.items_subtotal - item_discounts + delivery + on_top == found.total
    assert found.items_subtotal == sum((line.subtotal for line in found.lines), zero)
    assert found.items_total == found.items_subtotal - item_discounts
    assert found.shipping_total == delivery
    assert found.discount_total == sum((each.amount for each in found.discounts), zero)
    off_delivery = found.shipping.discount if found.shipping else zero
    assert found.discount_total == item_discounts + off_delivery
    parts = [line.tax for line in found.lines]
    if found.shipping:
        parts.append(found.shipping.tax)
        assert found.shipping.price - found.shipping.discount == found.shipping.total >= 0
    assert found.tax_total == sum(parts, zero) == sum((tax.amount for tax in found.taxes), zero)
    for line in found.lines:
        assert line.subtotal == line.unit_price * line.quantity
        assert line.discount_total == sum((each.amount for each in line.discounts), zero)
        assert 0 <= line.total == line.subtotal - line.discount_total <= line.subtotal
        assert all(each.amount > 0 for each in line.discounts)
    amounts = [found.total, found.tax_total, *(line.total for line in found.lines)]
    assert all(amount == amount.quantize(D("0.01")) for amount in amounts)

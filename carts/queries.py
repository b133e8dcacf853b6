"""Reading carts. Each function says how many queries it needs; tests hold it to that."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import User
from carts import notices
from carts.holders import Holder, carts_of
from carts.models import MAX_QUANTITY, CartLine
from shop.catalogue.models import Product, Variant
from shop.catalogue.queries import variants_for
from shop.pricing.breakdown import Breakdown, PricedLine, ShippingQuote, Wanted
from shop.pricing.services import UNINFORMED, strategy_for
from shop.storefronts.models import Storefront


@dataclass(frozen=True, slots=True)
class Line:
    """A cart line as a page shows it.

    storefront: where it was put in. available: how many of the variant the shop has, None where
    nothing limits it. max_quantity: what this line may be set to, given the other lines.
    problem: a sentence that says why it cannot be ordered as it stands, or None. seen_price: what
    one cost when the shopper last looked, if that is known. created_at: when it was put in.
    """

    pk: int
    variant: Variant
    product: Product
    storefront: Storefront
    quantity: int
    available: int | None
    max_quantity: int
    problem: str | None
    seen_price: Decimal | None
    created_at: datetime

    @property
    def wanted(self) -> Wanted:
        """The line as shop.pricing wants it, known by its id."""
        return Wanted(self.pk, self.variant, self.storefront, self.quantity)


@dataclass(frozen=True, slots=True)
class CartContents:
    """What is in a cart, before anything is priced.

    groups: the lines by the storefront they were put in on, the visited one first, then in the
    network's order. count: pieces, not lines. codes: voucher codes that were typed. notices: what
    was changed behind the shopper's back, in words.
    """

    groups: tuple[tuple[Storefront, tuple[Line, ...]], ...]
    lines: tuple[Line, ...]
    count: int
    codes: tuple[str, ...]
    notices: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.lines

    @property
    def problems(self) -> list[str]:
        """Each thing that keeps it from being ordered, once."""
        return list(dict.fromkeys(line.problem for line in self.lines if line.problem))

    @property
    def can_check_out(self) -> bool:
        """Whether it can be ordered as it stands."""
        return not self.is_empty and not self.problems


@dataclass(frozen=True, slots=True)
class CartPage(CartContents):
    """A cart with today's prices. Money is in the network's currency, major units.

    breakdown: what it comes to, with the delivery that checkout will suggest first.
    delivery_from: what the cheapest delivery costs before discounts; None where none can be had.
    changes: what costs something else than when the shopper last looked, in words. vouchers: each
    typed code, with the sentence that says why it does not count, or "".
    """

    breakdown: Breakdown
    delivery_from: Decimal | None
    changes: tuple[str, ...]
    vouchers: tuple[tuple[str, str], ...]

    @property
    def priced_groups(self) -> Iterator[tuple[Storefront, list[tuple[Line, PricedLine]]]]:
        """`groups`, each line with its price."""
        prices = {line.key: line for line in self.breakdown.lines}
        for storefront, lines in self.groups:
            yield storefront, [(line, prices[line.pk]) for line in lines]


def cart_count(holder: Holder | None) -> int:
    """How many pieces the holder's cart holds. One query; none without a session."""
    if not holder:
        return 0
    mine = carts_of(holder).values("pk")
    found = CartLine.objects.filter(cart__in=mine).aggregate(n=Sum("quantity"))
    return found["n"] or 0


def cart_contents(holder: Holder | None, storefront: Storefront) -> CartContents:
    """What the holder's cart holds, for a page of `storefront`.

    Two queries and those of `variants_for`, however many lines there are; fewer for an empty
    cart, none without a session. Never writes: a page that is fetched ahead changes nothing.
    """
    cart = carts_of(holder).first() if holder else None
    rows = list(cart.lines.select_related("storefront")) if cart else []
    grouped: dict[Storefront, list[Line]] = defaultdict(list)
    for line in lines_of(rows):
        grouped[line.storefront].append(line)
    origins = sorted(
        grouped, key=lambda x: (x.pk != storefront.pk, not x.is_main, x.position, x.slug)
    )
    return CartContents(
        groups=tuple((origin, tuple(grouped[origin])) for origin in origins),
        lines=tuple(line for origin in origins for line in grouped[origin]),
        count=sum(row.quantity for row in rows),
        codes=tuple(cart.codes) if cart else (),
        notices=tuple(notices.text(notice) for notice in cart.notices) if cart else (),
    )


def cart_page(
    holder: Holder | None,
    storefront: Storefront,
    *,
    customer: User | None = None,
    country: str | None = None,
    email: str = "",
) -> CartPage:
    """The holder's cart at today's prices, for a page of `storefront`.

    customer: who is signed in. country: where it goes, if that is known. The queries of
    `cart_contents`, those of shop.pricing, and two for the ways of delivery.
    """
    contents = cart_contents(holder, storefront)
    wanted = [line.wanted for line in contents.lines]
    strategy = UNINFORMED
    if wanted:
        strategy = strategy_for(
            wanted,
            storefront=storefront,
            country=country,
            customer=customer,
            codes=contents.codes,
            email=email,
        )
    breakdown, quotes = strategy.reckon(wanted, None), []
    if wanted:
        foreseen: DeliveryForeseen = import_string(settings.CART_DELIVERY_FORESEEN)
        quotes = foreseen(wanted, breakdown.items_total, country)
    if quotes:
        breakdown = strategy.reckon(wanted, quotes[0])
    refused = breakdown.refused_codes
    return CartPage(
        **{each.name: getattr(contents, each.name) for each in fields(contents)},
        breakdown=breakdown,
        delivery_from=min((quote.price for quote in quotes), default=None),
        changes=tuple(_changes(contents.lines, breakdown)),
        vouchers=tuple((code, refused.get(code, "")) for code in contents.codes),
    )


type DeliveryForeseen = Callable[[Sequence[Wanted], Decimal, str | None], list[ShippingQuote]]
"""What `settings.CART_DELIVERY_FORESEEN` names: the ways of delivery that these goods, which come
to this total, can take to this country; the one that checkout suggests first."""


def _changes(lines: Iterable[Line], breakdown: Breakdown) -> Iterator[str]:
    """What costs something else now: a sentence for each item, however many lines it has."""
    prices = {line.key: line.unit_price for line in breakdown.lines}
    changed = {
        (line.variant, line.seen_price, prices[line.pk]): None
        for line in lines
        if line.seen_price is not None and line.seen_price != prices[line.pk]
    }
    for variant, before, now in changed:
        yield notices.price_changed(variant, before, now)


def lines_of(rows: list[CartLine]) -> list[Line]:
    """Cart lines with their availability and problems. The queries of `variants_for`."""
    variants = variants_for({row.variant_id for row in rows}) if rows else {}
    held: Counter[int] = Counter()
    for row in rows:
        held[row.variant_id] += row.quantity
    return [_line(row, variants[row.variant_id], held[row.variant_id]) for row in rows]


def _line(row: CartLine, variant: Variant, held: int) -> Line:
    available = variant.sellable
    limit = MAX_QUANTITY if available is None else min(available, MAX_QUANTITY)
    return Line(
        pk=row.pk,
        variant=variant,
        product=variant.product,
        storefront=row.storefront,
        quantity=row.quantity,
        available=available,
        max_quantity=max(limit - (held - row.quantity), 0),
        problem=_problem(variant, available, held),
        seen_price=row.seen_price,
        created_at=row.created_at,
    )


def _problem(variant: Variant, available: int | None, held: int) -> str | None:
    if not variant.product.is_published:
        return _("“%(item)s” is no longer sold. Please remove it.") % {"item": variant}
    if available is not None and held > available:
        return stock_problem(variant, available, held)
    if held > MAX_QUANTITY:
        return _("One order takes at most %(most)d of “%(item)s”. Please choose fewer.") % {
            "item": variant,
            "most": MAX_QUANTITY,
        }
    return None


def stock_problem(variant: Variant, available: int, held: int) -> str:
    """Says that fewer are left than the cart holds."""
    if available == 0:
        return _("“%(item)s” is sold out. Please remove it.") % {"item": variant}
    return _(
        "Only %(available)d of “%(item)s” are left, and your cart holds %(held)d. Please choose "
        "fewer."
    ) % {"item": variant, "available": available, "held": held}

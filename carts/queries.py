"""Reading carts. Each function says how many queries it needs; tests hold it to that."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from carts import notices
from carts.holders import Holder, carts_of
from carts.models import MAX_QUANTITY, CartLine
from shop.catalogue.models import Product, Variant
from shop.catalogue.queries import variants_for
from shop.storefronts.models import Storefront


@dataclass(frozen=True, slots=True)
class Line:
    """A cart line as a page shows it, at today's price.

    storefront: where it was put in. available: how many of the variant the shop has, None where
    nothing limits it. max_quantity: what this line may be set to, given the other lines.
    problem: a sentence that says why it cannot be ordered as it stands, or None.
    """

    pk: int
    variant: Variant
    product: Product
    storefront: Storefront
    quantity: int
    unit_price: Decimal
    total: Decimal
    available: int | None
    max_quantity: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class CartPage:
    """A cart as a page shows it. Money is in the network's currency, major units.

    groups: the lines by the storefront they were put in on, the visited one first, then in the
    network's order. count: pieces, not lines.
    """

    groups: tuple[tuple[Storefront, tuple[Line, ...]], ...]
    lines: tuple[Line, ...]
    count: int
    total: Decimal
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


def cart_count(holder: Holder | None) -> int:
    """How many pieces the holder's cart holds. One query; none without a session."""
    if not holder:
        return 0
    mine = carts_of(holder).values("pk")
    found = CartLine.objects.filter(cart__in=mine).aggregate(n=Sum("quantity"))
    return found["n"] or 0


def cart_page(holder: Holder | None, storefront: Storefront) -> CartPage:
    """The holder's cart for a page of `storefront`.

    Two queries and those of `variants_for`, however many lines there are; fewer for an empty
    cart, none without a session. Never writes: a page that is fetched ahead changes nothing.
    """
    cart = carts_of(holder).first() if holder else None
    rows = list(cart.lines.select_related("storefront")) if cart else []
    lines = lines_of(rows)
    grouped: dict[Storefront, list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.storefront].append(line)
    origins = sorted(
        grouped, key=lambda x: (x.pk != storefront.pk, not x.is_main, x.position, x.slug)
    )
    return CartPage(
        groups=tuple((origin, tuple(grouped[origin])) for origin in origins),
        lines=tuple(line for origin in origins for line in grouped[origin]),
        count=sum(line.quantity for line in lines),
        total=sum((line.total for line in lines), Decimal("0.00")),
        notices=tuple(notices.text(notice) for notice in cart.notices) if cart else (),
    )


def lines_of(rows: list[CartLine]) -> list[Line]:
    """Cart lines with today's price, availability and problems. The queries of `variants_for`."""
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
        unit_price=variant.price,
        total=variant.price * row.quantity,
        available=available,
        max_quantity=max(limit - (held - row.quantity), 0),
        problem=_problem(variant, available, held),
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

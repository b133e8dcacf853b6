"""Everything that changes a cart, except a merge of two sessions (carts.merging).

Each function is one transaction and begins with `lock_session`, so that what it writes cannot be
lost to a merge that runs at the same time. A refusal is an exception whose name says why; it
changes nothing.
"""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from carts.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from sessionsync.goods import lock_session
from shop.catalogue.models import Variant
from shop.catalogue.queries import is_sold_on
from shop.storefronts.models import Storefront


class CartError(Exception):
    """A change that was refused. `str()` of it is a sentence for the shopper, in their language."""


class UnknownVariant(CartError):
    """No such variant, or its product is not published (any more)."""

    def __str__(self) -> str:
        return _("We no longer sell this item.")


class NotSoldHere(CartError):
    """The product is sold in the network, but not on this storefront."""

    def __init__(self, variant: Variant, storefront: Storefront) -> None:
        self.variant = variant
        self.storefront = storefront

    def __str__(self) -> str:
        return _("“%(item)s” is not sold at %(storefront)s.") % {
            "item": self.variant,
            "storefront": self.storefront,
        }


class NotEnoughStock(CartError):
    """Fewer are available than the cart would hold.

    available: how many the shop has; in_cart: how many of them other lines, or the line that was
    to grow, hold already.
    """

    def __init__(self, variant: Variant, available: int, in_cart: int = 0) -> None:
        self.variant = variant
        self.available = available
        self.in_cart = in_cart

    def __str__(self) -> str:
        values = {"item": self.variant, "available": self.available, "in_cart": self.in_cart}
        if self.in_cart:
            text = _(
                "Only %(available)d of “%(item)s” are available; your cart holds %(in_cart)d "
                "already."
            )
        else:
            text = _("Only %(available)d of “%(item)s” are available.")
        return text % values


class SoldOut(NotEnoughStock):
    """Not even one is available."""

    def __init__(self, variant: Variant) -> None:
        super().__init__(variant, available=0)

    def __str__(self) -> str:
        return _("“%(item)s” is sold out.") % {"item": self.variant}


class QuantityOutOfRange(CartError):
    """Less than one, or more of one variant than a cart takes."""

    def __str__(self) -> str:
        text = _("Please choose a quantity from 1 to %(most)d: one order takes no more of an item.")
        return text % {"most": MAX_QUANTITY}


class CartFull(CartError):
    """The cart holds as many different lines as a cart takes."""

    def __str__(self) -> str:
        return _("Your cart is full: it takes at most %(most)d different entries.") % {
            "most": MAX_LINES
        }


class UnknownLine(CartError):
    """This cart has no such line (any more)."""

    def __str__(self) -> str:
        return _("This item is no longer in your cart.")


@transaction.atomic
def add_line(session_key: str, storefront: Storefront, variant_id: int, quantity: int) -> CartLine:
    """Put so many more of a variant into the session's cart, as chosen on this storefront.

    Returns the line, whose quantity is what it holds now. Raises UnknownVariant, NotSoldHere,
    QuantityOutOfRange, SoldOut, NotEnoughStock, CartFull, or sessionsync's SessionGone.
    """
    root = lock_session(session_key)
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange
    variant = _published_variant(variant_id)
    if not is_sold_on(variant.product, storefront):
        raise NotSoldHere(variant, storefront)
    cart, _created = Cart.objects.get_or_create(session_key=root)
    lines = list(cart.lines.all())
    line = next(
        (x for x in lines if (x.variant_id, x.storefront_id) == (variant.pk, storefront.pk)),
        CartLine(cart=cart, storefront=storefront, quantity=0),
    )
    if line._state.adding and len(lines) >= MAX_LINES:
        raise CartFull
    _refuse_too_many(variant, in_cart=_held(lines, variant), more=quantity)
    line.variant = variant
    line.quantity += quantity
    line.save()
    cart.save(update_fields=["updated_at"])
    return line


@transaction.atomic
def change_line(session_key: str, line_id: int, quantity: int) -> CartLine:
    """Set a line's quantity; 0 removes it. The notices that the cart page showed are done with.

    Returns the line (without a primary key if it was removed). Raises UnknownLine,
    UnknownVariant, QuantityOutOfRange, SoldOut, NotEnoughStock, or sessionsync's SessionGone.
    """
    root = lock_session(session_key)
    lines = list(
        CartLine.objects.filter(cart__session_key=root).select_related("cart", "variant__product")
    )
    line = next((x for x in lines if x.pk == line_id), None)
    if line is None:
        raise UnknownLine
    cart = line.cart
    if quantity == 0:
        line.delete()
    else:
        if not 1 <= quantity <= MAX_QUANTITY:
            raise QuantityOutOfRange
        if not line.variant.product.is_published:
            raise UnknownVariant
        elsewhere = _held(lines, line.variant) - line.quantity
        _refuse_too_many(line.variant, in_cart=elsewhere, more=quantity)
        line.quantity = quantity
        line.save(update_fields=["quantity"])
    cart.notices = []
    cart.save(update_fields=["notices", "updated_at"])
    return line


def remove(session_key: str, line_id: int) -> CartLine:
    """Take a line out of the cart. Raises UnknownLine, or sessionsync's SessionGone."""
    return change_line(session_key, line_id, 0)


@transaction.atomic
def dismiss_notices(session_key: str) -> None:
    """The shopper has read what the cart had to tell. Raises sessionsync's SessionGone."""
    Cart.objects.filter(session_key=lock_session(session_key)).update(notices=[])


def _published_variant(variant_id: int) -> Variant:
    variant = (
        Variant.objects.select_related("product")
        .filter(pk=variant_id, product__is_published=True)
        .first()
    )
    if variant is None:
        raise UnknownVariant
    return variant


def _held(lines: Iterable[CartLine], variant: Variant) -> int:
    return sum(line.quantity for line in lines if line.variant_id == variant.pk)


def _refuse_too_many(variant: Variant, in_cart: int, more: int) -> None:
    """Check the sum over all lines of a variant, wherever they were put in."""
    available = variant.sellable
    if available == 0:
        raise SoldOut(variant)
    if available is not None and in_cart + more > available:
        raise NotEnoughStock(variant, available, in_cart)
    if in_cart + more > MAX_QUANTITY:
        raise QuantityOutOfRange

"""Why a change to a cart was refused: each an exception whose name says it."""

from django.utils.translation import gettext as _

from carts.models import MAX_LINES, MAX_QUANTITY
from shop.catalogue.models import Variant
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


class UnknownCart(CartError):
    """There is no such cart, or it is somebody else's: the two look alike."""

    def __str__(self) -> str:
        return _("This cart does not exist.")


class VoucherRefused(CartError):
    """A voucher code that does not count, or cannot be kept. `reason` is a sentence."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class NothingToDiscount(VoucherRefused):
    """A code was typed for a cart that is empty, or not there."""

    def __str__(self) -> str:
        return _("Your cart is empty: put something in, then type the code.")

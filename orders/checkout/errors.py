"""Why an order was not placed: each an exception whose name says it. Nothing has changed then."""

from decimal import Decimal

from django.utils.translation import gettext as _

from shop.catalogue.money import format_money


class OrderError(Exception):
    """An order that was not placed.

    `problems` are sentences for the shopper, in their language.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = list(problems)


class CartEmpty(OrderError):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__(_("Your cart is empty, so there is nothing to order."))


class ItemsUnavailable(OrderError):
    """Something in the cart cannot be had as it stands; the problems name each item."""


class ShippingNotOffered(OrderError):
    """The way of delivery is gone, does not go to that country, or not with that weight."""

    def __init__(self) -> None:
        super().__init__(
            _("This way of delivery is not offered for your country. Please choose another one.")
        )


class PaymentNotOffered(OrderError):
    """The way to pay is gone."""

    def __init__(self) -> None:
        super().__init__(_("This way to pay is not offered. Please choose another one."))


class VoucherUsedUp(OrderError):
    """A promotion had one use left, and somebody else was faster."""


class OfferChanged(OrderError):
    """Prices or the cart are not what the shopper was shown when they agreed.

    total: what they would pay now.
    """

    def __init__(self, total: Decimal) -> None:
        super().__init__(self._sentence() % {"total": format_money(total)})
        self.total = total

    def _sentence(self) -> str:
        return _(
            "Prices or your cart have changed since you saw this page. The total is now "
            "%(total)s. Please check it and place the order again."
        )


class TotalNotShown(OfferChanged):
    """The prices are those of the page; what they come to there, by that delivery, it did not say.

    So it is without script, where the total cannot follow what is chosen.
    """

    def _sentence(self) -> str:
        return _(
            "With the country and the delivery you chose, the total is now %(total)s. Please check "
            "it and place the order again."
        )


class CheckoutKeyUsed(OrderError):
    """The key belongs to an order that is not this session's."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This page was used to order before; if that was you, the confirmation is in "
                "your mail. To order what is in your cart now, please check it and order again."
            )
        )

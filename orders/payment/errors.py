"""What can go wrong with a payment. Each has a name, and a sentence a shopper may read.

`str(error)` is for the log: it says what happened and holds neither card nor personal data.
"""

from decimal import Decimal

from django.utils.translation import gettext as _


class PaymentError(Exception):
    """A payment was not begun, changed or refunded; the books have not changed."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper, in their language."""
        return _("The payment could not be carried out. You have not been charged.")


class GatewayError(PaymentError):
    """The gateway did not do what it was asked, as far as is known.

    Whether it did is not: a request that timed out may have been carried out. So everything is
    asked with a key by which the gateway knows it again, and can safely be asked once more.
    """

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _(
            "The payment service does not answer at the moment. Your order is kept; please try "
            "again in a minute, or choose another way to pay."
        )


class GatewayUnreachable(GatewayError):
    """No connection, or it broke off."""


class GatewayTimeout(GatewayUnreachable):
    """No answer in time."""


class GatewayFailed(GatewayError):
    """It answered that it has a problem of its own (a status of 500 and above, or 429)."""


class GatewayNonsense(GatewayError):
    """It answered something that cannot be understood."""


class GatewayRefused(GatewayError):
    """It understood and said no: asking again will not help."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _(
            "The payment service did not accept this payment. You have not been charged; please "
            "choose another way to pay."
        )


class GatewayNotSetUp(GatewayError):
    """The shop's key is missing or not accepted: the operator must look."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _("This way to pay is out of order at the moment. Please choose another one.")


class NoSuchGateway(PaymentError):
    """That way to pay is not offered."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _("This way to pay is not offered. Please choose another one.")


class NotPayable(PaymentError):
    """The order is not, or no longer, waiting for a payment."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _("This order can no longer be paid for. Its page says what has become of it.")


class AlreadyPaid(NotPayable):
    """It turned out that the order is paid for already."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _("This order is paid for already. Thank you.")


class StillDeciding(NotPayable):
    """A payment of it is with the bank, can neither be called off nor be doubled."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _("Your bank is still deciding on your payment. Please wait for its answer.")


class NothingToCapture(PaymentError):
    """The payment is not authorised, so nothing can be collected."""

    @property
    def sentence(self) -> str:
        """What to tell staff."""
        return _("There is no authorised amount to collect.")


class NotByHand(PaymentError):
    """Only the gateway itself can say that this payment was received."""

    @property
    def sentence(self) -> str:
        """What to tell staff."""
        return _("This payment is reported by its gateway; it cannot be marked by hand.")


class OverRefund(PaymentError):
    """More was to be paid back than is there. `left`: what may still be paid back."""

    def __init__(self, left: Decimal, currency: str) -> None:
        super().__init__(f"only {left} {currency} can be refunded")
        self.left, self.currency = left, currency

    @property
    def sentence(self) -> str:
        """What to tell staff."""
        return _("At most %(left)s %(currency)s can still be paid back.") % {
            "left": self.left,
            "currency": self.currency,
        }


class BadAmount(PaymentError):
    """An amount that is not positive, or finer than the currency's smallest coin."""

    @property
    def sentence(self) -> str:
        """What to tell staff."""
        return _("Please enter an amount of at least one coin, with no fractions of it.")


class RefundKeyUsed(PaymentError):
    """The key belongs to another refund: of another payment, or of another amount."""

    @property
    def sentence(self) -> str:
        """What to tell staff."""
        return _("This refund was asked for before, with another amount. Please look again.")


class WebhookError(PaymentError):
    """A message that claims to come from a gateway, and was not taken."""


class BadSignature(WebhookError):
    """It is not signed with the secret that the gateway and the shop share."""


class StaleWebhook(WebhookError):
    """It is signed, but long ago: it may be somebody's recording."""


class MalformedWebhook(WebhookError):
    """It is signed, but makes no sense."""


class WrongMoney(PaymentError):
    """A gateway reports money that is not what was asked for: it must not count as paid."""


class WrongAmount(WrongMoney):
    """Another amount than the payment's."""


class WrongCurrency(WrongMoney):
    """Another currency than the payment's."""

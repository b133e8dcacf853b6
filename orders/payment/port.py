"""What the shop asks of a gateway, and what it gets to know. Every gateway speaks this.

A gateway holds no state and no connection: one is made for each call, from the settings
(`orders.payment.gateways.gateway`). Amounts are Decimal in major units of `currency`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from orders.payment.moves import RefundStatus, Status

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from orders.payment.models import Payment, Refund


@dataclass(frozen=True, slots=True)
class Started:
    """A gateway knows of the payment. `redirect_url`: where the shopper pays, "" for nowhere.

    reference: the gateway's name for the payment.
    """

    redirect_url: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RefundNews:
    """One refund, as the gateway sees it. `key` is the shop's, "" where it made it by itself."""

    reference: str
    status: RefundStatus
    amount: Decimal
    key: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A payment as the gateway sees it at a moment.

    status: None where the news says nothing of it. amount, currency: what was authorised or
    captured; None while nothing is. charge: the gateway's name for the money itself, where that
    is another than the payment's.
    """

    status: Status | None
    amount: Decimal | None = None
    currency: str = ""
    reference: str = ""
    charge: str = ""
    refunds: tuple[RefundNews, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """News of a payment. The same (gateway, id) is the same news, however often it comes.

    kind: what the gateway calls it. payment_key: the shop's own key, as the gateway repeats it;
    without it `seen.reference` or `seen.charge` says which payment is meant.
    """

    gateway: str
    id: str
    kind: str
    seen: Seen
    payment_key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway made of a refund: done, on its way, or failed; and its name for it."""

    status: RefundStatus
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of what a shopper must know to pay: a label, and what to copy."""

    label: str
    value: str


class Gateway(Protocol):
    """A way to pay. Every method but `instructions` may raise GatewayError.

    slug: its name in settings, addresses and the database. redirects: whether the shopper pays on
    the gateway's own pages. by_hand: whether staff say that the money has come.
    """

    slug: str
    label: "str | _StrPromise"
    hint: "str | _StrPromise"
    redirects: bool
    by_hand: bool

    def start(self, payment: "Payment", *, return_url: str, cancel_url: str) -> Started:
        """Tell the gateway of a payment. The same payment again is the same there."""

    def capture(self, payment: "Payment", amount: Decimal) -> Seen:
        """Collect so much of what was authorised; the rest is released. Safe twice."""

    def refund(self, refund: "Refund") -> Answer:
        """Pay money back. The same refund again is the same there."""

    def cancel(self, payment: "Payment") -> Seen:
        """Call the payment off where nothing is collected yet; what it is now. Safe twice."""

    def look_up(self, payment: "Payment") -> Seen:
        """Ask what has become of a payment."""

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> Event | None:
        """Read a message that claims to be the gateway's; None: real, and of no interest.

        Raises BadSignature, StaleWebhook, MalformedWebhook.
        """

    def instructions(self, payment: "Payment") -> list[Instruction]:
        """What the shopper must know to pay, for the order's page and mail; often nothing."""

"""What pay on delivery and bank transfer share: people say that the money has come."""

from collections.abc import Mapping
from decimal import Decimal

from orders.payment.errors import BadSignature
from orders.payment.models import Payment, Refund
from orders.payment.moves import RefundStatus, Status
from orders.payment.port import Answer, Event, Instruction, Seen, Started


class ByHand:
    """A way to pay with no machine at the other end: nothing to ask, nobody who calls."""

    redirects = False
    by_hand = True

    def start(self, payment: Payment, *, return_url: str, cancel_url: str) -> Started:
        """Nobody has to be told."""
        return Started()

    def capture(self, payment: Payment, amount: Decimal) -> Seen:
        """Nothing is ever authorised, so this is what the books say."""
        return self.look_up(payment)

    def refund(self, refund: Refund) -> Answer:
        """Written down as done: staff have paid it back, or do so now."""
        return Answer(RefundStatus.DONE)

    def cancel(self, payment: Payment) -> Seen:
        """Nobody has to be told."""
        return Seen(Status.CANCELLED)

    def look_up(self, payment: Payment) -> Seen:
        """Only the books know."""
        captured = payment.captured or None
        return Seen(Status(payment.status), captured, payment.currency if captured else "")

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> Event | None:
        """Nobody may call. Raises BadSignature."""
        raise BadSignature("this gateway sends no messages")

    def instructions(self, payment: Payment) -> list[Instruction]:
        """Nothing to know."""
        return []

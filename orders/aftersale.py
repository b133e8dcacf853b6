"""Reading what came after an order: parcels, cancelled items, what comes back, invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from orders import invoices, returns
from orders.models import Cancellation, Fulfilment, Invoice, Order, Return


@dataclass(frozen=True, slots=True)
class AfterSale:
    """What an order's page shows of it.

    parcels: those that were sent. returnable: how many of each line (id) may still be announced to
    come back, until `until`.
    """

    parcels: Sequence[Fulfilment]
    cancellations: Sequence[Cancellation]
    returns: Sequence[Return]
    invoices: Sequence[Invoice]
    returnable: dict[int, int]
    until: datetime | None

    @classmethod
    def of(cls, order: Order) -> Self:
        """Of one order, with its lines and parcels fetched (`orders.queries.order_by_token`).

        Two queries, two more where something comes back, and three where items were cancelled.
        """
        parcels = [parcel for parcel in order.fulfilments.all() if not parcel.cancelled_at]
        backs = list(order.returns.prefetch_related("lines__line").order_by("requested_at", "pk"))
        was_cancelled = any(line.cancelled_quantity for line in order.lines.all())
        cancellations = order.cancellations.prefetch_related("lines__line")
        until = returns.end_of_time(parcel.sent_at for parcel in parcels)
        return cls(
            parcels=parcels,
            cancellations=list(cancellations) if was_cancelled else [],
            returns=backs,
            invoices=invoices.invoices_of(order),
            returnable=returns.left_to_announce(order, backs, until),
            until=until,
        )

"""One thing that is wrong, as a check tells it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from orders.auditing.models import BOOKS, Kind
from orders.models import Order
from shop.audit.models import Entry


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with an order (None: with the stock as a whole), and what shows it.

    message: a sentence for staff. evidence: numbers of audit entries, amounts, ids.
    """

    order: Order | None
    kind: Kind
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """The order's number, or a dash."""
        return self.order.number if self.order else "–"

    @property
    def is_about_books(self) -> bool:
        """Whether no honest shopper can have caused it."""
        return self.kind in BOOKS


def entry_names(entries: Iterable[Entry]) -> list[str]:
    """How evidence names audit entries: `trail/number`, the trail cut to what tells it apart."""
    return [f"{each.trail[:8]}/{each.seq}" for each in entries]

"""Which moves an order's three statuses may make. One table, and functions that read it."""

from typing import Final

MOVES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "status": {
        "pending": frozenset({"placed", "cancelled"}),
        # Returned: what was sent has come back, and the rest was cancelled then.
        "placed": frozenset({"fulfilled", "cancelled", "returned"}),
        # Placed again: a parcel was never handed over after all.
        "fulfilled": frozenset({"returned", "placed"}),
        "cancelled": frozenset(),
        "returned": frozenset(),
    },
    "payment_status": {
        "awaiting": frozenset({"authorized", "paid", "failed", "cancelled"}),
        "authorized": frozenset({"paid", "failed", "cancelled"}),
        # Declined; the shopper tries again.
        "failed": frozenset({"awaiting", "authorized", "paid", "cancelled"}),
        # Paid after all, when the order was gone: the money goes back.
        "cancelled": frozenset({"authorized", "paid"}),
        "paid": frozenset({"partially_refunded", "refunded"}),
        # Back again: a refund bounced, and the shop has the money.
        "partially_refunded": frozenset({"refunded", "paid"}),
        "refunded": frozenset({"partially_refunded", "paid"}),
    },
    "fulfilment_status": {
        "unfulfilled": frozenset({"partial", "fulfilled"}),
        "partial": frozenset({"fulfilled", "returned", "unfulfilled"}),
        "fulfilled": frozenset({"returned", "partial", "unfulfilled"}),
        "returned": frozenset(),
    },
}
"""For each kind of status, where each may go. To stay is no move and always allowed."""


class MoveRefused(Exception):
    """A status may not become that. `kind` is the field's name; `old`, `new` are its values."""

    def __init__(self, kind: str, old: str, new: str) -> None:
        super().__init__(f"{kind} may not go from {old} to {new}")
        self.kind = kind
        self.old = old
        self.new = new


def may_move(kind: str, old: str, new: str) -> bool:
    """Whether the table lets a status of this kind go from `old` to `new`, or it stays."""
    return old == new or new in MOVES[kind][old]


def moved(kind: str, old: str, new: str) -> str:
    """`new`, if `old` may become it. Raises MoveRefused."""
    if not may_move(kind, old, new):
        raise MoveRefused(kind, old, new)
    return new

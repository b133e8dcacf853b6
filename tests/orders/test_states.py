"""The table of moves: complete, and nothing but what it says."""

import pytest

from orders.models import Order
from orders.states import MOVES, MoveRefused, may_move, moved

KINDS = {
    "status": Order.Status,
    "payment_status": Order.PaymentStatus,
    "fulfilment_status": Order.FulfilmentStatus,
}


def test_the_table_names_every_state_and_no_other() -> None:
    assert set(MOVES) == set(KINDS)
    for kind, states in KINDS.items():
        assert set(MOVES[kind]) == set(states.values)
        assert set().union(*MOVES[kind].values()) <= set(states.values)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (kind, old, new)
        for kind, states in KINDS.items()
        for old in states.values
        for new in states.values
    ],
)
def test_a_move_is_made_if_the_table_has_it_and_refused_by_name_if_not(
    kind: str, old: str, new: str
) -> None:
    if old == new or new in MOVES[kind][old]:
        assert may_move(kind, old, new)
        assert moved(kind, old, new) == new
        return
    assert not may_move(kind, old, new)
    with pytest.raises(MoveRefused) as refusal:
        moved(kind, old, new)
    assert (refusal.value.kind, refusal.value.old, refusal.value.new) == (kind, old, new)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("status", "fulfilled", "cancelled"),
        ("status", "returned", "placed"),
        ("status", "placed", "pending"),
        ("status", "cancelled", "placed"),
        ("payment_status", "awaiting", "refunded"),
        ("payment_status", "refunded", "awaiting"),
        ("payment_status", "paid", "failed"),
        ("payment_status", "paid", "cancelled"),
        ("fulfilment_status", "unfulfilled", "returned"),
        ("fulfilment_status", "returned", "unfulfilled"),
    ],
)
def test_what_must_never_happen(kind: str, old: str, new: str) -> None:
    assert not may_move(kind, old, new)

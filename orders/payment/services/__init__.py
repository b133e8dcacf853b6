"""Everything that changes payments. Nothing here knows of web requests.

Every function that may speak to a gateway refuses to run inside a transaction: no row stays locked
while another company thinks. So each has the same three steps: write down what will be asked, ask,
write down the answer; and whatever is lost between two of them, `reconcile` picks up.

The order of locks is order, payment, stock: docs/locking.md.
"""

from orders.payment.services.asking import ask, call_off, capture, mark_received
from orders.payment.services.beginning import begin
from orders.payment.services.reconciling import Finding, due, reconcile
from orders.payment.services.refunding import give_back, promise, refund, refundable
from orders.payment.services.settling import Result, handle

__all__ = [
    "Finding",
    "Result",
    "ask",
    "begin",
    "call_off",
    "capture",
    "due",
    "give_back",
    "handle",
    "mark_received",
    "promise",
    "reconcile",
    "refund",
    "refundable",
]

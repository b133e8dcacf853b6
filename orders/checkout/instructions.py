"""What a shopper must know to pay what they owe."""

from orders.models import Order
from orders.payment.gateways import gateway
from orders.payment.port import Instruction


def instructions_for(order: Order) -> list[Instruction]:
    """Account and reference for a bank transfer; for most ways to pay, and once paid, nothing.

    One query at most.
    """
    owes = order.payment_status == Order.PaymentStatus.AWAITING
    if not owes or order.status == Order.Status.CANCELLED:
        return []
    payment = order.payments.filter(gateway=order.payment_method).select_related("order").first()
    return gateway(payment.gateway).instructions(payment) if payment else []

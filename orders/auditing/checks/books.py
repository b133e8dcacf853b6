"""Do trail, money, states and stock of an order agree? What is found here, no shopper can cause."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.auditing.findings import Finding
from orders.auditing.history import ZERO, History
from orders.auditing.models import Kind
from orders.models import Order
from shop.stock.models import Reservation

Status = Order.Status
Paid = Order.PaymentStatus
Sent = Order.FulfilmentStatus
State = Reservation.State


def chain(history: History) -> Iterator[Finding]:
    """The trail is as it was written, and tells of the order as it is."""
    order = history.order
    if history.breaks:
        first = history.breaks[0]
        yield Finding(
            order,
            Kind.CHAIN,
            _("At entry %(number)d of its trail: %(problem)s.")
            % {"number": first.seq, "problem": first.problem},
            {"breaks": [[each.seq, each.problem] for each in history.breaks]},
        )
        return
    placed = history.placed
    if placed is None:
        yield Finding(order, Kind.CHAIN, _("Its trail does not tell that it was placed."))
        return
    told = {
        "number": order.number,
        "total": str(order.total),
        "currency": order.currency,
    }
    other = {
        name: [placed.facts.get(name), value]
        for name, value in told.items()
        if placed.facts.get(name) != value
    }
    lines = sorted((each.quantity, str(each.total)) for each in order.lines.all())
    kept = sorted(
        (each.get("quantity"), each.get("total")) for each in placed.facts.get("lines", [])
    )
    if lines != kept:
        other["lines"] = [[list(each) for each in kept], [list(each) for each in lines]]
    cancelled = [each for each in history.entries if each.action == "order.lines_cancelled"]
    off = sum((Decimal(each.facts["amount"]) for each in cancelled), ZERO)
    if off != order.cancelled_total:
        other["cancelled items"] = [str(off), str(order.cancelled_total)]
    if other:
        yield Finding(
            order,
            Kind.CHAIN,
            _("It is not what its trail says was ordered: %(fields)s.")
            % {"fields": ", ".join(sorted(other))},
            other,
        )


def money(history: History) -> Iterator[Finding]:
    """Lines, discounts, delivery and taxes add up to the total, to the cent."""
    order = history.order
    lines = list(order.lines.all())
    sums: dict[str, tuple[Decimal, Decimal]] = {
        "items": (order.items_subtotal, sum((each.subtotal for each in lines), ZERO)),
        "discounts": (
            order.discount_total,
            sum((each.discount_total for each in lines), order.shipping_discount),
        ),
        "discounts by promotion": (
            order.discount_total,
            sum((each.amount for each in order.discounts.all()), ZERO),
        ),
        "lines": (order.items_total, sum((each.total for each in lines), ZERO)),
        "taxes": (order.tax_total, sum((each.amount for each in order.taxes.all()), ZERO)),
        "total": (
            order.total,
            order.items_total
            + order.shipping_total
            + (ZERO if order.tax_included else order.tax_total),
        ),
        "cancelled items": (
            order.cancelled_total,
            sum((each.amount for each in order.cancellations.all()), ZERO),
        ),
    }
    for name, (said, summed) in sums.items():
        if said != summed:
            yield Finding(
                order,
                Kind.MONEY,
                _("%(what)s: the order says %(said)s, its parts make %(summed)s.")
                % {"what": name, "said": said, "summed": summed},
                {"what": name, "said": str(said), "summed": str(summed)},
            )
            return


def payment(history: History) -> Iterator[Finding]:
    """What came in and went back is what the order says, and nothing was charged twice."""
    order = history.order
    counted = [each for each in history.payments if not each.unwanted]
    captured = sum((each.captured for each in counted), ZERO)
    refunded = sum((each.refunded for each in counted), ZERO)
    came = order.payment_status in {Paid.PAID, Paid.PARTIALLY_REFUNDED, Paid.REFUNDED}
    due = order.payable if came else ZERO
    # Asked back is enough: what a bank refuses is flagged at its payment.
    asked = sum((back.amount for each in counted for back in each.refunds.all()), ZERO)
    owed = min(order.cancelled_total - order.waived_total, captured)
    if captured != due:
        yield _payment(history, _("captured"), captured, due)
    elif refunded != order.refunded_total:
        yield _payment(history, _("refunded"), refunded, order.refunded_total)
    elif asked < owed:
        yield _payment(history, _("asked back for cancelled items"), asked, owed)
    kept = [each for each in history.payments if each.unwanted and each.captured != each.refunded]
    if kept and not any(each.refunds.all() for each in kept):
        amount = sum((each.captured - each.refunded for each in kept), ZERO)
        yield _payment(history, _("kept of money that came too late or twice"), amount, ZERO)


def _payment(history: History, what: str, found: Decimal, due: Decimal) -> Finding:
    return Finding(
        history.order,
        Kind.PAYMENT,
        _("%(what)s: its payments say %(found)s, the order %(due)s.")
        % {"what": what, "found": found, "due": due},
        {
            "payments": [each.pk for each in history.payments],
            "found": str(found),
            "due": str(due),
        },
    )


def states(history: History) -> Iterator[Finding]:
    """The three statuses go together, and with what was sent and came back."""
    order = history.order
    lines = order.lines.all()
    sent = sum(each.fulfilled_quantity for each in lines)
    to_send = sum(each.unfulfilled_quantity for each in lines)
    cancelled: Counter[int] = Counter()
    for each in order.cancellations.all():
        cancelled.update({part.line_id: part.quantity for part in each.lines.all()})
    wrong = [
        name
        for name, holds in {
            "pending, but paid or sent": order.status != Status.PENDING
            or (order.payment_status in {Paid.AWAITING, Paid.FAILED} and not sent),
            "cancelled, but sent": order.status != Status.CANCELLED or not sent,
            "cancelled, but its payment is open": order.status != Status.CANCELLED
            or order.payment_status not in {Paid.AWAITING, Paid.FAILED},
            "sent in part or whole, but not marked so": (
                order.fulfilment_status == Sent.UNFULFILLED
            )
            == (sent == 0),
            "marked as sent, but not all of it": order.fulfilment_status != Sent.FULFILLED
            or not to_send,
            "all of it was sent or cancelled, but it is not marked so": order.status
            != Status.PLACED
            or to_send > 0,
            "other items are cancelled than its cancellations say": all(
                each.cancelled_quantity == cancelled[each.pk] for each in lines
            ),
        }.items()
        if not holds
    ]
    if wrong:
        yield Finding(order, Kind.STATES, "; ".join(wrong), {"contradictions": wrong})


def stock(history: History) -> Iterator[Finding]:
    """What the order holds left stock once, or is promised, or owed; never twice, never neither."""
    order = history.order
    wanted: Counter[int] = Counter()
    for line in order.lines.all():
        if line.variant_id is not None:
            wanted[line.variant_id] += line.quantity
    back, lost = _cancelled(order)
    rows = {each.variant_id: each for each in history.reservations}
    expected = {
        Status.PENDING: State.OPEN,
        Status.CANCELLED: None,
    }.get(Status(order.status), State.SOLD)
    for variant, quantity in wanted.items():
        row = rows.get(variant)
        if row is None or row.quantity != quantity:
            yield _stock(history, variant, _("no promise of %(n)d units") % {"n": quantity})
            return
        if expected is not None and row.state != expected:
            # A promise may end a moment before its order does.
            if order.status == Status.PENDING and row.state == State.RELEASED:
                continue
            yield _stock(history, variant, _("its promise is %(state)s") % {"state": row.state})
            return
        whole = order.status == Status.CANCELLED
        due = quantity - lost[variant] if whole else back[variant]
        if row.state == State.SOLD and row.returned < due:
            yield _stock(history, variant, _("cancelled, but not put back"))
            return
        left = history.sold.get(variant, 0)
        if left not in {0, row.quantity - row.returned - row.owed}:
            yield _stock(history, variant, _("%(n)d units left stock for it") % {"n": left})
            return
        if row.state != State.SOLD and left:
            yield _stock(history, variant, _("%(n)d units left stock for it") % {"n": left})
            return


def _cancelled(order: Order) -> tuple[Counter[int], Counter[int]]:
    """Of each variant: how many cancelled items are for sale again, and how many are not."""
    back: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    variants = {each.pk: each.variant_id for each in order.lines.all()}
    for each in order.cancellations.all():
        for part in each.lines.all():
            if variant := variants.get(part.line_id):
                (back if each.restocked else lost)[variant] += part.quantity
    return back, lost


def _stock(history: History, variant: int, problem: str) -> Finding:
    return Finding(
        history.order,
        Kind.STOCK,
        _("Variant %(variant)d: %(problem)s.") % {"variant": variant, "problem": problem},
        {"variant": variant},
    )

"""Counts everything again from the rows themselves, by SQL: no code of the shop has a say here.

Each check gives a line for each disagreement it finds, and none where all is well.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# ruff: noqa: S608 - nothing but our own constants goes into the SQL

type Query = Callable[..., list[tuple[Any, ...]]]
"""SQL and its parameters; the rows."""

DECIDED = "CASE WHEN p.decides_at <= now() THEN p.decides_as ELSE p.state END"
DUE = "(o.total - o.waived_total)"
CAME = "('paid', 'partially_refunded', 'refunded')"


@dataclass(frozen=True, slots=True)
class Known:
    """What the drill knows by itself. stock: of each variant at the start; orders: how many each
    e-mail address may have at most; sent: how often each mail arrived, by Message-ID; kills: how
    often a worker was killed, and so may have sent a mail twice.
    """

    stock: Mapping[int, int]
    orders: Mapping[str, int]
    sent: Mapping[str, int] = field(default_factory=dict)
    kills: int = 0


def disagreements(shop: Query, gateway: Query, known: Known) -> list[str]:
    """All that does not agree."""
    return [
        *_stock(shop, known.stock),
        *_promises(shop),
        *_money(shop),
        *_ledgers(shop, gateway),
        *_orders(shop, known.orders),
        *_trails(shop),
        *_vouchers(shop),
        *_mails(shop, known),
    ]


def _stock(shop: Query, start: Mapping[int, int]) -> Iterator[str]:
    """Stock at the start, less what was sold, with what came back, is stock at the end."""
    sold: dict[int, int] = dict(
        shop(
            "SELECT l.variant_id, sum(l.quantity) FROM orders_orderline l "
            "JOIN orders_order o ON o.id = l.order_id "
            "WHERE o.status IN ('placed', 'fulfilled', 'returned') GROUP BY 1"
        )
    )
    back: dict[int, int] = dict(
        shop(
            "SELECT l.variant_id, sum(r.restocked) FROM orders_returnline r "
            "JOIN orders_orderline l ON l.id = r.line_id "
            "JOIN orders_return t ON t.id = r.return_of_id WHERE t.status = 'received' GROUP BY 1"
        )
    )
    kept: dict[int, int] = dict(
        shop(
            "SELECT l.variant_id, sum(c.quantity) FROM orders_cancellationline c "
            "JOIN orders_orderline l ON l.id = c.line_id "
            "JOIN orders_cancellation k ON k.id = c.cancellation_id "
            "JOIN orders_order o ON o.id = k.order_id "
            "WHERE k.restocked AND o.status <> 'cancelled' GROUP BY 1"
        )
    )
    for variant, stock in shop("SELECT id, stock FROM catalogue_variant ORDER BY id"):
        due = start.get(variant, 0) - sold.get(variant, 0)
        due += back.get(variant, 0) + kept.get(variant, 0)
        if stock != due:
            yield f"stock: variant {variant} has {stock}, its orders leave {due}"
    moved = shop(
        "SELECT v.id, v.stock, coalesce(sum(m.quantity), 0) FROM catalogue_variant v "
        "LEFT JOIN stock_stockmovement m ON m.variant_id = v.id GROUP BY 1, 2"
    )
    yield from (
        f"ledger: variant {variant} has {stock}, its movements make {total}"
        for variant, stock, total in moved
        if stock != total
    )


def _promises(shop: Query) -> Iterator[str]:
    """Nothing is held for anybody any more."""
    for reference, variant in shop(
        "SELECT reference, variant_id FROM stock_reservation WHERE state = 'open'"
    ):
        yield f"reservation: variant {variant} is still held for {reference}"
    for variant, reserved in shop("SELECT id, reserved FROM catalogue_variant WHERE reserved <> 0"):
        yield f"reservation: variant {variant} says that {reserved} are held"
    for (number,) in shop("SELECT number FROM orders_order WHERE status = 'pending'"):
        yield f"orders: {number} still waits for its payment"


def _money(shop: Query) -> Iterator[str]:
    """What payments took and gave back is what orders say, one by one and all together."""
    rows = shop(
        "SELECT o.number, CASE WHEN o.payment_status IN " + CAME + " THEN " + DUE + " ELSE 0 END, "
        "o.refunded_total, coalesce(sum(p.captured), 0), coalesce(sum(p.refunded), 0) "
        "FROM orders_order o LEFT JOIN payment_payment p ON p.order_id = o.id AND NOT p.unwanted "
        "GROUP BY o.id"
    )
    for number, due, given, captured, refunded in rows:
        if (captured, refunded) != (due, given):
            yield (
                f"money: {number} says {due} paid and {given} back, "
                f"its payments {captured} and {refunded}"
            )
    [(paid,)] = shop(
        "SELECT coalesce(sum(" + DUE + "), 0) FROM orders_order o WHERE payment_status IN " + CAME
    )
    [(took,)] = shop("SELECT coalesce(sum(captured), 0) FROM payment_payment WHERE NOT unwanted")
    if paid != took:
        yield f"money: paid orders make {paid}, payments {took}"
    for key, captured, refunded in shop(
        "SELECT key, captured, refunded FROM payment_payment "
        "WHERE unwanted AND captured <> refunded"
    ):
        yield f"money: {refunded} of {captured} that nobody owed went back (payment {key})"
    for number, total, lines in shop(
        "SELECT o.number, o.total - o.shipping_total, sum(l.total) FROM orders_order o "
        "JOIN orders_orderline l ON l.order_id = o.id GROUP BY o.id "
        "HAVING o.total - o.shipping_total <> sum(l.total)"
    ):
        yield f"money: {number} costs {total} without delivery, its lines {lines}"
    for key, status in shop(
        "SELECT key, status FROM payment_payment WHERE status IN ('created', 'pending') "
        "AND gateway = 'sandbox'"
    ):
        yield f"money: payment {key} is still {status}"
    for number, back in shop(
        "SELECT number, " + DUE + " - refunded_total FROM orders_order o "
        "WHERE status = 'cancelled' AND payment_status IN " + CAME
        + " AND refunded_total <> " + DUE
    ):  # fmt: skip
        yield f"money: {number} is cancelled, and {back} of it was kept"
    for number, given, owed in shop(
        "SELECT o.number, o.refunded_total, coalesce(c.owed, 0) + coalesce(r.owed, 0) "
        "FROM orders_order o LEFT JOIN (SELECT order_id, sum(refund_amount) owed "
        "FROM orders_cancellation GROUP BY 1) c ON c.order_id = o.id "
        "LEFT JOIN (SELECT order_id, sum(refund_amount) owed FROM orders_return "
        "WHERE status = 'received' GROUP BY 1) r ON r.order_id = o.id WHERE o.status <> 'cancelled'"
    ):
        if given != owed:
            yield f"money: {given} of {number} went back, for goods that are worth {owed}"


def _ledgers(shop: Query, gateway: Query) -> Iterator[str]:
    """The gateway's own books say the same of each payment, in cents.

    A bank that has decided by now counts, whether or not anybody has asked the gateway since.
    """
    theirs = {
        key: (amount if state == "captured" else 0, int(back))
        for key, state, amount, back in gateway(
            f"SELECT p.key, {DECIDED}, p.amount, coalesce(sum(r.amount), 0) "
            "FROM sandbox_pay_sandboxpayment p "
            "LEFT JOIN sandbox_pay_sandboxrefund r ON r.payment_id = p.id GROUP BY p.id"
        )
    }
    ours = {
        key: (int(captured * 100), int(refunded * 100))
        for key, captured, refunded in shop(
            "SELECT key, captured, refunded FROM payment_payment WHERE gateway = 'sandbox'"
        )
    }
    for key in sorted(theirs.keys() | ours.keys()):
        here, there = ours.get(key, (0, 0)), theirs.get(key, (0, 0))
        if here != there:
            yield f"gateway: payment {key} is {there} there and {here} here (taken, given back)"
    for (key,) in gateway(
        f"SELECT p.key FROM sandbox_pay_sandboxpayment p WHERE {DECIDED} IN ('open', 'processing')"
    ):
        yield f"gateway: payment {key} could still be paid"


def _orders(shop: Query, allowed: Mapping[str, int]) -> Iterator[str]:
    """Nobody has more orders than they wanted."""
    for email, count in shop("SELECT email, count(*) FROM orders_order GROUP BY email"):
        if count > allowed.get(email, 0):
            yield f"orders: {email} has {count}, and wanted {allowed.get(email, 0)}"


def _trails(shop: Query) -> Iterator[str]:
    """Each order's trail tells once that it was placed, and each fate once."""
    told = Counter(
        {
            (trail, action): count
            for trail, action, count in shop(
                "SELECT trail, action, count(*) FROM audit_entry WHERE action IN "
                "('order.placed', 'order.cancelled', 'payment.captured') GROUP BY 1, 2"
            )
        }
    )
    for number, trail, status, paid in shop(
        "SELECT number, trail, status, payment_status IN " + CAME + " FROM orders_order"
    ):
        due = {"order.placed": 1, "order.cancelled": status == "cancelled"}
        due["payment.captured"] = paid
        for action, times in due.items():
            if told[trail, action] != times:
                yield f"trail: {number} tells {told[trail, action]} times of {action}"


def _vouchers(shop: Query) -> Iterator[str]:
    """A code counts as used by the orders that have it and stand, and never above its limit."""
    for code, used, limit, found in shop(
        "SELECT v.code, v.used, v.usage_limit, count(o.id) FROM pricing_voucher v "
        "LEFT JOIN orders_orderdiscount d ON d.code = v.code "
        "LEFT JOIN orders_order o ON o.id = d.order_id AND o.status <> 'cancelled' GROUP BY v.id"
    ):
        if used != found or used > limit:
            yield f"voucher: {code} counts {used} of {limit}, and {found} orders have it"


def _mails(shop: Query, known: Known) -> Iterator[str]:
    """Each accepted order was confirmed by one mail; all mails went out."""
    confirmed: Counter[str] = Counter(
        dict(
            shop(
                "SELECT reference, count(*) FROM mailing_outgoingmail "
                "WHERE template LIKE '%/placed' GROUP BY 1"
            )
        )
    )
    for number, token, accepted in shop(
        "SELECT o.number, o.token, EXISTS (SELECT 1 FROM audit_entry e WHERE e.trail = o.trail "
        "AND (e.action = 'order.accepted' OR (e.action = 'order.placed' "
        "AND e.facts->>'payment' <> 'sandbox'))) FROM orders_order o"
    ):
        if confirmed[token] != accepted:
            yield f"mail: {number} was confirmed {confirmed[token]} times"
    for name, state in shop(
        "SELECT message_id, state FROM mailing_outgoingmail WHERE state <> 'sent'"
    ):
        yield f"mail: {name} is {state}"
    missing = [
        name for (name,) in shop("SELECT message_id FROM mailing_outgoingmail") if known.sent
        and not known.sent.get(name)
    ]  # fmt: skip
    yield from (f"mail: {name} never arrived" for name in missing)
    again = sum(times - 1 for times in known.sent.values())
    if again > known.kills:
        yield f"mail: {again} arrived again, and only {known.kills} workers were killed"


def tally(shop: Query, gateway: Query) -> list[tuple[str, str]]:
    """Figures for people: a name and a number each."""
    rows: list[tuple[str, str]] = []
    by_status = shop(
        "SELECT status || ', ' || payment_status, count(*) FROM orders_order GROUP BY 1 ORDER BY 1"
    )
    rows += [(f"orders {status}", str(count)) for status, count in by_status]
    [(captured, refunded)] = shop(
        "SELECT coalesce(sum(captured), 0), coalesce(sum(refunded), 0) FROM payment_payment "
        "WHERE gateway = 'sandbox'"
    )
    [(theirs,)] = gateway(
        "SELECT coalesce(sum(p.amount), 0) FROM sandbox_pay_sandboxpayment p "
        f"WHERE {DECIDED} = 'captured'"
    )
    [(back,)] = gateway("SELECT coalesce(sum(amount), 0) FROM sandbox_pay_sandboxrefund")
    rows += [
        ("taken by card, the shop says", f"{captured:,.2f}"),
        ("taken by card, the gateway says", f"{Decimal(theirs) / 100:,.2f}"),
        ("given back, the shop says", f"{refunded:,.2f}"),
        ("given back, the gateway says", f"{Decimal(back) / 100:,.2f}"),
    ]
    rows += _counts(
        shop,
        {
            "units sold and not come back": "SELECT -sum(quantity) FROM stock_stockmovement "
            "WHERE kind IN ('sold', 'cancelled', 'returned')",
            "payments that came too late": "SELECT count(*) FROM payment_payment "
            "WHERE problem = 'too-late'",
            "entries in audit trails": "SELECT count(*) FROM audit_entry",
            "mails": "SELECT count(*) FROM mailing_outgoingmail",
        },
    )
    return rows


def _counts(shop: Query, questions: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, sql in questions.items():
        [(count,)] = shop(sql)
        yield name, f"{count or 0:,}"

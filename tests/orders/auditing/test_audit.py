"""Each anomaly is found, and what honest shoppers do is none."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import User
from carts.merging import merge_carts
from carts.services import add_line
from orders import fulfilment, lifecycle
from orders.auditing import services
from orders.auditing.models import Anomaly, Kind, KnownTrail
from orders.cancelling import cancel_lines, pay_back
from orders.models import Cancellation, Order, OrderLine, OrderTax
from orders.payment import services as payments
from orders.payment.models import Payment, Refund
from sessionsync.goods import ensure_rows
from shop.audit import trail
from shop.audit.actors import Actor, email_fingerprint, system
from shop.audit.models import Entry, Trail
from shop.catalogue.models import Variant
from shop.stock.models import Reservation
from tests.carts.helpers import make_shops, make_variant, new_key, signed_in_key
from tests.orders.helpers import EMAIL, make_methods, place, shopper_of

pytestmark = pytest.mark.django_db

STAFF = Actor("staff", "staff-session", customer_id=99, channel="admin")


class Shop:
    """Shops with a shirt, and people who buy it."""

    def __init__(self) -> None:
        make_methods()
        self.shops = make_shops()
        self.shirt = make_variant(self.shops["apparel"], stock=1000)

    def buy(self, key: str | None = None, customer: User | None = None, **changed: Any) -> Order:
        key = key or (signed_in_key(customer) if customer else new_key())
        by = shopper_of(key, customer, "apparel")
        add_line(key, self.shops["apparel"], self.shirt.pk, 2, by=by)
        email = changed.pop("email", customer.email if customer else EMAIL)
        return place(key, self.shops["apparel"], customer=customer, email=email, **changed)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", "x")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", "x")


def found() -> list[tuple[str, str]]:
    """What an audit of everything finds, as order and kind."""
    told = [*services.audit(services.orders_since()), *services.audit_stock()]
    return [(each.number, each.kind.value) for each in told]


def note(order: Order, action: str, by: Actor, **facts: Any) -> None:
    """Write history that is no honest one, before the order was placed: as its cart's."""
    rewrite(order, [(action, by, facts)])


def rewrite(order: Order, more: list[tuple[str, Actor, dict[str, Any]]]) -> None:
    """Give the order another trail, in which this came before it was placed."""
    old = list(Entry.objects.filter(trail=order.trail).order_by("seq"))
    name = trail.new_trail()
    with transaction.atomic():
        for entry in old:
            if entry.action == "order.placed":
                for action, by, facts in more:
                    trail.record(name, action, by, **facts)
            who = Actor(
                entry.kind,  # type: ignore[arg-type]
                entry.how,  # type: ignore[arg-type]
                entry.customer_id,
                entry.storefront,
                entry.session,
                entry.request_id,
                entry.channel,  # type: ignore[arg-type]
            )
            trail.record(name, entry.action, who, **entry.facts)
        Order.objects.filter(pk=order.pk).update(trail=name)


def unguarded(statement: str, *values: Any) -> None:
    """What somebody does who has the database to themselves, triggers and all."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")


# --- What is no anomaly ------------------------------------------------------------------------


def test_honest_orders_are_in_order(shop: Shop, ann: User) -> None:
    shop.buy()
    shop.buy(customer=ann)
    shop.buy(payment_method="bank-transfer")
    waiting = shop.buy(payment_method="sandbox")
    assert waiting.status == "pending"
    lifecycle.cancel(shop.buy(), by=STAFF)
    lifecycle.abandon(shop.buy(payment_method="sandbox"), by=STAFF, holder=None)
    lifecycle.payment_failed(shop.buy(payment_method="sandbox"), by=STAFF, why="declined")
    assert Order.objects.count() == 7
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_came_and_went_back_is_in_order(shop: Shop) -> None:
    order = shop.buy(payment_method="bank-transfer")
    payments.mark_received(order, by=STAFF)
    assert found() == []
    payments.refund(order, Decimal("5.00"), by=STAFF, key="a")
    payments.refund(order, order.total - Decimal("5.00"), by=STAFF, key="b")
    order.refresh_from_db()
    assert order.payment_status == "refunded"
    assert found() == []


def test_two_visits_that_became_one_are_one_shoppers(shop: Shop) -> None:
    first, second, third = sorted(new_key() for _ in range(3))
    for key in (first, second):
        add_line(key, shop.shops["apparel"], shop.shirt.pk, 1, by=shopper_of(key))
    ensure_rows([first, second, third])
    merge_carts(first, second)
    merge_carts(second, third)  # a new token before the checkout: the cart moves as it is
    place(third, shop.shops["apparel"])
    assert found() == []


def test_a_guest_who_signs_in_with_the_address_they_typed_is_one_person(
    shop: Shop, ann: User
) -> None:
    guest, signed_in = new_key(), signed_in_key(ann)
    add_line(guest, shop.shops["apparel"], shop.shirt.pk, 1, by=shopper_of(guest))
    order = shop.buy(key=signed_in, customer=ann)
    note(order, "checkout.contact", shopper_of(guest), email=email_fingerprint(ann.email))
    assert found() == []


def test_an_order_that_was_claimed_later_is_no_anomaly(shop: Shop, ann: User) -> None:
    order = shop.buy()
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(customer=ann)
        trail.record(order.trail, "order.claimed", shopper_of(signed_in_key(ann), ann))
    assert found() == []


def test_an_address_that_was_changed_later_is_no_anomaly(shop: Shop, ann: User) -> None:
    shop.buy(customer=ann)
    User.objects.filter(pk=ann.pk).update(email="ann.lee@example.com")
    assert found() == []


def test_a_program_that_gives_way_to_another_is_no_anomaly(shop: Shop, ann: User) -> None:
    order = shop.buy(customer=ann)
    for client in ["old", "old", "new", "new"]:
        note(
            order, "cart.line_changed", Actor("customer", "token", ann.pk, session=f"tok.{client}")
        )
        order.refresh_from_db()
    assert found() == []


# --- The books ---------------------------------------------------------------------------------


def test_an_entry_that_was_changed_shows(shop: Shop) -> None:
    order = shop.buy()
    unguarded("UPDATE audit_entry SET facts = '{}' WHERE trail = %s AND seq = 2", order.trail)
    assert found() == [(order.number, "chain")]


def test_an_entry_that_was_cut_off_shows(shop: Shop) -> None:
    order = shop.buy()
    unguarded("DELETE FROM audit_entry WHERE trail = %s AND action = 'order.placed'", order.trail)
    assert (order.number, "chain") in found()


@pytest.mark.parametrize("again", ["cut", "rewritten"])
def test_a_tail_that_is_gone_from_both_tables_shows_after_an_audit(shop: Shop, again: str) -> None:
    """Given an audit by night; when somebody who has the database to themselves takes the last
    entry away and sets the trail's own row back, or writes another entry in its place.
    """
    order = shop.buy()
    lifecycle.cancel(order, by=STAFF)
    call_command("audit_orders", stdout=StringIO())
    last, before = Entry.objects.filter(trail=order.trail).order_by("-seq")[:2]
    unguarded("DELETE FROM audit_entry WHERE id = %s", last.pk)
    unguarded(
        "UPDATE audit_trail SET length = %s, head = %s WHERE name = %s",
        before.seq, before.hash, order.trail,
    )  # fmt: skip
    assert trail.verify(order.trail) == []
    if again == "rewritten":
        trail.record(order.trail, "order.cancelled", by=system("clock"))

    [finding] = services.audit(services.orders_since())

    assert (finding.number, finding.kind) == (order.number, Kind.CHAIN)
    assert finding.evidence == {"breaks": [[last.seq, again]]}


def test_a_look_that_is_not_kept_keeps_no_heads(shop: Shop) -> None:
    shop.buy()
    call_command("audit_orders", "--no-list", stdout=StringIO())
    assert KnownTrail.objects.count() == 0
    call_command("audit_orders", stdout=StringIO())
    own = Entry.objects.filter(trail=Order.objects.get().trail)
    assert KnownTrail.objects.get().length == own.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", ["payment_payment", "audit_entry", "audit_trail"])
def test_an_order_that_moves_on_while_it_is_looked_at_is_no_anomaly(
    shop: Shop, before: str
) -> None:
    order = shop.buy(payment_method="bank-transfer")
    done: list[str] = []

    def pays(execute: Any, sql: str, *rest: Any) -> Any:
        if f'FROM "{before}"' in sql and not done:
            done.append(sql)
            payments.mark_received(order, by=STAFF)
        return execute(sql, *rest)

    with connection.execute_wrapper(pays):
        assert list(services.audit(services.orders_since())) == []

    order.refresh_from_db()
    assert order.payment_status == "paid"


def test_a_trail_that_is_gone_shows(shop: Shop) -> None:
    order = shop.buy()
    Order.objects.filter(pk=order.pk).update(trail=trail.new_trail())
    assert found() == [(order.number, "chain")]
    assert Trail.objects.filter(name=order.trail).exists()


def test_an_order_that_was_changed_since_shows(shop: Shop) -> None:
    order = shop.buy()
    OrderLine.objects.filter(order=order).update(quantity=1, total=Decimal("10.00"))
    Order.objects.filter(pk=order.pk).update(
        items_subtotal=Decimal("10.00"), total=Decimal("14.90")
    )
    kinds = [kind for number, kind in found() if number == order.number]
    assert kinds[:1] == ["chain"]
    assert "stock" in kinds


def test_sums_that_do_not_agree_show(shop: Shop) -> None:
    order = shop.buy()
    OrderTax.objects.create(order=order, rate=19, name="VAT", base=1, amount=1)
    assert found() == [(order.number, "money")]


@pytest.mark.parametrize(
    "change",
    [
        {"payment_status": "paid"},
        {"payment_status": "refunded", "refunded_total": Decimal("24.90")},
    ],
)
def test_an_order_that_says_it_was_paid_shows(shop: Shop, change: dict[str, Any]) -> None:
    order = shop.buy()
    Order.objects.filter(pk=order.pk).update(**change)
    assert found() == [(order.number, "payment")]


def test_money_that_no_order_knows_of_shows(shop: Shop) -> None:
    order = shop.buy()
    Payment.objects.filter(order=order).update(status="captured", captured=order.total)
    assert found() == [(order.number, "payment")]


@pytest.mark.django_db(transaction=True)
def test_being_charged_twice_shows(shop: Shop) -> None:
    order = shop.buy(payment_method="bank-transfer")
    payments.mark_received(order, by=STAFF)
    Payment.objects.create(
        order=order,
        gateway="bank-transfer",
        amount=order.total,
        currency="EUR",
        status="captured",
        captured=order.total,
    )
    assert found() == [(order.number, "payment")]


def test_money_that_should_have_gone_back_shows(shop: Shop) -> None:
    order = shop.buy()
    Payment.objects.create(
        order=order,
        gateway="sandbox",
        amount=order.total,
        currency="EUR",
        status="captured",
        captured=order.total,
        unwanted=True,
    )
    assert found() == [(order.number, "payment")]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled"},
        {"fulfilment_status": "fulfilled"},
        {"fulfilment_status": "partial"},
    ],
)
def test_states_that_contradict_each_other_show(shop: Shop, change: dict[str, Any]) -> None:
    order = shop.buy()
    Order.objects.filter(pk=order.pk).update(**change)
    assert (order.number, "states") in found()


def test_goods_that_never_left_stock_show(shop: Shop) -> None:
    order = shop.buy()
    Reservation.objects.filter(reference=order.token).delete()
    assert found() == [(order.number, "stock")]


def test_goods_that_left_stock_twice_show(shop: Shop) -> None:
    order = shop.buy()
    unguarded(
        "UPDATE stock_stockmovement SET quantity = quantity * 2 WHERE reference = %s", order.token
    )
    assert found() == [(order.number, "stock"), ("–", "ledger")]


def test_goods_of_a_cancelled_order_that_did_not_come_back_show(shop: Shop) -> None:
    order = shop.buy()
    Order.objects.filter(pk=order.pk).update(status="cancelled", payment_status="cancelled")
    assert found() == [(order.number, "stock")]


def cancel_one(shop: Shop, **changed: Any) -> tuple[Order, Cancellation]:
    """An order of two shirts, one of which was cancelled."""
    order = shop.buy(**changed)
    if order.payment_method == "bank-transfer":
        payments.mark_received(order, by=STAFF)
    line = order.lines.get()
    made = cancel_lines(order, {line.pk: 1}, by=STAFF, key="a", reason="requested")
    pay_back(made, by=STAFF)
    return order, made


@pytest.mark.django_db(transaction=True)
def test_cancelled_items_are_in_order(shop: Shop) -> None:
    cancel_one(shop, payment_method="bank-transfer")
    unpaid, _made = cancel_one(shop)
    called_off, _made = cancel_one(shop)
    lifecycle.cancel(called_off, by=STAFF)
    fulfilment.fulfil(unpaid, by=STAFF)
    payments.mark_received(unpaid, by=STAFF)
    assert {*Order.objects.values_list("payment_status", "cancelled_total", "waived_total")} == {
        ("partially_refunded", Decimal("10.00"), Decimal("0.00")),
        ("paid", Decimal("10.00"), Decimal("10.00")),
        ("cancelled", Decimal("10.00"), Decimal("10.00")),
    }
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_money_that_is_kept_for_cancelled_items_shows(shop: Shop) -> None:
    order, _made = cancel_one(shop, payment_method="bank-transfer")
    Refund.objects.all().delete()
    Payment.objects.update(refunded=0)
    Order.objects.update(payment_status="paid", refunded_total=0)
    assert found() == [(order.number, "payment")]
    [anomaly] = services.audit(services.orders_since())
    assert anomaly.message.startswith("asked back for cancelled items")


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"cancelled_total": 9, "waived_total": 9}, ["chain", "money"]),
        ({"cancelled_total": 0, "waived_total": 0}, ["chain", "money"]),
    ],
)
def test_a_worth_of_cancelled_items_that_was_changed_shows(
    shop: Shop, changed: dict[str, int], kinds: list[str]
) -> None:
    order, _made = cancel_one(shop)
    Order.objects.filter(pk=order.pk).update(**changed)
    assert found() == [(order.number, kind) for kind in kinds]


def test_a_cancellation_that_was_taken_away_shows(shop: Shop) -> None:
    order, made = cancel_one(shop)
    made.delete()
    assert found() == [(order.number, "money"), (order.number, "states")]


def test_cancelled_items_that_were_not_put_back_show(shop: Shop) -> None:
    order, _made = cancel_one(shop)
    Reservation.objects.filter(reference=order.token).update(returned=0)
    assert found() == [(order.number, "stock")]
    # But they need not be, if they are broken
    Reservation.objects.filter(reference=order.token).update(returned=1)
    broken = shop.buy()
    line = broken.lines.get()
    cancel_lines(broken, {line.pk: 1}, by=STAFF, key="b", reason="damaged", restock=False)
    lifecycle.cancel(broken, by=STAFF)
    assert found() == []


def test_an_order_that_is_done_and_not_marked_so_shows(shop: Shop) -> None:
    order, _made = cancel_one(shop)
    fulfilment.fulfil(order, by=STAFF)
    Order.objects.filter(pk=order.pk).update(status="placed")
    assert found() == [(order.number, "states")]


def test_stock_past_its_ledger_shows(shop: Shop) -> None:
    unguarded("UPDATE catalogue_variant SET stock = 1 WHERE id = %s", shop.shirt.pk)
    assert found() == [("–", "ledger")]
    assert Variant.objects.get(pk=shop.shirt.pk).stock == 1


# --- Who spoke for whom ------------------------------------------------------------------------


def test_the_historic_mistake_shows(shop: Shop, ann: User) -> None:
    """A guest's order on the account of whoever signed in last: only the address gives it away."""
    order = shop.buy(customer=ann, email="guest@example.com")
    assert found() == [(order.number, "email-differs")]


def test_a_customer_who_comes_in_after_a_guests_address_shows(shop: Shop, ann: User) -> None:
    order = shop.buy(customer=ann)
    guest = shopper_of(new_key())
    rewrite(
        order,
        [
            ("checkout.contact", guest, {"email": email_fingerprint("guest@example.com")}),
            ("cart.customer_attached", shopper_of(new_key(), ann), {"customer": ann.pk}),
        ],
    )
    order.refresh_from_db()
    entries = Entry.objects.filter(trail=order.trail, customer_id=ann.pk).order_by("seq")
    # Ann's own entries stand before the guest's here, so it is the later one that gives it away.
    assert entries.count() > 1
    assert found() == [(order.number, "attached-late")]


def test_several_customers_on_one_cart_show(shop: Shop, ann: User, bob: User) -> None:
    order = shop.buy(customer=ann)
    note(order, "cart.line_added", shopper_of(signed_in_key(bob), bob))
    assert found() == [(order.number, "several-customers")]


def test_several_customers_in_one_session_show(shop: Shop, ann: User, bob: User) -> None:
    key = signed_in_key(ann)
    order = shop.buy(key=key, customer=ann)
    with transaction.atomic():  # on another cart, of which this order knows nothing
        trail.record(trail.new_trail(), "cart.line_added", shopper_of(key, bob))
    assert found() == [(order.number, "several-customers")]


def test_a_token_in_two_places_at_once_shows(shop: Shop, ann: User) -> None:
    order = shop.buy(customer=ann)
    uses: list[tuple[str, Actor, dict[str, Any]]] = [
        ("cart.line_changed", Actor("customer", "token", ann.pk, session=f"tok.{client}"), {})
        for client in ["phone", "server", "phone"]
    ]
    rewrite(order, uses)
    assert found() == [(order.number, "token-shared")]


def test_a_stranger_who_orders_somebodys_cart_shows(shop: Shop) -> None:
    key = new_key()
    add_line(key, shop.shops["apparel"], shop.shirt.pk, 1, by=shopper_of(key))
    order = place(key, shop.shops["apparel"], by=shopper_of(new_key()))
    assert found() == [(order.number, "stranger")]


def test_every_kind_of_anomaly_is_seeded_here() -> None:
    with open(__file__) as file:  # noqa: PTH123
        text = file.read()
    assert [kind for kind in Kind.values if f'"{kind}"' not in text] == []


# --- The command and the list ------------------------------------------------------------------


def run(*args: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit_orders", *args, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_that_all_is_well(shop: Shop) -> None:
    shop.buy()
    assert run() == (0, "1 orders: all in order.\n")
    assert json.loads(run("--format", "json")[1]) == {"orders": 1, "new": 0, "anomalies": []}


def test_the_command_names_what_it_finds_and_lists_it_once(shop: Shop, ann: User) -> None:
    order = shop.buy(customer=ann, email="guest@example.com")
    status, text = run()
    assert status == 1
    assert order.number in text
    assert "email-differs" in text
    assert "1 orders: 1 anomalies, 1 of them new." in text
    told = json.loads(run("--format", "json")[1])
    assert told["new"] == 0
    assert told["anomalies"][0]["order"] == order.number
    assert told["anomalies"][0]["evidence"]["customer"] == ann.pk
    row = Anomaly.objects.get()
    assert (row.order, row.kind, row.closed_at) == (order, "email-differs", None)


def test_what_staff_have_closed_stays_closed(shop: Shop, ann: User, bob: User) -> None:
    shop.buy(customer=ann, email="guest@example.com")
    run()
    with pytest.raises(services.NoteMissing):
        services.close(Anomaly.objects.get(), by=bob, note="  ")
    assert services.open_count() == 1
    services.close(Anomaly.objects.get(), by=bob, note="A present for her mother.")
    services.close(Anomaly.objects.get(), by=ann, note="Again.")
    run()
    row = Anomaly.objects.get()
    assert (row.closed_by, row.note) == (bob, "A present for her mother.")
    assert services.open_count() == 0


def test_the_command_looks_at_what_it_is_told(shop: Shop, ann: User) -> None:
    old = shop.buy(customer=ann, email="guest@example.com")
    Order.objects.filter(pk=old.pk).update(placed_at=datetime(2026, 1, 1, tzinfo=UTC))
    new = shop.buy()
    assert run("--since", "2026-02-01")[0] == 0
    assert run("--since", "2025-12-31T23:59")[0] == 1
    assert run("--order", new.number)[0] == 0
    assert run("--order", old.number, "--no-list")[0] == 1
    for wrong in [("--since", "yesterday"), ("--since", "2026-13-01"), ("--order", "G-1")]:
        with pytest.raises(CommandError):
            run(*wrong)


def test_an_audit_needs_as_many_queries_for_many_orders_as_for_few(
    shop: Shop, ann: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        shop.buy()
        shop.buy(customer=ann)
    with django_assert_max_num_queries(18):
        assert list(services.audit(services.orders_since())) == []


def test_a_promise_that_ended_a_moment_before_its_order_is_no_anomaly(shop: Shop) -> None:
    from shop.stock import services as stock

    order = shop.buy(payment_method="sandbox")
    stock.release(order.token, by=system("tests"))
    assert found() == []
    assert order.expires_at is not None
    assert order.expires_at - order.placed_at <= timedelta(minutes=31)

"""News of a payment counts once, in whatever order and from wherever it comes."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders import lifecycle
from orders.models import Order
from orders.payment.models import Payment, PaymentEvent, Refund
from orders.payment.moves import Status
from orders.payment.port import Event
from orders.payment.services import Result, handle
from shop.audit.models import Entry
from shop.audit.trail import verify
from tests.orders.payment.helpers import (
    BY,
    GATEWAY,
    TOTAL,
    books,
    mails_about,
    make_order,
    make_payment,
    news,
    refund_news,
    standing,
    trail_of,
)

pytestmark = pytest.mark.django_db

ZERO = Decimal("0.00")


def stock_of(order: Order) -> tuple[int, int]:
    """On hand and reserved, of the only variant that was ordered."""
    line = order.lines.select_related("variant").get()
    assert line.variant is not None
    return line.variant.stock, line.variant.reserved


def test_money_comes_and_the_order_is_accepted() -> None:
    # Given an order whose goods are reserved, and its payment
    payment = make_payment()
    order = payment.order
    assert stock_of(order) == (5, 2)
    # When the gateway says that the money has come
    result = handle(news(payment, Status.CAPTURED), by=GATEWAY)
    # Then both know it, the goods are sold, and one mail is queued
    assert result == Result.APPLIED
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    assert standing(order) == ("placed", "paid", ZERO)
    assert stock_of(order) == (3, 0)
    assert trail_of(order) == ["payment.captured", "order.accepted"]
    entry = Entry.objects.filter(trail=order.trail).earliest("seq")
    assert (entry.kind, entry.how, entry.channel) == ("system", "gateway", "webhook")
    assert verify(order.trail) == []
    event = payment.events.get()
    assert (event.outcome, event.channel, event.amount) == ("applied", "webhook", TOTAL)


def test_the_same_event_counts_once() -> None:
    payment = make_payment()
    captured = news(payment, Status.CAPTURED)
    assert handle(captured, by=GATEWAY) == Result.APPLIED
    # When it comes again, then nothing happens
    assert handle(captured, by=GATEWAY) == Result.KNOWN
    assert handle(captured, by=BY) == Result.KNOWN
    assert payment.events.count() == 1
    assert trail_of(payment.order).count("payment.captured") == 1


def test_the_same_news_under_another_name_changes_nothing() -> None:
    payment = make_payment()
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert handle(news(payment, Status.CAPTURED), by=GATEWAY) == Result.NOTHING_NEW
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    assert trail_of(payment.order) == ["payment.captured", "order.accepted"]


def test_the_same_event_id_of_another_gateway_is_another_event() -> None:
    one = make_payment()
    other = make_payment(make_order("stripe"))
    handle(news(one, Status.CAPTURED, event_id="evt"), by=GATEWAY)
    assert handle(news(other, Status.CAPTURED, event_id="evt"), by=GATEWAY) == Result.APPLIED


def test_a_decline_leaves_the_order_waiting_with_its_goods() -> None:
    payment = make_payment()
    handle(news(payment, Status.FAILED), by=GATEWAY)
    assert books(payment) == ("failed", ZERO, ZERO, "")
    assert standing(payment.order) == ("pending", "failed", ZERO)
    assert stock_of(payment.order) == (5, 2)


@pytest.mark.parametrize("word", [Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.PENDING])
def test_money_that_came_beats_any_word_before_or_after(word: Status) -> None:
    before, afterwards = make_payment(), make_payment()
    for event in (news(before, word), news(before, Status.CAPTURED)):
        handle(event, by=GATEWAY)
    for event in (news(afterwards, Status.CAPTURED), news(afterwards, word)):
        handle(event, by=GATEWAY)
    for payment in (before, afterwards):
        assert books(payment) == ("captured", TOTAL, ZERO, "")
        assert standing(payment.order) == ("placed", "paid", ZERO)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"amount": Decimal("24.89"), "currency": "EUR"}, "wrong-amount"),
        ({"amount": Decimal("2490.00"), "currency": "EUR"}, "wrong-amount"),
        ({"amount": None, "currency": "EUR"}, "wrong-amount"),
        ({"amount": TOTAL, "currency": "USD"}, "wrong-currency"),
        ({"amount": TOTAL, "currency": ""}, "wrong-currency"),
    ],
)
@pytest.mark.parametrize("status", [Status.CAPTURED, Status.AUTHORIZED])
def test_other_money_than_was_asked_for_is_flagged_and_never_counts(
    status: Status, told: dict[str, object], problem: str
) -> None:
    payment = make_payment()
    # When the gateway reports another amount or currency
    result = handle(news(payment, status, **told), by=GATEWAY)
    # Then the order still waits, and staff find the payment flagged
    assert result == Result.REFUSED
    assert books(payment) == ("pending", ZERO, ZERO, problem)
    assert standing(payment.order) == ("pending", "awaiting", ZERO)
    assert trail_of(payment.order) == ["payment.flagged"]
    assert payment.events.get().outcome == "refused"
    # And the right news is taken afterwards
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert standing(payment.order) == ("placed", "paid", ZERO)


def test_news_of_a_payment_that_is_not_ours_changes_nothing() -> None:
    payment = make_payment()
    stranger = Event("sandbox", "evt", "payment.captured", news(payment, None).seen, "no-such-key")
    assert handle(stranger, by=GATEWAY) == Result.UNKNOWN_PAYMENT
    nameless = Event("sandbox", "evt", "payment.captured", news(payment, None).seen)
    assert handle(nameless, by=GATEWAY) == Result.UNKNOWN_PAYMENT
    # Nor of a payment by another gateway, whatever its key
    foreign = Event("stripe", "evt", "x", news(payment, Status.CAPTURED).seen, payment.key)
    assert handle(foreign, by=GATEWAY) == Result.UNKNOWN_PAYMENT
    assert books(payment) == ("pending", ZERO, ZERO, "")
    assert PaymentEvent.objects.count() == 0


def test_a_payment_is_found_by_the_gateways_names_too() -> None:
    payment = make_payment(charge="pi_1")
    seen = news(payment, Status.CAPTURED, charge="pi_1").seen
    assert handle(Event("sandbox", "evt", "x", seen), by=GATEWAY) == Result.APPLIED
    assert books(payment)[0] == "captured"


def test_an_authorised_payment_is_an_accepted_order_without_money() -> None:
    payment = make_payment()
    handle(news(payment, Status.AUTHORIZED), by=GATEWAY)
    assert books(payment) == ("authorized", ZERO, ZERO, "")
    assert standing(payment.order) == ("placed", "authorized", ZERO)
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert books(payment) == ("captured", TOTAL, ZERO, "")
    assert standing(payment.order) == ("placed", "paid", ZERO)


def test_late_money_takes_the_goods_again_while_the_order_still_waits() -> None:
    # Given an order whose time is over, whose goods were released but not sold to others
    payment = make_payment(make_order(minutes=-1))
    from shop.stock import services as stock

    stock.release(payment.order.token, by=BY)
    assert stock_of(payment.order) == (5, 0)
    # When the money comes, then the goods are taken after all
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert standing(payment.order) == ("placed", "paid", ZERO)
    assert stock_of(payment.order) == (3, 0)


def test_a_late_decline_of_an_old_attempt_does_not_touch_the_new_one() -> None:
    old = make_payment(status=Status.CANCELLED)
    new = make_payment(old.order)
    # When the old attempt is said to have failed, then the order still waits for the new one
    handle(news(old, Status.VOIDED), by=GATEWAY)
    assert standing(old.order) == ("pending", "awaiting", ZERO)
    handle(news(new, Status.CAPTURED), by=GATEWAY)
    assert standing(old.order) == ("placed", "paid", ZERO)


def test_refunds_made_at_the_gateway_are_booked_once_each() -> None:
    payment = make_payment()
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    handle(refund_news(payment, "4.90", reference="re_1"), by=GATEWAY)
    handle(refund_news(payment, "4.90", reference="re_1"), by=GATEWAY)
    assert books(payment) == ("captured", TOTAL, Decimal("4.90"), "")
    assert standing(payment.order) == ("placed", "partially_refunded", Decimal("4.90"))
    handle(refund_news(payment, "20.00", reference="re_2"), by=GATEWAY)
    assert standing(payment.order) == ("placed", "refunded", TOTAL)
    assert [refund.reference for refund in payment.refunds.all()] == ["re_1", "re_2"]


def test_news_of_a_refund_may_overtake_the_news_of_the_money() -> None:
    payment = make_payment()
    handle(refund_news(payment, "4.90", reference="re_1"), by=GATEWAY)
    assert books(payment) == ("pending", ZERO, ZERO, "")
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    assert books(payment) == ("captured", TOTAL, Decimal("4.90"), "")
    assert standing(payment.order) == ("placed", "partially_refunded", Decimal("4.90"))


def test_a_gateway_that_pays_back_more_than_it_got_is_flagged() -> None:
    payment = make_payment()
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    handle(refund_news(payment, "30.00", reference="re_1"), by=GATEWAY)
    assert books(payment) == ("captured", TOTAL, TOTAL, "refund-too-high")


def test_a_refund_that_bounces_can_be_made_again() -> None:
    payment = make_payment()
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    handle(refund_news(payment, "4.90", reference="re_1"), by=GATEWAY)
    # When the shopper's bank sends it back days later
    handle(refund_news(payment, "4.90", reference="re_1", status="failed"), by=GATEWAY)
    # Then the shop has the money again, and staff are told
    assert books(payment) == ("captured", TOTAL, ZERO, "refund-failed")
    assert "payment.flagged" in trail_of(payment.order)
    assert standing(payment.order) == ("placed", "paid", ZERO)
    assert trail_of(payment.order)[-1] == "payment.refund_bounced"
    # And when it is made again, that counts
    handle(refund_news(payment, "20.00", reference="re_2"), by=GATEWAY)
    assert standing(payment.order) == ("placed", "partially_refunded", Decimal("20.00"))


def test_of_two_refunds_one_bounces() -> None:
    payment = make_payment()
    handle(news(payment, Status.CAPTURED), by=GATEWAY)
    handle(refund_news(payment, "20.00", reference="re_1"), by=GATEWAY)
    handle(refund_news(payment, "4.90", reference="re_2"), by=GATEWAY)
    assert standing(payment.order) == ("placed", "refunded", TOTAL)

    handle(refund_news(payment, "20.00", reference="re_1", status="failed"), by=GATEWAY)

    assert books(payment) == ("captured", TOTAL, Decimal("4.90"), "refund-failed")
    assert standing(payment.order) == ("placed", "partially_refunded", Decimal("4.90"))


def test_nothing_half_done_stays_when_the_order_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = make_payment()

    def breaks(*args: object, **kwargs: object) -> None:
        raise ConnectionError("the database went away")

    monkeypatch.setattr(lifecycle, "mark_paid", breaks)
    # When the order cannot be told, then the news has not come: the gateway will bring it again
    with pytest.raises(ConnectionError):
        handle(news(payment, Status.CAPTURED, event_id="evt"), by=GATEWAY)
    assert books(payment) == ("pending", ZERO, ZERO, "")
    assert PaymentEvent.objects.count() == 0
    monkeypatch.undo()
    assert handle(news(payment, Status.CAPTURED, event_id="evt"), by=GATEWAY) == Result.APPLIED


def test_no_personal_data_is_kept_of_an_event() -> None:
    fields = {field.name for field in PaymentEvent._meta.get_fields()}
    assert fields == {
        "id", "payment", "gateway", "event_id", "kind", "channel", "status", "amount", "currency",
        "outcome", "at",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"captured": Decimal("25.00"), "status": "captured"},
        {"captured": TOTAL, "status": "pending"},
        {"captured": ZERO, "status": "captured"},
        {"captured": TOTAL, "status": "captured", "refunded": Decimal("24.91")},
        {"refunded": Decimal("-0.01")},
        {"amount": ZERO},
        {"status": "nonsense"},
    ],
)
def test_the_database_refuses_books_that_cannot_be(wrong: dict[str, object]) -> None:
    payment = make_payment()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**wrong)


def test_the_database_allows_one_open_payment_per_order() -> None:
    payment = make_payment()
    with pytest.raises(IntegrityError, match="one_open_payment_per_order"), transaction.atomic():
        make_payment(payment.order, status=Status.CREATED)
    Payment.objects.filter(pk=payment.pk).update(status=Status.FAILED)
    make_payment(payment.order, status=Status.CREATED)


class AnyNews(TestCase):
    """Whatever a gateway says, in whatever order."""

    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def test_any_order_of_arrival_ends_in_the_same_books(self, data: st.DataObject) -> None:
        # Given news of every kind: right, wrong, repeated, of refunds done and bounced
        kinds = st.sampled_from(
            ["pending", "failed", "cancelled", "expired", "captured", "wrong", "r1", "r2", "r2-"]
        )
        told = data.draw(st.lists(kinds, max_size=8))
        order_of_arrival = data.draw(st.permutations(told))
        # When it arrives at one payment as it was said, and at another in a different order
        ends = []
        for sequence in (told, order_of_arrival):
            payment = make_payment(make_order(stock_left=50))
            for kind in sequence:
                handle(_said(payment, kind), by=GATEWAY)
                status, captured, refunded, _problem = books(payment)
                assert ZERO <= refunded <= captured <= TOTAL
                assert (status == "captured") == (captured == TOTAL)
            rows = Refund.objects.filter(payment=payment).order_by("reference")
            refunds = list(rows.values_list("reference", "status", "amount"))
            status, paid, _back = standing(payment.order)
            ends.append((books(payment)[:3], refunds, status, paid in lifecycle.MONEY_CAME))
            # Then it was captured once at most
            assert trail_of(payment.order).count("payment.captured") == ("captured" in sequence)
            assert mails_about(payment.order).count("placed") <= 1
        assert ends[0] == ends[1]


def _said(payment: Payment, kind: str) -> Event:
    """News with an id that says what it is: repeated, it is the same event."""
    name = f"{payment.key}:{kind}"
    if kind == "wrong":
        return news(payment, Status.CAPTURED, amount=Decimal("1.00"), currency="EUR", event_id=name)
    if kind.startswith("r"):
        amount, status = ("4.90", "done") if kind == "r1" else ("15.00", "done")
        event = refund_news(
            payment, amount, reference=kind[:2], status="failed" if kind == "r2-" else status
        )
        return Event(event.gateway, name, event.kind, event.seen, event.payment_key)
    return news(payment, Status(kind), event_id=name)

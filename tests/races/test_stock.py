"""The last unit, and a promise that ends while it is being paid for: real processes."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from shop.catalogue.models import Variant
from shop.stock import services
from shop.stock.checks import discrepancies
from shop.stock.models import Reservation, StockMovement
from tests.databases import sqlite_as_default
from tests.races.processes import at_once, job, meet
from tests.stock.helpers import BY, levels, movements, variant

pytestmark = pytest.mark.django_db(transaction=True)


def buy(reference: str, *wanted: tuple[int, int]) -> None:
    """Reserve, and sell in a second transaction, as a shopper does who pays at a gateway."""
    until = timezone.now() + timedelta(minutes=30)
    services.reserve(reference, dict(wanted), until=until, by=BY)
    services.sell(reference, by=BY)


def sell_each(references: list[str]) -> list[str]:
    """Sell one reference a round. Returns what each sale came to."""
    results = []
    for reference in references:
        meet()
        try:
            services.sell(reference, by=BY)
        except services.OutOfStock:
            results.append("out of stock")
        else:
            results.append("sold")
    return results


def expire_each(references: list[str]) -> list[bool]:
    """Let one reference a round run out."""
    results = []
    for reference in references:
        meet()
        results.append(services.expire(reference, by=BY))
    return results


def snatch_each(references: list[str], variant_ids: list[int]) -> list[bool]:
    """Try to reserve, each round, what the others fight for."""
    until = timezone.now() + timedelta(minutes=30)
    results = []
    for reference, pk in zip(references, variant_ids, strict=True):
        meet()
        try:
            services.reserve(f"{reference}-rival", {pk: 1}, until=until, by=BY)
        except services.OutOfStock:
            results.append(False)
        else:
            results.append(True)
    return results


def live(seed: int, variant_ids: list[int]) -> dict[str, int]:
    """A morning in the shop: orders that are paid, given up, cancelled, returned; deliveries.

    Returns how often each step was made, refusals under the name of the refusal.
    """
    chance, done = random.Random(seed), Counter[str]()  # noqa: S311 - no secret
    until = timezone.now() + timedelta(minutes=30)
    for number in range(25):
        reference = f"{seed}-{number}"
        wanted = {pk: chance.randint(1, 3) for pk in chance.sample(variant_ids, 2)}
        one = dict.fromkeys(wanted, 1)
        steps: dict[str, Callable[[], object]] = {
            "sell": partial(services.sell, reference, by=BY),
            "release": partial(services.release, reference, by=BY),
            "cancel": partial(services.put_back, reference, one, by=BY, kind="cancelled"),
            "return": partial(services.put_back, reference, one, by=BY),
            "receive": partial(services.receive, chance.choice(variant_ids), 4, by=BY),
            "count": partial(services.correct, chance.choice(variant_ids), 4, by=BY),
            "settle": partial(services.settle_owed, by=BY),
        }
        try:
            services.reserve(reference, wanted, until=until, by=BY)
        except services.OutOfStock:
            done["OutOfStock"] += 1
            continue
        for step in chance.choices(list(steps), [3, 1, 1, 2, 1, 1, 1], k=4):
            try:
                steps[step]()
                done[step] += 1
            except (services.OutOfStock, services.NotSold, services.Promised) as refused:
                done[type(refused).__name__] += 1
    return done


@pytest.mark.slow
def test_64_buyers_of_the_last_unit() -> None:
    shirt = variant(1)

    outcomes = at_once(*(job(buy, f"order-{n}", (shirt.pk, 1)) for n in range(64)))

    assert Counter(each.error for each in outcomes) == {"": 1, "OutOfStock": 63}
    assert levels(shirt) == [(0, 0)]
    winner = f"order-{[each.error for each in outcomes].index('')}"
    assert movements(shirt) == [("initial", 1, 1, ""), ("sold", -1, 0, winner)]
    assert Reservation.objects.get().reference == winner


@pytest.fixture
def sqlite(empty_sqlite: Path, tmp_path: Path) -> Iterator[None]:
    path = tmp_path / "shop.sqlite3"
    shutil.copy(empty_sqlite, path)
    with sqlite_as_default(path):
        yield


@pytest.mark.usefixtures("sqlite")
def test_buyers_of_the_last_unit_of_the_demo() -> None:
    shirt = variant(1)

    outcomes = at_once(*(job(buy, f"order-{n}", (shirt.pk, 1)) for n in range(8)))

    assert Counter(each.error for each in outcomes) == {"": 1, "OutOfStock": 7}
    assert levels(shirt) == [(0, 0)]


def test_buyers_who_want_the_same_things_crosswise_never_block_each_other() -> None:
    shirt, bowl, lamp = variant(40), variant(40), variant(10)
    wanted = [[(shirt.pk, 1), (bowl.pk, 1)], [(bowl.pk, 1), (shirt.pk, 1), (lamp.pk, 1)]]

    outcomes = at_once(*(job(buy, f"order-{n}", *wanted[n % 2]) for n in range(32)))

    assert Counter(each.error for each in outcomes) == {"": 26, "OutOfStock": 6}
    assert levels(shirt, bowl, lamp) == [(14, 0), (14, 0), (0, 0)]
    for each in (shirt, bowl, lamp):
        assert sum(quantity for _k, quantity, _s, _r in movements(each)) == levels(each)[0][0]


def test_one_reference_reserved_by_many_at_once_is_reserved_once() -> None:
    shirt = variant(9)

    outcomes = at_once(*(job(buy, "order-1", (shirt.pk, 2)) for _ in range(16)))

    assert {each.error for each in outcomes} == {""}
    assert levels(shirt) == [(7, 0)]
    assert StockMovement.objects.filter(kind="sold").count() == 1


def test_a_promise_that_ends_at_the_moment_of_its_sale_is_one_or_the_other() -> None:
    """Given the last unit, promised until a moment ago; when it is sold, given up and wanted by
    another at once; then exactly one has it, and nothing stays reserved by the other.
    """
    shirts = [variant(1) for _ in range(40)]
    references = [f"order-{n}" for n in range(40)]
    over = timezone.now() - timedelta(seconds=1)
    for shirt, reference in zip(shirts, references, strict=True):
        services.reserve(reference, {shirt.pk: 1}, until=over, by=BY)
    ids = [shirt.pk for shirt in shirts]

    sale, expiry, rival = at_once(
        job(sell_each, references), job(expire_each, references), job(snatch_each, references, ids)
    )

    assert (sale.error, expiry.error, rival.error) == ("", "", "")
    for shirt, reference, sold, snatched in zip(
        shirts, references, sale.value, rival.value, strict=True
    ):
        assert (sold == "sold") != snatched
        assert levels(shirt) == ([(0, 0)] if sold == "sold" else [(1, 1)])
        state = Reservation.objects.get(reference=reference).state
        assert state == ("sold" if sold == "sold" else "released")


def test_a_sale_that_is_undone_halfway_leaves_nothing() -> None:
    shirt = variant(3)
    with transaction.atomic():
        services.reserve("order-1", {shirt.pk: 2}, until=timezone.now(), by=BY)
        services.sell("order-1", by=BY)
        transaction.set_rollback(True)

    assert levels(shirt) == [(3, 0)]
    assert movements(shirt) == [("initial", 3, 3, "")]
    assert Variant.objects.get().available


@pytest.mark.slow
def test_whatever_happens_side_by_side_stock_and_ledger_agree() -> None:
    """Deadlocks would end a process with an error, and lost updates leave a discrepancy."""
    things = [variant(40), variant(40), variant(5, allows_backorder=True), variant(40)]

    outcomes = at_once(*(job(live, seed, [each.pk for each in things]) for seed in range(12)))

    assert {each.error for each in outcomes} == {""}, outcomes
    done = sum((Counter(each.value) for each in outcomes), Counter())
    assert {"sell", "release", "cancel", "return", "receive", "count", "settle"} <= done.keys()
    assert {"OutOfStock", "NotSold"} <= done.keys()
    assert list(discrepancies()) == []
    services.settle_owed(by=BY)
    for each in Variant.objects.all():
        owed = sum(row.owed for row in Reservation.objects.filter(variant=each))
        assert each.stock >= 0
        assert owed == 0 or each.stock - each.reserved <= 0

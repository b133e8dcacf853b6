"""Traffic for a trial is traffic as it really is: nothing of it is found by an audit."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from orders.auditing import services as auditing
from orders.models import Order
from shop.mailing.models import OutgoingMail
from tests.carts.helpers import make_variant
from tests.factories import NetworkFactory

pytestmark = pytest.mark.django_db(transaction=True)


def run(*args: str) -> str:
    out = StringIO()
    call_command("demo_orders", *args, stdout=out)
    return out.getvalue()


@pytest.mark.slow
def test_what_many_shoppers_do_is_in_order(settings: Any) -> None:
    settings.DEMO = True
    for name in ("seed_demo", "seed_shipping", "seed_prices"):
        call_command(name, stdout=StringIO())
    first = run("--count", "60", "--seed", "1")
    second = run("--count", "60", "--seed", "2")
    told = [line.split(maxsplit=1) for line in (first + second).splitlines()]
    assert sum(int(number) for number, _outcome in told) == 120
    assert {outcome for _number, outcome in told} >= {"sent and paid", "waits", "left the cart"}
    assert Order.objects.count() > 80
    assert len(set(Order.objects.values_list("storefront", flat=True))) == 4
    assert Order.objects.exclude(customer=None).count() > 12
    assert OutgoingMail.objects.count() == 0
    assert list(auditing.audit(auditing.orders_since())) == []
    assert list(auditing.audit_stock()) == []


@pytest.mark.parametrize("words", [["3"], ["--count", "3"]])
def test_the_number_of_shoppers_may_have_its_name_or_not(settings: Any, words: list[str]) -> None:
    settings.DEMO = True
    make_variant(NetworkFactory()["home"])
    told = [line.split(maxsplit=1) for line in run(*words, "--seed", "1").splitlines()]
    assert sum(int(number) for number, _outcome in told) == 3


def test_two_numbers_of_shoppers_are_one_too_many(settings: Any) -> None:
    settings.DEMO = True
    with pytest.raises(CommandError, match="not allowed with argument"):
        run("3", "--count", "4")
    assert Order.objects.count() == 0


def test_a_real_shop_gets_no_invented_orders() -> None:
    with pytest.raises(CommandError, match="no demo"):
        run()
    assert Order.objects.count() == 0


def test_a_shop_without_goods_says_so(settings: Any) -> None:
    settings.DEMO = True
    with pytest.raises(CommandError, match="Nothing is for sale"):
        run()
    for words in (["--count", "-1"], ["--", "-1"]):
        with pytest.raises(CommandError, match="numbers from 0 up"):
            run(*words)

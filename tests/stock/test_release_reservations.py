"""`manage.py release_reservations`, and the worker's own look when a promise is over."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from shop.audit.actors import Actor
from shop.catalogue.models import Variant
from shop.stock import services
from shop.stock.models import Reservation
from shop.stock.tasks import give_up
from tests.stock.helpers import BY, levels, reserve, states, variant

pytestmark = pytest.mark.django_db

ended: list[tuple[str, str]] = []


def end_order(reference: str, by: Actor) -> None:
    """What orders do: note who did it, and fail, sell or extend by name."""
    ended.append((reference, by.request_id))
    if reference.startswith("broken"):
        raise LookupError(reference)
    if reference.startswith("paid"):
        services.sell(reference, by=BY)
    if reference.startswith("extended"):
        services.extend(reference, timezone.now() + timedelta(hours=1))


@pytest.fixture(autouse=True)
def _orders() -> Any:
    ended.clear()
    with override_settings(STOCK_RESERVATION_EXPIRED=f"{__name__}.end_order"):
        yield


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("release_reservations", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_over_is_given_up_after_its_order_has_ended() -> None:
    shirt = variant(9)
    reserve("over", (shirt, 1), minutes=-1)
    reserve("lasts", (shirt, 2))
    reserve("paid", (shirt, 3), minutes=-1)
    reserve("extended", (shirt, 1), minutes=-2)

    assert run() == (
        "1 given up, 2 paid or extended meanwhile; 0 units went to customers they were owed to.\n"
    )

    assert ended == [(each, "release_reservations") for each in ("extended", "over", "paid")]
    assert levels(shirt) == [(6, 3)]
    assert states("over") == [("released", 1, 0, 0, 0)]


def test_a_second_run_finds_nothing() -> None:
    shirt = variant(9)
    reserve("over", (shirt, 1), minutes=-1)
    run()

    assert run().startswith("0 given up, 0 paid or extended")
    assert levels(shirt) == [(9, 0)]


def test_a_dry_run_names_it_and_changes_nothing() -> None:
    shirt, bowl = variant(9), variant(9)
    reserve("over", (shirt, 1), (bowl, 2), minutes=-1)

    said = run("--dry-run").splitlines()

    assert [line.split(", over since")[0] for line in said] == [
        f"over: 1 of variant {shirt.pk}",
        f"over: 2 of variant {bowl.pk}",
        "Dry run, nothing was changed. 1 would be given up.",
    ]
    assert levels(shirt, bowl) == [(9, 1), (9, 2)]
    assert ended == []


def test_one_that_fails_is_named_and_keeps_no_other_back() -> None:
    shirt = variant(9)
    reserve("broken", (shirt, 1), minutes=-2)
    reserve("over", (shirt, 2), minutes=-1)

    with pytest.raises(CommandError, match=r"1 could not be given up .*: broken$"):
        run()

    assert levels(shirt) == [(9, 1)]
    assert states("broken") == [("open", 1, 1, 0, 0)]


def test_goods_that_arrived_unnoticed_go_to_those_they_are_owed_to() -> None:
    chair = variant(0, allows_backorder=True)
    reserve("order-1", (chair, 2))
    services.sell("order-1", by=BY)
    Variant.objects.filter(pk=chair.pk).update(stock=5)

    assert run().endswith("2 units went to customers they were owed to.\n")

    assert levels(chair) == [(3, 0)]
    assert states("order-1") == [("sold", 2, 0, 0, 0)]


def test_the_worker_looks_when_the_promise_is_over(
    django_capture_on_commit_callbacks: Any,
) -> None:
    shirt = variant(9)

    with django_capture_on_commit_callbacks(execute=True):
        reserve("order-1", (shirt, 2))

    task, until = DBTaskResult.objects.get(), Reservation.objects.get().until
    assert (task.task_path, task.args_kwargs["args"]) == ("shop.stock.tasks.give_up", ["order-1"])
    assert task.run_after == until


def test_what_is_sold_at_once_needs_no_look(django_capture_on_commit_callbacks: Any) -> None:
    shirt = variant(9)

    with django_capture_on_commit_callbacks(execute=True):
        reserve("order-1", (shirt, 2))
        services.sell("order-1", by=BY)

    assert not DBTaskResult.objects.exists()


def test_the_worker_gives_up_what_is_over_and_looks_again_at_what_was_extended() -> None:
    shirt = variant(9)
    reserve("over", (shirt, 1), minutes=-1)
    reserve("extended", (shirt, 2), minutes=-1)

    give_up.call("over")
    give_up.call("extended")

    assert levels(shirt) == [(9, 2)]
    later = Reservation.objects.get(state="open").until
    assert [(each.args_kwargs["args"], each.run_after) for each in DBTaskResult.objects.all()] == [
        (["extended"], later)
    ]


def test_a_look_at_what_was_sold_or_given_up_does_nothing() -> None:
    shirt = variant(9)
    reserve("paid", (shirt, 1), minutes=-1)
    give_up.call("paid")
    give_up.call("paid")
    give_up.call("never heard of")

    assert levels(shirt) == [(8, 0)]
    assert not DBTaskResult.objects.exists()


def test_help_explains(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("release_reservations", "--help")

    said = " ".join(capsys.readouterr().out.split())
    assert "Give up every promise of stock whose time is over" in said
    assert "--dry-run name what would be given up, and do nothing" in said

"""The harness: what it runs, hands back, and does about processes that die or hang."""

import os
import signal
import time

import pytest
from django.db import connection

from shop.storefronts.models import Storefront
from tests.carts.helpers import make_shops
from tests.races.processes import Outcome, at_once, job, meet

pytestmark = pytest.mark.django_db(transaction=True)


def slugs() -> list[str]:
    return list(Storefront.objects.order_by("slug").values_list("slug", flat=True))


def process_id() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return [os.getpid(), cursor.fetchone()[0]]


def fail() -> None:
    raise LookupError("nothing here")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rounds(number: int) -> list[float]:
    """The moments at which each round began, at half the speed for each further job."""
    moments = []
    for _round in range(3):
        meet()
        moments.append(time.monotonic())
        time.sleep(0.01 * number)
    return moments


def test_jobs_see_the_rows_of_the_test_and_each_has_its_own_process_and_connection() -> None:
    make_shops()

    found, *own = at_once(job(slugs), job(process_id), job(process_id))

    assert found.value == ["apparel", "galleria", "home"]
    ids = [each.value for each in own]
    assert len({process for process, _backend in ids} | {os.getpid()}) == 3
    assert len({backend for _process, backend in ids}) == 2


def test_errors_and_deaths_are_told() -> None:
    assert at_once(job(fail), job(die), job(slugs)) == [
        Outcome(None, "LookupError", "nothing here"),
        Outcome(None, "died", "exit code -9"),
        Outcome([]),
    ]


def test_jobs_meet_before_each_round() -> None:
    slow, quick = (each.value for each in at_once(job(rounds, 4), job(rounds, 0)))

    for place in range(2):
        assert min(slow[place + 1], quick[place + 1]) >= max(slow[place], quick[place]) + 0.04


def test_processes_that_hang_are_killed() -> None:
    with pytest.raises(TimeoutError):
        at_once(job(rounds, 0), job(slugs), patience=3)

"""The proof itself, in small: nothing is found in the shop as it is, and a planted leak is."""

from collections import Counter

import pytest

from tests.isolation import crowd
from tests.isolation.nginx import SHIPPED
from tests.isolation.runs import report, run
from tests.isolation.world import World

PEOPLE = 12
SECONDS = 2.0

pytestmark = pytest.mark.slow


def test_a_small_crowd_leaks_nothing_and_a_planted_leak_is_found() -> None:
    # Given one world with people in it, half of whom have an account
    everybody = crowd.people(PEOPLE)
    assert Counter(person.has_account for person in everybody) == {True: 6, False: 6}
    with World(everybody) as world:
        # When they shop in the shop as it is
        with world.serving("plain") as shop:
            watch = run(shop, everybody, SECONDS)

        # Then all is searched, people got what they came for, and nothing foreign is anywhere
        said = "\n".join(report(watch))
        assert (watch.leaks, watch.wrong) == ([], []), said
        assert watch.figures["responses"] > 100, said
        assert min(watch.figures[kind] for kind in ("log lines", "rows", "entries of Redis")) > 0
        assert watch.done["orders of guests"] + watch.done["orders of customers"] > 0, said

        # When a middleware tells everybody who was served last
        with world.serving("planted", plant="header") as shop:
            planted = run(shop, everybody, SECONDS, first_leak=True)

        # Then that is found, where it is
        assert "response header" in {leak.place for leak in planted.leaks}, report(planted)
        assert all(leak.marks <= {each.mark for each in everybody} for leak in planted.leaks)


def test_nginx_caches_by_the_shipped_file() -> None:
    """The file that operators copy caches nothing by itself; the proof adds a cache to it."""
    assert "proxy_cache" not in SHIPPED.read_text()

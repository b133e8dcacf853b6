"""Everybody at once, for a while; and somebody who pulls cables meanwhile."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg

from tests.isolation import api, web
from tests.isolation.browsing import Browser, Trouble
from tests.isolation.connections import Closed, Connections, HungUp
from tests.isolation.people import Person
from tests.isolation.watching import Watch
from tests.isolation.world import Serving

CONNECTIONS = 24
"""Keep-alive connections that all people share."""
CABLES_EVERY = 3.0
"""Seconds between two database connections that are cut off while they are at work."""

PATIENCE = 20.0
"""Seconds by which a run may take longer than was asked for, on a busy machine."""

_CUT_ONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name = 'galleria' AND state <> 'idle' ORDER BY random() LIMIT 1"
)


def people(number: int) -> list[Person]:
    """So many, and every second one has an account already."""
    return [Person(has_account=index % 2 == 0) for index in range(number)]


def let_them_shop(
    shop: Serving, everybody: list[Person], seconds: float, watch: Watch, *, first_leak: bool
) -> None:
    """Let everybody shop for so many seconds; each gets the answer to what they have asked.

    Until each has been through one visit it may take `PATIENCE` longer. first_leak: the first leak
    that shows in an answer is enough.
    """
    closing = Closing(len(everybody), seconds, watch if first_leak else None)
    connections = Connections(shop.port, shop.trusted, CONNECTIONS, closing.is_over)
    threads = [
        threading.Thread(target=_spend_time, args=(visits, closing, watch))
        for visits in _visits(shop, everybody, connections, watch)
    ]
    with _cables_pulled(shop.database, watch):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    connections.close()


class Closing:
    """When the run is over."""

    def __init__(self, people: int, seconds: float, watch: Watch | None) -> None:
        self._watch = watch
        self._began = time.monotonic()
        self._seconds = seconds
        self._newcomers = people
        self._lock = threading.Lock()

    def went(self) -> None:
        """Somebody has been through their first visit."""
        with self._lock:
            self._newcomers -= 1

    def is_over(self) -> bool:
        """Whether nobody asks for anything more."""
        if self._watch and self._watch.leaks:
            return True
        passed = time.monotonic() - self._began
        return passed > self._seconds + (PATIENCE if self._newcomers > 0 else 0)


type Steps = list[Callable[[], None]]


def _visits(
    shop: Serving, everybody: list[Person], connections: Connections, watch: Watch
) -> Iterator[Iterator[Steps]]:
    """What each of them does, visit after visit.

    Half of them use the pages and half the API; on either way half have an account, and some open
    one. Between two visits somebody else sits down before a browser of the pages.
    """
    for index, person in enumerate(everybody):
        chance = random.Random(person.mark)  # noqa: S311 - only what to do next
        if index % 4 in {0, 1}:
            shopper = web.Shopper(Browser(connections, watch, person, chance), shop.mailbox)
            yield _web_visits(shopper, opens_account=index % 8 == 1)
        else:
            caller = api.Caller(connections, watch, person, chance, shop.keys)
            yield _api_visits(caller, opens_account=index % 8 == 7)


def _web_visits(shopper: web.Shopper, *, opens_account: bool) -> Iterator[Steps]:
    person = shopper.person
    if opens_account:
        yield web.as_customer(shopper, new=True)
    while True:
        yield web.as_customer(shopper) if person.has_account else web.as_guest(shopper)
        # Somebody who has no account sits down before the same browser, orders and goes away.
        yield [_hand_over(shopper, Person()), shopper.order, shopper.leave]
        yield [_hand_over(shopper, person), shopper.leave]


def _hand_over(shopper: web.Shopper, person: Person) -> Callable[[], None]:
    def hand_over() -> None:
        shopper.hand_over_to(person)

    return hand_over


def _api_visits(caller: api.Caller, *, opens_account: bool) -> Iterator[Steps]:
    if opens_account:
        yield api.as_customer(caller, new=True)
    while True:
        if caller.person.has_account:
            yield api.as_customer(caller)
        yield api.as_guest(caller)


def _spend_time(visits: Iterable[Steps], closing: Closing, watch: Watch) -> None:
    for number, steps in enumerate(visits):
        for step in steps:
            try:
                step()
            except Closed:
                return
            except (Trouble, HungUp) as trouble:
                watch.trouble(f"{step.__name__}: {trouble}")
                break
        if number == 0:
            closing.went()


@contextmanager
def _cables_pulled(database: str, watch: Watch) -> Iterator[None]:
    """Cut off database connections at work, one now and then: requests fail halfway."""
    done = threading.Event()

    def pull() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while not done.wait(CABLES_EVERY):
                cut = connection.execute(_CUT_ONE).rowcount
                watch.count("database connections cut", cut)

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

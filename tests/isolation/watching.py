"""What was asked, what came back, and what of it was somebody else's."""

import threading
from collections import Counter
from dataclasses import dataclass

from tests.isolation.connections import Reply, Request
from tests.isolation.people import Person
from tests.isolation.searching import marks_in


@dataclass(frozen=True)
class Leak:
    """A mark where it has no business. place: a kind of place, for counting; what: where in it."""

    place: str
    what: str
    marks: frozenset[str]


@dataclass(frozen=True)
class Ordered:
    """An order that somebody placed. reference: its key on the web, or its order_… in the API."""

    reference: str
    person: Person
    signed_in: bool


class Watch:
    """Searches each reply for marks of anybody but who asked, and counts; for many threads."""

    def __init__(self) -> None:
        self.leaks: list[Leak] = []
        self.wrong: list[str] = []
        self.ordered: list[Ordered] = []
        self.figures: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.troubles: list[str] = []
        self.done: Counter[str] = Counter()
        self._holders: dict[str, object] = {}
        self._lock = threading.Lock()

    def sent(self) -> None:
        """A request goes out."""
        with self._lock:
            self.figures["requests"] += 1

    def saw(self, person: Person, request: Request, reply: Reply) -> None:
        """An answer came, to this person."""
        everything = reply.everything()
        foreign = marks_in(everything) - {person.mark}
        with self._lock:
            self.figures["responses"] += 1
            self.figures["bytes"] += len(everything)
            self.figures["from nginx's cache"] += reply.header("X-Cache") == "HIT"
            self.statuses[reply.status] += 1
            if foreign:
                head = reply.everything()[: -len(reply.body) or None]
                place = "response header" if marks_in(head) & foreign else "response body"
                self.leaks.append(Leak(place, f"{request} ({reply.status})", foreign))

    def leak(self, place: str, what: str, marks: frozenset[str]) -> None:
        """Something that was kept holds what it should not."""
        with self._lock:
            self.leaks.append(Leak(place, what, marks))

    def given(self, holder: object, name: str, value: str) -> None:
        """A browser was given a cookie: one that names a session is given to no other browser."""
        if any(kind in name for kind in ("session_token", "csrftoken")):
            with self._lock:
                self.figures["cookies of sessions"] += 1
                if self._holders.setdefault(value, holder) is not holder:
                    self.leaks.append(Leak("cookie", f"{name} given to two browsers", frozenset()))

    def expect(self, holds: bool, what: str) -> None:
        """Note what is wrong if it does not hold."""
        if not holds:
            with self._lock:
                self.wrong.append(what)

    def did(self, what: str) -> None:
        """Somebody got something done."""
        with self._lock:
            self.done[what] += 1

    def trouble(self, what: str) -> None:
        """A visit ended before its time."""
        with self._lock:
            self.troubles.append(what)

    def order(self, reference: str, person: Person, *, signed_in: bool) -> None:
        """Somebody ordered."""
        with self._lock:
            self.done["orders of customers" if signed_in else "orders of guests"] += 1
            self.ordered.append(Ordered(reference, person, signed_in))

    def count(self, what: str, number: int = 1) -> None:
        """Add to a figure."""
        with self._lock:
            self.figures[what] += number

"""Each answer is compared with who asked."""

import pytest

from tests.isolation.connections import Reply, Request
from tests.isolation.people import Person
from tests.isolation.watching import Leak, Watch

ADA, BOB = Person(), Person()
ASKED = Request("GET", "home.localhost", f"/account/?q={ADA.mark}", {})
PLACE = "GET https://home.localhost/account/ (200)"


def reply(headers: dict[str, str], body: str = "") -> Reply:
    return Reply(200, list(headers.items()), body.encode())


@pytest.mark.parametrize(
    ("came", "place"),
    [
        (reply({"X-Customer": BOB.email}, "Hello"), "response header"),
        (reply({"Location": f"/?name={BOB.mark}"}), "response header"),
        (reply({"Set-Cookie": f"messages={BOB.mark}"}, BOB.mark), "response header"),
        (reply({}, f"<p>Hello {BOB.mark} and {ADA.mark}</p>"), "response body"),
    ],
)
def test_an_answer_with_somebody_elses_mark_is_a_leak(came: Reply, place: str) -> None:
    watch = Watch()

    watch.saw(ADA, ASKED, came)

    assert watch.leaks == [Leak(place, PLACE, frozenset({BOB.mark}))]


def test_ones_own_mark_is_none() -> None:
    watch = Watch()

    watch.saw(ADA, ASKED, reply({"X-Cache": "HIT"}, f"Hello {ADA.mark}"))

    assert watch.leaks == []
    assert (watch.figures["responses"], watch.figures["from nginx's cache"]) == (1, 1)


def test_a_sessions_cookie_is_given_to_one_browser_only() -> None:
    # Given a browser that was given a token twice, and a message
    watch, hers, his = Watch(), {}, {}  # type: ignore[var-annotated]
    watch.given(hers, "__Host-session_token.17", "abc")
    watch.given(hers, "__Host-session_token.17", "abc")
    watch.given(hers, "messages", "hello")
    watch.given(his, "messages", "hello")
    assert watch.leaks == []

    # When another one is given it
    watch.given(his, "__Host-session_token.17", "abc")

    # Then that is a leak
    assert [leak.place for leak in watch.leaks] == ["cookie"]

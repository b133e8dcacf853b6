"""A request to another server ends, whatever that does."""

import time

import pytest

from orders.payment.wire import LARGEST, NoAnswer, TooSlow, ask
from shop.ops.ports import free_port
from tests.orders.payment.loopback import Asked, loopback


def test_a_request_arrives_as_it_was_sent() -> None:
    with loopback() as server:
        server.answer = lambda asked: (201, b'{"a": 1}')
        reply = ask(
            "POST",
            f"http://pay.localhost:{server.port}/v1/x?y=1",
            body=b"{}",
            headers={"X-Some": "thing"},
        )
    assert (reply.status, reply.body) == (201, b'{"a": 1}')
    [asked] = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/v1/x?y=1", b"{}")
    assert asked.headers["host"] == f"pay.localhost:{server.port}"
    assert asked.headers["x-some"] == "thing"


def test_a_redirect_is_not_followed() -> None:
    with loopback() as server:
        server.answer = lambda asked: (302, b"")
        assert ask("GET", server.url).status == 302
    assert len(server.asked) == 1


def test_nobody_there() -> None:
    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        ask("GET", f"http://127.0.0.1:{free_port()}/")


def test_no_such_host() -> None:
    with pytest.raises(NoAnswer, match=r"nowhere\.invalid: gaierror"):
        ask("GET", "http://nowhere.invalid/")


@pytest.mark.parametrize("url", ["", "http://", "http://127.0.0.1:99999/", "http://a b/"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(NoAnswer):
        ask("GET", url, timeout=1)


def test_a_server_that_thinks_too_long() -> None:
    def slow(asked: Asked) -> tuple[int, bytes]:
        time.sleep(1)
        return 200, b""

    with loopback() as server:
        server.answer = slow
        started = time.monotonic()
        with pytest.raises(TooSlow, match=r"no answer within 0\.3 s"):
            ask("GET", server.url, timeout=0.3)
    assert time.monotonic() - started < 3


def test_a_server_that_sends_a_byte_now_and_then() -> None:
    # Given a server whose every byte comes in time, and all of them never
    with loopback() as server:
        server.answer, server.drip = lambda asked: (200, b"x" * 1000), 0.1
        started = time.monotonic()
        with pytest.raises(TooSlow):
            ask("GET", server.url, timeout=0.5)
        assert time.monotonic() - started < 2


def test_a_server_that_sends_too_much() -> None:
    with loopback() as server:
        server.answer = lambda asked: (200, b"x" * (LARGEST + 1))
        with pytest.raises(NoAnswer, match="more than"):
            ask("GET", server.url)


def test_a_server_that_hangs_up() -> None:
    def hangs_up(asked: Asked) -> tuple[int, bytes]:
        raise ConnectionError

    with loopback() as server:
        server.answer = hangs_up
        with pytest.raises(NoAnswer, match="RemoteDisconnected"):
            ask("GET", server.url)


def test_tls_must_be_the_hosts() -> None:
    with loopback() as server, pytest.raises(NoAnswer, match="SSL"):
        ask("GET", f"https://pay.localhost:{server.port}/")

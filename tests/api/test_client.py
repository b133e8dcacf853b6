"""The Python client speaks for whom it is told to, call by call, over real connections."""

import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shop.api.client import NotReached, StoreClient, StoreError

PASSWORD = "tall ships at noon"


class Recorder(BaseHTTPRequestHandler):
    """Remembers what arrived; answers as `server.answer` says."""

    protocol_version = "HTTP/1.1"
    server: Any

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        self.server.heard.append((self.command, self.path, dict(self.headers.items()), body))
        status, said = self.server.answer
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.send_header("set-cookie", "sessionid=stranger; Path=/")
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Any]:
    running: Any = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    running.heard, running.answer = [], (200, b'{"regions": [], "products": [], "customer": {}}')
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def store(server: Any) -> StoreClient:
    return StoreClient(f"http://127.0.0.1:{server.server_port}/", "pk_test")


def test_each_call_names_its_caller_and_none_remembers_one(server: Any, store: StoreClient) -> None:
    ann = store.as_customer("ann")
    ann.me()
    store.as_guest().me()
    store.as_customer("bob").me()
    store.as_guest().regions()
    ann.me()
    heard = [headers["authorization"] for _m, _p, headers, _b in server.heard]
    assert heard == ["Bearer ann", "", "Bearer bob", "", "Bearer ann"]
    for _method, _path, headers, _body in server.heard:
        assert "cookie" not in {name.lower() for name in headers}
        assert headers["x-publishable-api-key"] == "pk_test"


def test_a_caller_cannot_become_another(store: StoreClient) -> None:
    guest = store.as_guest()
    with pytest.raises(dataclasses.FrozenInstanceError):
        guest.authorization = "Bearer ann"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        guest.token = "ann"  # type: ignore[attr-defined]
    for nothing in ["", "  "]:
        with pytest.raises(ValueError, match="as_guest"):
            store.as_customer(nothing)
    assert "ann" not in repr(store.as_customer("ann"))


def test_many_people_over_the_same_connections(server: Any, store: StoreClient) -> None:
    def shop(number: int) -> None:
        for _ in range(10):
            caller = store.as_customer(str(number)) if number % 2 else store.as_guest()
            caller.products(q=str(number))

    people = [threading.Thread(target=shop, args=(number,)) for number in range(20)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(server.heard) == 200
    for _method, path, headers, _body in server.heard:
        number = int(path.rpartition("=")[2])
        assert headers["authorization"] == (f"Bearer {number}" if number % 2 else "")


def test_what_is_asked_is_written_as_storefronts_write_it(server: Any, store: StoreClient) -> None:
    guest = store.as_guest()
    guest.products(category_id=["a", "b"], q="a&b=ü", limit=5, is_giftcard=False, handle=None)
    assert server.heard[-1][1] == (
        "/store/products?category_id%5B0%5D=a&category_id%5B1%5D=b&q=a%26b%3D%C3%BC&limit=5"
        "&is_giftcard=false"
    )
    server.answer = (200, b'{"cart": {}}')
    guest.cart("../customers/me?x#y")
    assert server.heard[-1][1] == "/store/carts/..%2Fcustomers%2Fme%3Fx%23y"
    for none in ["", ".", ".."]:
        with pytest.raises(ValueError, match="id"):
            guest.cart(none)
    guest.add_line("c", "v", 2)
    assert server.heard[-1][3] == b'{"variant_id": "v", "quantity": 2}'


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ((404, b'{"type": "not_found", "message": "no"}'), StoreError),
        ((500, b'{"type": "unknown_error", "message": "oh"}'), StoreError),
        ((302, b"{}"), StoreError),
        ((502, b"<html>Bad gateway"), NotReached),
        ((200, b""), NotReached),
        ((200, b"[]"), NotReached),
        ((200, b"\xff\xfe"), NotReached),
    ],
)
def test_a_refusal_says_why_and_nothing_is_sent_twice(
    server: Any, store: StoreClient, answer: tuple[int, bytes], raised: type[Exception]
) -> None:
    server.answer = answer
    with pytest.raises(raised):
        store.as_guest().complete("cart_1")
    assert len(server.heard) == 1


def test_nobody_there(server: Any) -> None:
    with pytest.raises(NotReached):
        StoreClient("http://127.0.0.1:1", "pk_test").as_guest().regions()


@pytest.mark.django_db(transaction=True)
def test_from_sign_up_to_log_out(
    live_server: Any, shops: dict[str, Any], keys: dict[str, str]
) -> None:
    shops["galleria"].domain = "localhost"
    shops["galleria"].save()
    store = StoreClient(f"http://localhost:{live_server.thread.port}", keys["galleria"])
    guest = store.as_guest()
    with pytest.raises(StoreError) as refused:
        guest.me()
    assert (refused.value.status, refused.value.type) == (401, "unauthorized")

    identity = guest.register("ann@shop.example", PASSWORD)
    made = store.as_customer(identity).create_customer(first_name="Ann", last_name="Lee")
    ann = store.as_customer(guest.log_in("ann@shop.example", PASSWORD))
    assert ann.me()["id"] == made["id"]
    with_address = ann.add_address(
        {
            "first_name": "Ann",
            "last_name": "Lee",
            "address_1": "1 Quay",
            "city": "Ghent",
            "postal_code": "9000",
            "country_code": "be",
        }
    )
    [address] = with_address["addresses"]
    assert ann.change_address(address["id"], {"city": "Bruges"})["addresses"][0]["city"] == "Bruges"
    assert ann.remove_address(address["id"])["addresses"] == []

    ann.log_out()
    with pytest.raises(StoreError) as gone:
        ann.me()
    assert gone.value.status == 401
    assert guest.regions()[0]["countries"]

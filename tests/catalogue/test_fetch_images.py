"""Fetching pictures: from a server on this machine, which only these tests may reach."""

import contextlib
import io
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.core.files.storage import default_storage
from django.core.management import call_command
from PIL import Image

from shop import outside
from shop.catalogue.exchange import fetching, remote
from shop.catalogue.exchange.fetching import fetch_images
from shop.catalogue.exchange.remote import Fetcher, NotFetched, checked_picture
from shop.catalogue.models import Product, ProductImage
from shop.outside import is_public
from tests.factories import NetworkFactory, ProductFactory

HERE = Fetcher(allow={"127.0.0.1"})


def picture(kind: str = "PNG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 6), "#c04f4a").save(content, kind)
    return content.getvalue()


PNG = picture()
BODIES = {
    "jpg": picture("JPEG"), "webp": picture("WEBP"), "gif": picture("GIF"),
    "avif": picture("AVIF"), "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "html": b"<html>", "cut.png": PNG[:40], "large": b"\xff\xd8\xff" + b"x" * 5000, "empty": b"",
}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Answers by path; remembers what was asked for, and how many at the same time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.hosts: set[str] = set()
        self.now = self.most = 0
        self.lock = threading.Lock()

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.asked.append(self.path)
            self.server.hosts.add(self.headers["Host"])
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        # Who asks cannot have gone on before this is over.
        if self.path.startswith("/busy"):
            time.sleep(0.05)
        with self.server.lock:
            self.server.now -= 1
        with contextlib.suppress(OSError):  # who asked has gone
            self.answer()

    def answer(self) -> None:
        name = self.path.removeprefix("/").partition("?")[0]
        if name.startswith("to/"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        if name == "missing":
            self.send_error(404)
            return
        if name == "slow":
            time.sleep(5)
        body = BODIES.get(name, PNG)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Encoding", "gzip" if name == "gzip" else "identity")
        if name == "broken-off":
            self.send_header("Content-Length", str(len(body) + 9))
        elif name != "endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if name == "drip":
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
            return
        self.wfile.write(body)
        while name == "endless":
            self.wfile.write(b"x" * 65536)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "avif"])
def test_pictures_of_these_kinds_are_taken(server: Server, ending: str) -> None:
    fetched = HERE.fetch(server.url(f"/{ending}?v=1&w=ü"))

    assert fetched.ending == ending
    assert server.asked == [f"/{ending}?v=1&w=%C3%BC"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/svg", "not a picture: none of JPEG, PNG, GIF, WEBP, AVIF"),
        ("/html", "not a picture"),
        ("/empty", "not a picture"),
        ("/cut.png", "a broken picture"),
        ("/missing", "answered 404"),
        ("/gzip", "a packed answer"),
        ("/broken-off", "broke off|no proper answer"),
        ("/to/1?/to/2?/to/3?/to/4?/png", "more than 3 redirects"),
        ("/to/1?ftp://example.org/x", "not an http or https address"),
        ("/to/1?http://user:secret@example.org/x", "an address with a user name"),
    ],
)
def test_anything_else_is_not(server: Server, path: str, reason: str) -> None:
    with pytest.raises(NotFetched, match=reason):
        HERE.fetch(server.url(path))


def test_three_redirects_are_followed(server: Server) -> None:
    assert HERE.fetch(server.url("/to/1?/to/2?/to/3?/png")).ending == "png"


@pytest.mark.parametrize("path", ["/large", "/endless"])
def test_size_is_limited_whether_told_or_not(
    server: Server, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "MAX_BYTES", 4096)

    with pytest.raises(NotFetched, match="larger than"):
        HERE.fetch(server.url(path))


def test_pixels_are_counted_before_they_are_unpacked() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100))

    with pytest.raises(NotFetched, match=r"pixels are too many|a broken picture"):
        checked_picture(bomb + chunk(b"IEND", b""))


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_host_that_takes_its_time_is_left(
    server: Server, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given limits for each piece, and for the whole
    monkeypatch.setattr(outside, "CONNECT_TIMEOUT", 0.2)
    monkeypatch.setattr(outside, "TOTAL_TIMEOUT", 0.5)

    # When
    began = time.monotonic()
    with pytest.raises(NotFetched):
        HERE.fetch(server.url(path))

    # Then
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False),
        ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False),
        ("fe80::1%eth0", False), ("fc00::1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "0"]
)
def test_this_machine_is_never_asked(server: Server, host: str) -> None:
    with pytest.raises(NotFetched, match=r"not a public address|not known"):
        Fetcher().fetch(server.url("/png", host))

    assert server.asked == []


def test_a_redirect_into_the_house_is_not_followed(server: Server) -> None:
    inside = ["http://169.254.169.254/latest", "http://[::1]/png", "http://10.0.0.1/",
              server.url("/png", "127.0.0.2")]  # fmt: skip
    for address in inside:
        with pytest.raises(NotFetched, match="is not a public address"):
            HERE.fetch(server.url(f"/to/1?{address}"))
    assert server.asked == [f"/to/1?{address}" for address in inside]


def test_one_private_address_among_public_ones_refuses_the_host(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a name that resolves to a public and a private address
    found = [
        (2, 1, 6, "", ("93.184.215.14", server.server_port)),
        (2, 1, 6, "", ("127.0.0.1", server.server_port)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    with pytest.raises(NotFetched, match=r"127\.0\.0\.1 is not a public address"):
        Fetcher().fetch(server.url("/png", "rebinding.example"))

    assert server.asked == []


def test_the_connection_goes_to_the_address_that_was_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a name that is looked up once only
    looked_up = []

    def resolve(host: str, port: int, **_kwargs: Any) -> list[Any]:
        looked_up.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    # When
    HERE.fetch(server.url("/png", "pictures.example"))

    # Then
    assert looked_up == ["pictures.example"]
    assert server.hosts == {f"pictures.example:{server.server_port}"}


def test_certificates_are_checked(server: Server) -> None:
    # Given a server with a certificate for localhost of an authority of its own
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    there = {"127.0.0.1", "::1"}

    # Then
    address = server.url("/png", "localhost", "https")
    assert Fetcher(there, trusting).fetch(address).ending == "png"
    with pytest.raises(NotFetched, match="no secure connection"):
        Fetcher(there).fetch(address)
    with pytest.raises(NotFetched, match="no secure connection"):
        Fetcher(there, trusting).fetch(server.url("/png", "127.0.0.1", "https"))


def add(product: Product, *addresses: str) -> list[ProductImage]:
    return [ProductImage.objects.create(product=product, source_url=each) for each in addresses]


@pytest.mark.django_db
def test_what_is_there_is_kept_and_the_rest_stays_an_address(server: Server, media: Path) -> None:
    # Given a picture that is there, one that is not, and a file of ours
    mug = ProductFactory(slug="mug")
    good, bad = add(mug, server.url("/jpg"), server.url("/missing"))
    ours = ProductImage.objects.create(product=mug, file="products/ours.png")

    # When
    result = fetch_images(fetcher=HERE)

    # Then
    assert str(result) == "1 images fetched; 1 kept as addresses"
    assert result.kept == [(server.url("/missing"), "answered 404")]
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (media / str(good.file.name)).read_bytes() == picture("JPEG")
    assert str(good.file.name).startswith("products/mug-")
    assert good.source_url == server.url("/jpg")
    assert (bad.file.name, bad.source_url) == ("", server.url("/missing"))
    assert str(ProductImage.objects.get(pk=ours.pk).file.name) == "products/ours.png"


@pytest.mark.django_db
def test_another_run_goes_on_where_this_one_ended(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run that is interrupted after two pictures
    monkeypatch.setattr(fetching, "CHUNK", 2)
    add(ProductFactory(slug="mug"), *(server.url(f"/png?{n}") for n in range(5)))

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_images(fetcher=HERE, on_progress=interrupt)
    assert ProductImage.objects.exclude(file="").count() == 2

    # When
    result = fetch_images(fetcher=HERE)

    # Then nothing is asked for twice
    assert result.fetched == 3
    assert sorted(server.asked) == [f"/png?{n}" for n in range(5)]


@pytest.mark.django_db
def test_a_picture_that_changed_meanwhile_is_not_overwritten(
    server: Server, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = add(ProductFactory(slug="mug"), server.url("/png"))
    save = default_storage.save

    def save_late(name: str, content: Any) -> str:
        ProductImage.objects.filter(pk=image.pk).update(source_url="https://p.example/new.png")
        return str(save(name, content))

    monkeypatch.setattr(default_storage, "save", save_late)

    assert fetch_images(fetcher=HERE).fetched == 0
    assert ProductImage.objects.get().file.name == ""
    assert [path for path in media.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_few_at_once_and_hosts_that_are_away_are_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given many pictures at one host, and at one that does not answer
    product = ProductFactory(slug="mug")
    add(product, *(server.url(f"/busy?{n}") for n in range(8)))
    with Server() as closed:
        away = [closed.url(f"/{n}", "127.0.0.3") for n in range(10)]
    add(product, *away)
    tried = []
    connect = outside._socket

    def counted(host: str, port: int, allow: Any) -> Any:
        tried.append(host)
        return connect(host, port, allow)

    monkeypatch.setattr(outside, "_socket", counted)

    # When
    result = fetch_images(fetcher=Fetcher(allow={"127.0.0.1", "127.0.0.3"}))

    # Then
    assert (result.fetched, len(result.kept)) == (8, 10)
    assert server.most <= fetching.AT_ONCE_PER_HOST
    assert tried.count("127.0.0.3") <= fetching.PATIENCE + fetching.AT_ONCE_PER_HOST
    assert "the host did not answer before" in {reason for _address, reason in result.kept}


@pytest.mark.django_db
def test_the_command_fetches_for_one_storefront_and_reaches_no_private_address(
    server: Server,
) -> None:
    network = NetworkFactory()
    add(ProductFactory(slug="mug", storefronts=[network["home"]]), server.url("/png"))
    add(ProductFactory(slug="tee", storefronts=[network["apparel"]]), server.url("/jpg"))
    out, err = io.StringIO(), io.StringIO()

    call_command("fetch_images", storefront="home", stdout=out, stderr=err)

    assert out.getvalue() == "0 images fetched; 1 kept as addresses\n"
    assert err.getvalue() == (f"kept: {server.url('/png')}: 127.0.0.1 is not a public address\n")
    assert server.asked == []

"""What operators see of a network that is checked over a real server."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django_redis import get_redis_connection
from pytest_django import Settings

from sessionsync.conf import Site
from sessionsync.models import Session
from sessionsync.operations.check import check_network, check_redis, judge_redis
from sessionsync.operations.findings import Finding, Status
from shop.ops.ports import free_port

from .conftest import MAIN, ONE, THREE, TWO
from .operating import refused, run

pytestmark = pytest.mark.django_db


# A server to check.

Application = Callable[..., Any]
Server = Callable[..., int]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (Django's name)
        return


@pytest.fixture
def serve() -> Iterator[Server]:
    """Starts the network on a port of 127.0.0.1: `serve()`, `serve(tls=…, changed=…)`."""
    running = list[tuple[ThreadedWSGIServer, threading.Thread]]()

    def start(
        tls: ssl.SSLContext | None = None,
        changed: Callable[[Application], Application] | None = None,
    ) -> int:
        django: Application = WSGIHandler()
        inner = changed(django) if changed else django

        def application(environ: dict[str, Any], respond: Any) -> Any:
            environ["wsgi.url_scheme"] = "https" if tls else "http"
            return inner(environ, respond)

        server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet, allow_reuse_address=False)
        server.set_app(application)
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused certificates
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        running.append((server, thread))
        return int(server.server_address[1])

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join(5)
        server.server_close()


def rows(printed: str) -> dict[tuple[str, str], tuple[str, str]]:
    """The findings of a check in JSON, by subject and what was looked at."""
    return {
        (each["subject"], each["looked_at"]): (each["status"], each["said"])
        for each in json.loads(printed)["findings"]
    }


def check_words(port: int, scheme: str = "http", *more: str) -> tuple[str, ...]:
    return ("check", f"--scheme={scheme}", f"--port={port}", "--address=127.0.0.1", *more)


@pytest.mark.django_db(transaction=True)
def test_check_finds_nothing_wrong_with_a_network_that_works(serve: Server) -> None:
    # Given the network on plain HTTP, when it is checked
    found = rows(run(*check_words(serve()), "--format=json"))
    # Then all of it holds, proven by handshakes; the tiny network has no page at /
    statuses = {place: status for place, (status, _said) in found.items()}
    assert {place for place, status in statuses.items() if status != "ok"} == {
        ("one", "page"), ("two", "page"), ("three", "page"),
    }  # fmt: skip
    assert found["one", "page"] == ("warn", "/ answers 404 after the handshake")
    assert found["one", "handshake"][1].startswith("4 requests, ")
    assert found["one", "handshake"][1].endswith("; sealed with our secret")
    assert found["one", "cookies"] == ("ok", "HttpOnly, SameSite=Lax, Path=/, this host only")
    assert found["network", "one session"] == (
        "ok",
        "all 3 sub-sites gave this browser the same session",
    )
    assert found["Redis", "version"][1].startswith("Valkey ")
    assert found["database", "tables"] == ("ok", "postgresql, migrated")
    assert statuses["database", "clock"] == statuses["Redis", "clock"] == "ok"
    # And it leaves no session behind
    assert Session.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("transport", ["meta", "script"])
def test_check_follows_every_transport(serve: Server, settings: Settings, transport: str) -> None:
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"TRANSPORT": transport}
    found = rows(run(*check_words(serve()), "--format=json"))
    assert found["one", "reachable"][1].startswith("status 200 in ")
    assert found["one", "handshake"][1].startswith("4 requests, ")


@pytest.mark.django_db(transaction=True)
def test_check_says_that_no_page_begins_a_handshake(serve: Server, settings: Settings) -> None:
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"TRIGGER": "write"}
    found = rows(run(*check_words(serve()), "--format=json"))
    assert found["one", "handshake"] == (
        "warn",
        "not tried: TRIGGER is write, so no page begins one",
    )
    assert ("one", "cookies") not in found


def tls_of(folder: Path, *names: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for these names, and the file of the authority that signed it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return context, file


@pytest.mark.django_db(transaction=True)
def test_check_over_tls_demands_host_cookies(serve: Server, tmp_path: Path) -> None:
    context, ca = tls_of(tmp_path, MAIN, ONE, TWO, THREE)
    printed = run(*check_words(serve(tls=context), "https"), f"--ca={ca}", "--format=json")
    found = rows(printed)
    assert json.loads(printed)["ok"] is True
    assert found["one", "cookies"] == (
        "ok",
        "HttpOnly, SameSite=Lax, Path=/, this host only, Secure, __Host-",
    )
    assert re.fullmatch(
        r"status 307 in \d+ ms, TLSv1.3, certificate until \d{4}-\d\d-\d\d",
        found["one", "reachable"][1],
    )


@pytest.mark.django_db(transaction=True)
def test_check_refuses_a_certificate_that_a_browser_would_refuse(
    serve: Server, tmp_path: Path
) -> None:
    # Given a certificate that leaves one site out
    context, ca = tls_of(tmp_path, MAIN, ONE, TWO)
    port = serve(tls=context)
    # When it is checked
    printed, reason = refused(*check_words(port, "https"), f"--ca={ca}", "--format=json")
    found = rows(printed)
    # Then that site fails, and the others do not
    assert found["three", "reachable"] == (
        "fail",
        f"its certificate is refused: Hostname mismatch, certificate is not valid for '{THREE}'.",
    )
    assert found["one", "handshake"][0] == "ok"
    assert reason == f"1 of {len(found)} failed."
    # And without the authority that signed it, all of them
    found = rows(refused(*check_words(port, "https"), "--format=json")[0])
    for site in ("main", "one", "two", "three"):
        assert found[site, "reachable"][0] == "fail"
        assert found[site, "reachable"][1].startswith("its certificate is refused: ")


def test_check_says_that_a_site_cannot_be_reached() -> None:
    found = rows(refused(*check_words(free_port()), "--format=json")[0])
    for site in ("main", "one", "two", "three"):
        assert found[site, "reachable"] == ("fail", "cannot connect: Connection refused")


@pytest.mark.django_db(transaction=True)
def test_check_asks_for_tls_where_there_is_none(serve: Server) -> None:
    found = rows(refused(*check_words(serve(), "https"), "--format=json")[0])
    assert found["one", "reachable"] == ("fail", "no TLS there: WRONG_VERSION_NUMBER")


def test_localhost_names_need_no_dns(settings: Settings) -> None:
    # Given sites on *.localhost, which Python's resolver does not know
    settings.SESSIONSYNC = {
        "SITES": [Site("main", "main.localhost", is_main=True), Site("one", "one.localhost")]
    }
    # When they are checked without --address, then what is asked is 127.0.0.1
    words = ("check", "--scheme=http", f"--port={free_port()}", "--format=json")
    found = rows(refused(*words)[0])
    assert found["one", "reachable"] == ("fail", "cannot connect: Connection refused")


def test_a_name_without_an_address_is_said_to_have_none(settings: Settings) -> None:
    settings.SESSIONSYNC = {
        "SITES": [Site("main", "main.invalid", is_main=True), Site("one", "one.invalid")]
    }
    found = rows(refused("check", "--format=json")[0])
    assert found["one", "reachable"][1].startswith("one.invalid has no address: ")


def without(header: str, word: str) -> Callable[[Application], Application]:
    """A proxy that takes a word out of a header."""

    def changed(inner: Application) -> Application:
        def application(environ: dict[str, Any], respond: Any) -> Any:
            def changed_respond(status: str, headers: list[tuple[str, str]]) -> Any:
                return respond(
                    status, [(n, v.replace(word, "") if n == header else v) for n, v in headers]
                )

            return inner(environ, changed_respond)

        return application

    return changed


@pytest.mark.django_db(transaction=True)
def test_check_sees_a_proxy_that_changes_cookies(serve: Server) -> None:
    port = serve(changed=without("Set-Cookie", "; HttpOnly"))
    found = rows(refused(*check_words(port), "--format=json")[0])
    assert found["one", "cookies"] == (
        "fail",
        "client_key: not HttpOnly; cookies_stay: not HttpOnly; main_key: not HttpOnly; "
        "session_token: not HttpOnly",
    )


@pytest.mark.django_db(transaction=True)
def test_check_sees_a_proxy_that_would_cache_hops(serve: Server) -> None:
    port = serve(changed=without("Cache-Control", "no-store"))
    found = rows(refused(*check_words(port), "--format=json")[0])
    assert found["two", "caching"] == (
        "fail",
        "request 1 came without Cache-Control: no-store; does a proxy change it?",
    )


@pytest.mark.django_db(transaction=True)
def test_check_sees_that_another_server_answers(serve: Server) -> None:
    # Given a web server that knows nothing of us
    def stranger(_inner: Application) -> Application:
        def application(environ: dict[str, Any], respond: Any) -> Any:
            respond("200 OK", [("Content-Type", "text/html")])
            return [b"It works!"]

        return application

    found = rows(refused(*check_words(serve(changed=stranger)), "--format=json")[0])
    assert found["main", "is the main site"] == (
        "fail",
        "/sessionsync/generate_auth_code/ answers 200, not 400: is this domain another server's?",
    )
    assert found["one", "handshake"][0] == "fail"
    assert found["one", "handshake"][1].startswith("200 where a move the main site should be: ")
    assert found["one", "cookies"] == ("fail", "none was set on the way")


@pytest.mark.django_db(transaction=True)
def test_check_sees_a_server_with_another_secret(serve: Server, settings: Settings) -> None:
    # Given a server whose tokens another key sealed
    def resealed(inner: Application) -> Application:
        def application(environ: dict[str, Any], respond: Any) -> Any:
            def changed_respond(status: str, headers: list[tuple[str, str]]) -> Any:
                forged = [
                    (n, re.sub(r"(session_token\.\d+=).{10}", r"\1AAAAAAAAAA", v))
                    for n, v in headers
                ]
                return respond(status, forged)

            return inner(environ, changed_respond)

        return application

    found = rows(refused(*check_words(serve(changed=resealed)), "--format=json")[0])
    assert found["one", "handshake"] == (
        "fail",
        f"{ONE} gave a token that another SECRET_KEY sealed",
    )


@pytest.mark.django_db(transaction=True)
def test_check_without_redis(serve: Server, redis_away: None) -> None:
    found = rows(refused(*check_words(serve()), "--format=json")[0])
    assert found["Redis", "reachable"][0] == "fail"
    assert found["one", "handshake"] == (
        "fail",
        "the main site has no Redis to put a code in; the sub-site stands alone",
    )
    assert found["database", "tables"][0] == "ok"


def test_check_in_a_table_says_what_failed() -> None:
    port = free_port()
    printed, reason = refused(*check_words(port))
    assert printed.startswith(f"The network, by http on port {port}\n")
    assert re.search(r"FAIL +one +reachable +cannot connect: Connection refused", printed)
    assert re.search(r"ok +configuration +one main site +main", printed)
    assert re.fullmatch(
        rf"4 of \d+ failed\. No site answers by http on port {port}: does the shop run, and "
        r"there\? --scheme, --port and --address say where to look\.",
        reason,
    )


@pytest.mark.django_db(transaction=True)
def test_check_looks_where_the_configuration_says(serve: Server, settings: Settings) -> None:
    port = serve()
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"CHECKED_AT": f"http:{port}"}

    printed = run("check", "--address=127.0.0.1")
    assert printed.startswith(f"The network, by http on port {port}\n")
    assert re.search(r"^All \d+ hold\.$", printed, re.MULTILINE)

    # Another scheme has a port of its own; another port alone keeps the scheme.
    elsewhere = free_port()
    assert f"by http on port {elsewhere}" in refused("check", f"--port={elsewhere}")[0]
    assert "by https on port 443" in refused("check", "--scheme=https", "--address=127.0.0.1")[0]


@pytest.mark.parametrize("value", ["ftp", "http:", "http:port", "https:8443/", "8000", ""])
def test_a_place_that_is_none_is_refused(settings: Settings, value: str) -> None:
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"CHECKED_AT": value}
    printed, reason = refused("check")
    assert 'SESSIONSYNC["CHECKED_AT"] is like "https" or "http:8000".' in printed
    assert reason == "2 of 2 failed."


def test_a_file_of_authorities_must_be_there(tmp_path: Path) -> None:
    assert refused("check", f"--ca={tmp_path}/none.pem")[1].endswith("No such file or directory")
    assert refused("check", "--scheme=http", "--ca=x")[1] == "--ca is for https."


def said(findings: Iterator[Finding]) -> list[tuple[str, str, str]]:
    return [(str(each.status), each.looked_at, each.said) for each in findings]


def test_a_network_needs_exactly_one_main_site_and_names_used_once() -> None:
    assert said(check_network([Site("a", "a.example"), Site("a", "b.example")])) == [
        ("FAIL", "one main site", "there is none"),
        ("FAIL", "one site for each id", "twice: a"),
        ("ok", "number of sub-sites", "2 beside the main site's own domain"),
    ]
    two = [Site("a", "a.example", is_main=True), Site("b", "b.example", is_main=True)]
    assert said(check_network(two))[0] == ("FAIL", "one main site", "there are 2: a, b")


@pytest.mark.parametrize(
    ("domains", "status"),
    [
        (["a.example", "b.example", "c.example"], "ok"),
        (["a.example", "b.example", "c.example", "d.example"], "warn"),
        (["a.example", "b.example", "c.example", "www.main.example"], "ok"),
    ],
)
def test_more_than_three_other_domains_are_worth_a_warning(domains: list[str], status: str) -> None:
    sites = [Site("main", MAIN, is_main=True), *(Site(name, name) for name in domains)]
    found = {each.looked_at: each.status for each in check_network(sites)}
    assert found == {"one main site": Status.OK, "number of sub-sites": Status(status)}


def test_writing_first_needs_no_such_warning(settings: Settings) -> None:
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"TRIGGER": "write"}
    sites = [Site("main", MAIN, is_main=True), *(Site(f"s{n}", f"s{n}.example") for n in range(9))]
    assert [each.status for each in check_network(sites)] == [Status.OK, Status.OK]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (
            {"redis_version": "6.0.16"},
            [
                ("FAIL", "version", "Redis 6.0.16 has no GETDEL; 6.2 or later is needed"),
                ("ok", "eviction", "none (no memory limit)"),
            ],
        ),
        (
            {
                "redis_version": "7.2.4", "valkey_version": "9.1.2", "maxmemory": 64 * 2**20,
                "maxmemory_policy": "allkeys-lru",
            },
            [
                ("ok", "version", "Valkey 9.1.2"),
                (
                    "warn",
                    "eviction",
                    "allkeys-lru at 64 MB: codes and kept requests may vanish under load; "
                    "give sessionsync a Redis with noeviction",
                ),
            ],
        ),
        (
            {"redis_version": "6.2", "maxmemory": 1, "maxmemory_policy": "noeviction"},
            [("ok", "version", "Redis 6.2"), ("ok", "eviction", "none (noeviction)")],
        ),
    ],
)  # fmt: skip
def test_what_redis_says_of_itself(
    info: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert said(judge_redis(info)) == expected


def test_a_redis_that_evicts_is_seen(settings: Settings) -> None:
    redis = get_redis_connection("default")
    redis.config_set("maxmemory", "256mb")
    redis.config_set("maxmemory-policy", "volatile-lru")
    try:
        found = {each.looked_at: each.status for each in check_redis()}
    finally:
        redis.config_set("maxmemory", "0")
        redis.config_set("maxmemory-policy", "noeviction")
    assert found == {"version": Status.OK, "eviction": Status.WARN, "clock": Status.OK}

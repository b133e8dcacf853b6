"""The network as it runs in production: Granian over TLS, every site on a domain of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import requests
import trustme
from django_redis import get_redis_connection

from shop.ops.ports import free_port
from shop.ops.processes import end_process, spawn

from .line import Line
from .recorder import GATE, REQUESTS, SHOWN
from .settings import MAIN, SUB_SITES, domain

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE = "galleria_browsers"
NOTES = "CREATE TABLE note (id serial PRIMARY KEY, session text NOT NULL, text text NOT NULL)"


class Hop(NamedTuple):
    """A request as the server saw it, and the status of its answer."""

    site: str
    method: str
    path: str
    status: int


class Network:
    """The running network as a test sees it. database: its address, as DATABASE_URL gives it."""

    def __init__(self, line: Line, database: str) -> None:
        self.line = line
        self._database = database

    def url(self, site: str, path: str = "/page/") -> str:
        return f"https://{domain(site)}:{self.line.port}{path}"

    def forget_requests(self) -> None:
        get_redis_connection("default").delete(REQUESTS, SHOWN)

    def requests(self) -> list[Hop]:
        """What arrived since `forget_requests`."""
        found = get_redis_connection("default").lrange(REQUESTS, 0, -1)
        return [Hop(*json.loads(each)) for each in found]

    def shown(self) -> int:
        """How many pages of ours were answered since, the hops of handshakes not counted."""
        return int(get_redis_connection("default").get(SHOWN) or 0)

    def hold_handshakes(self, count: int) -> None:
        """Let no handshake pass main before so many of them are there at once."""
        get_redis_connection("default").set(GATE, count)

    def all_notes(self) -> list[str]:
        """The notes of all sessions there are, in the order they were written."""
        with psycopg.connect(self._database) as server:
            rows = server.execute("SELECT text FROM note ORDER BY id").fetchall()
        return [text for (text,) in rows]

    def tidy(self) -> None:
        """Between two tests: no notes, main within reach. (Redis is emptied by tests/conftest.)"""
        self.line.cut = ""
        with psycopg.connect(self._database) as server:
            server.execute("TRUNCATE note")


def _environment(database: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.browsers.settings",
        "DATABASE_URL": database,
    }


def _make_database() -> str:
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
    database = urlsplit(address)._replace(path=f"/{DATABASE}").geturl()
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=_environment(database),
        check=True,
    )
    with psycopg.connect(database) as server:
        server.execute(NOTES)
    return database


def _wait(url: str, authority: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with status {server.returncode}"
        try:
            requests.get(url, verify=str(authority), timeout=1).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not answer within 30 s")


@contextmanager
def running(folder: Path) -> Iterator[Network]:
    """The network, with a database of its own, until the end of the block."""
    database = _make_database()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", *map(domain, (MAIN, *SUB_SITES)))
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for number, pem in enumerate(certificate.cert_chain_pems):
        pem.write_to_path(folder / "cert.pem", append=number > 0)
    port = free_port()
    server = spawn(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            # HTTP/1: an HTTP/2 connection may be shared by hosts, and could not be cut for one.
            *("--port", str(port), "--http", "1", "--workers", "1", "--blocking-threads", "4"),
            *("--ssl-certificate", folder / "cert.pem", "--ssl-keyfile", folder / "key.pem"),
            *("--log-level", "warning", "tests.browsers.wsgi:application"),
        ],
        env=_environment(database),
    )
    try:
        _wait(f"https://127.0.0.1:{port}/blank/", folder / "ca.pem", server)
        with Line(to=port) as line:
            yield Network(line, database)
    finally:
        end_process(server)

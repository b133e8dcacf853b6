"""The shop as it runs in production: Granian over TLS on four `*.localhost` domains, and a gateway.

Chromium blocks third-party cookies by both of its preferences: the default of a new profile
differs between builds.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
import trustme
from playwright.sync_api import BrowserContext, Page, sync_playwright

from shop.ops.browser import find_chromium
from shop.ops.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
# Each worker of a test run has a shop of its own.
DATABASE = f"galleria_e2e_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
SLUGS = ("galleria", "apparel", "jewelry", "home")


@dataclass(frozen=True)
class Shop:
    """A running shop; `port` is the same on all of its domains."""

    port: int
    certificate: Path

    def url(self, slug: str, path: str = "/") -> str:
        return f"https://{slug}.localhost:{self.port}{path}"


def _environment(folder: Path) -> dict[str, str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{DATABASE}").geturl()
    return {
        **os.environ,
        # The demo's settings serve pictures too, as the web server in front does in production.
        "DJANGO_SETTINGS_MODULE": "shop.settings.demo",
        "DEMO_DIR": str(folder),
        "DATABASE_URL": database,
        "LOG_LEVEL": "WARNING",
        # The shop and its sandbox gateway speak to each other over TLS, too.
        "SSL_CERT_FILE": str(folder / "ca.pem"),
    }


def _make_database(folder: Path) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
    for command in ("migrate", "seed_demo", "seed_shipping"):
        subprocess.run(
            [sys.executable, "manage.py", command], cwd=ROOT, env=_environment(folder), check=True
        )


def _wait(shop: Shop, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with status {server.returncode}"
        try:
            url = f"https://127.0.0.1:{shop.port}/readyz"
            if requests.get(url, verify=str(shop.certificate), timeout=1).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within 30 s")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    _make_database(folder)
    authority = trustme.CA()
    names = [f"{slug}.localhost" for slug in (*SLUGS, "pay")]
    certificate = authority.issue_cert(*names, "127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for number, pem in enumerate(certificate.cert_chain_pems):
        pem.write_to_path(folder / "cert.pem", append=number > 0)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    running = Shop(free_port(), folder / "ca.pem")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(running.port), "--workers", "2", "--blocking-threads", "4"),
            *("--ssl-certificate", folder / "cert.pem", "--ssl-keyfile", folder / "key.pem"),
            *("--log-level", "warning", "shop.wsgi:application"),
        ],
        cwd=ROOT,
        env=_environment(folder),
    )
    try:
        _wait(running, server)
        yield running
    finally:
        server.terminate()
        server.wait(20)


BLOCK_THIRD_PARTIES = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
NO_COOKIES = {"default_content_setting_values": {"cookies": 2}}


@contextmanager
def chromium(folder: Path, preferences: dict[str, Any]) -> Iterator[BrowserContext]:
    """A Chromium with a new profile of these preferences."""
    file = folder / "profile" / "Default" / "Preferences"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"profile": preferences}))
    program = find_chromium()
    assert program, "No Chromium: run `make setup`, or `make test ARGS='-m \"not browser\"'`."
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            file.parent.parent,
            executable_path=program,
            headless=True,
            ignore_https_errors=True,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        context.set_default_timeout(15_000)
        yield context
        context.close()


@pytest.fixture
def context(tmp_path: Path) -> Iterator[BrowserContext]:
    """A shopper's browser that blocks third-party cookies."""
    with chromium(tmp_path, BLOCK_THIRD_PARTIES) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.pages[0]

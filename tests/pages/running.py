"""A demo of its own and a browser, for whoever looks at the pages."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from playwright.sync_api import Browser, sync_playwright

from shop.ops.browser import find_chromium
from shop.ops.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
SLUGS = ("galleria", "apparel", "jewelry", "home")
PATIENCE = 240.0  # seconds until a demo that has not opened counts as failed
OURS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY")


@dataclass(frozen=True)
class Demo:
    """A running demo; `port` is the same on all of its domains. folder: where it keeps all."""

    port: int
    folder: Path = Path()

    def host(self, slug: str) -> str:
        """The Host header of a site."""
        return f"{slug}.localhost:{self.port}"

    def url(self, slug: str, path: str = "/") -> str:
        """The address of a page."""
        return f"http://{self.host(slug)}{path}"

    def manage(self, *arguments: str) -> None:
        """Run a command of manage.py on its data. Raises CalledProcessError."""
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment | {"DEMO_DIR": str(self.folder)},
            capture_output=True,
            check=True,
        )

    def fetch(self, slug: str, path: str, agent: str = "linkcheckbot/1") -> requests.Response:
        """What a crawler gets; redirects are not followed."""
        return requests.get(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Host": self.host(slug), "User-Agent": agent, "Accept": "text/html,*/*"},
            allow_redirects=False,
            timeout=20,
        )


@contextmanager
def running_demo(folder: Path, **variables: str) -> Iterator[Demo]:
    """`make demo` with everything it keeps in `folder`; ends with the block."""
    demo = Demo(free_port(), folder / "demo")
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {
        "DEMO_DIR": str(demo.folder),
        "PORT": str(demo.port),
        "LOG_LEVEL": "WARNING",
        **variables,
    }
    log = folder / "demo.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "shop.ops.demo"],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(demo, process, log)
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait(demo: Demo, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(f"http://127.0.0.1:{demo.port}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the demo did not open: {log.read_text()}")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless Chromium; each of its contexts is a shopper of their own."""
    program = find_chromium()
    assert program, "No Chromium: run `make setup`."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()

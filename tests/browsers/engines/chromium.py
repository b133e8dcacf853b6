"""The system's Chromium by Playwright, third-party cookies blocked by both of its preferences."""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Error, Playwright, sync_playwright

from shop.ops.browser import find_chromium

from .base import ANYWHERE, Cookie, Engine, host_of

HOURS_3 = 3 * 60 * 60 * 1_000_000  # microseconds, as Chromium counts
PATIENCE = 20.0


class Chromium(Engine):
    name = "chromium"
    transport = 307

    def _launch(self) -> None:
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        file = self.folder / "Default" / "Preferences"
        file.parent.mkdir()
        file.write_text(json.dumps({"profile": self._preferences()}))
        self._start()

    def _preferences(self) -> dict[str, Any]:
        block = 2
        sites = {f"{origin},*": {"setting": block} for origin in self.refuses - {ANYWHERE}}
        return {
            "cookie_controls_mode": 1,
            "block_third_party_cookies": True,
            "content_settings": {"exceptions": {"cookies": sites}},
            **(
                {"default_content_setting_values": {"cookies": block}}
                if ANYWHERE in self.refuses
                else {}
            ),
        }

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        self._context = self._playwright.chromium.launch_persistent_context(
            self.folder,
            executable_path=find_chromium(),
            headless=True,
            ignore_https_errors=True,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        self._context.set_default_timeout(10_000)
        self._page = self._context.pages[0]

    def _quit(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None

    @property
    def _open(self) -> BrowserContext:
        assert self._context is not None, "the browser is closed"
        return self._context

    def goto(self, url: str) -> None:
        try:
            self._page.goto(url, wait_until="commit")
        except Error as error:
            if "net::ERR" not in error.message and "interrupted" not in error.message:
                raise

    def click(self, selector: str) -> None:
        self._page.click(selector, no_wait_after=True)

    def run(self, script: str) -> object:
        return self._page.evaluate(f"() => {{ {script} }}")

    def text(self, selector: str) -> str | None:
        try:
            found = self._page.query_selector(selector)
            return found.text_content() if found else None
        except Error:  # it is on its way to another page
            return None

    @property
    def url(self) -> str:
        return self._page.url

    def new_tab(self) -> None:
        self._page = self._open.new_page()

    def show_tab(self, number: int) -> None:
        self._page = self._open.pages[number]

    def cookies(self, origin: str) -> list[Cookie]:
        return [
            Cookie(
                each["name"],
                each["domain"],
                each["path"],
                each["secure"],
                each["httpOnly"],
                each["sameSite"],
            )
            for each in self._open.cookies(origin)
        ]

    def clear(self, origin: str, part: str = "") -> None:
        name = re.compile(re.escape(part))
        self._open.clear_cookies(domain=host_of(origin), name=name)

    def purge(self, origin: str) -> None:
        """Make the bounces three hours old between two runs; it deletes soon after its start."""
        file = self.folder / "Default" / "DIPS"
        self._wait(file.exists)
        self._page.wait_for_timeout(1000)  # until it is written
        self._quit()
        with sqlite3.connect(file) as bounces:
            aged = bounces.execute(
                "UPDATE bounces SET first_bounce_time = first_bounce_time - ?,"
                " last_bounce_time = last_bounce_time - ? WHERE site = ?",
                [HOURS_3, HOURS_3, host_of(origin)],
            ).rowcount
            bounces.execute(
                "UPDATE config SET int_value = int_value - ? WHERE key LIKE '%timer%'", [HOURS_3]
            )
        assert aged == 1, "Chromium noted no bounce of this site"
        bounces.close()
        self._start()
        self._wait(lambda: not self.cookies(origin))

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done() and time.monotonic() < deadline:
            self._page.wait_for_timeout(200)

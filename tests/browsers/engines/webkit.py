"""WebKitGTK with tracking prevention on, by WebKitWebDriver, on a screen of its own.

MiniBrowser, as Debian ships it; for what MiniBrowser cannot do (a profile that stays, cookies
refused by one site alone) our own little browser around the same engine, wkbrowser.py.
"""

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import SessionNotCreatedException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from urllib3.exceptions import HTTPError

from shop.ops.engines import find_mini_browser
from shop.ops.processes import end_process

from .base import ANYWHERE, Cookie, Engine, end_group, host_of

OUR_BROWSER = Path(__file__).with_name("wkbrowser.py")
PURGE = 60.0
LOAD, REPLY = 10, 12


class WebKit(Engine):
    name = "webkit"
    transport = 200

    def _launch(self) -> None:
        self._screen: subprocess.Popen[bytes] | None = None
        self._service: Service | None = None
        self._driver: webdriver.WebKitGTK | None = None
        options = Options()
        options.binary_location = str(OUR_BROWSER if self._is_ours else find_mini_browser())
        for argument in self._arguments():
            options.add_argument(argument)
        options.set_capability("acceptInsecureCerts", True)
        environment = self._environment(self._start_screen())
        for tries_left in reversed(range(5)):
            self._service = Service(env=environment, popen_kw={"start_new_session": True})
            try:
                self._driver = webdriver.WebKitGTK(options=options, service=self._service)
                break
            except SessionNotCreatedException:
                # The driver at times asks our browser's name before it has said it.
                end_group(self._service.process)
                if not tries_left:
                    raise
        assert self._driver is not None
        self._driver.set_page_load_timeout(LOAD)
        executor = self._driver.command_executor
        assert isinstance(executor, RemoteConnection)
        executor.client_config.timeout = REPLY
        self._tabs = [self._driver.current_window_handle]

    @property
    def _is_ours(self) -> bool:
        return self.to_purge or bool(self.refuses - {ANYWHERE})

    def _arguments(self) -> list[str]:
        if self._is_ours:
            return []
        refuse = ["--cookies-policy=never"] if ANYWHERE in self.refuses else []
        return ["--automation", "--enable-itp", *refuse]

    def _start_screen(self) -> str:
        reader, writer = os.pipe()
        self._screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
            pass_fds=[writer],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            return f":{told.readline().strip()}"

    def _environment(self, screen: str) -> dict[str, str]:
        home = str(self.folder)
        return {
            **os.environ,
            "DISPLAY": screen,
            "HOME": home,
            **{f"XDG_{kind}_HOME": home for kind in ("CONFIG", "DATA", "CACHE")},
            "XDG_RUNTIME_DIR": home,
            "GDK_BACKEND": "x11",
            "GSK_RENDERER": "cairo",
            "GTK_A11Y": "none",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "GALLERIA_REFUSES": " ".join(sorted(self.refuses)),
        }

    def _quit(self) -> None:
        if self._driver is not None:
            with suppress(WebDriverException):
                self._driver.quit()
        if self._service is not None:
            end_group(self._service.process)
        if self._screen is not None:
            end_process(self._screen)

    @property
    def _open(self) -> webdriver.WebKitGTK:
        assert self._driver is not None, "the browser is closed"
        return self._driver

    def goto(self, url: str) -> None:
        with suppress(WebDriverException):  # a page of the browser's own, as when main is away
            self._open.get(url)

    def click(self, selector: str) -> None:
        self._open.find_element(By.CSS_SELECTOR, selector).click()

    def run(self, script: str) -> object:
        result: object = self._open.execute_script(script)
        return result

    def text(self, selector: str) -> str | None:
        try:
            return self._open.find_element(By.CSS_SELECTOR, selector).text
        except (WebDriverException, HTTPError):  # none, or it is on its way to another page
            return None

    @property
    def url(self) -> str:
        return self._open.current_url

    def new_tab(self) -> None:
        self._open.switch_to.new_window("tab")
        self._tabs.append(self._open.current_window_handle)

    def show_tab(self, number: int) -> None:
        self._open.switch_to.window(self._tabs[number])

    @contextmanager
    def _aside(self, origin: str) -> Iterator[webdriver.WebKitGTK]:
        """A tab at a page of this site that no session is looked up for."""
        before = self._open.current_window_handle
        self._open.switch_to.new_window("tab")
        self.goto(f"{origin}/blank/")
        deadline = time.monotonic() + 10
        while self._open.title != "blank" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self._open.title == "blank"
        yield self._open
        self._open.close()
        self._open.switch_to.window(before)

    def cookies(self, origin: str) -> list[Cookie]:
        with self._aside(origin) as driver:
            return [
                Cookie(
                    each["name"],
                    each["domain"],
                    each["path"],
                    each["secure"],
                    each["httpOnly"],
                    each.get("sameSite", ""),
                )
                for each in driver.get_cookies()
            ]

    def clear(self, origin: str, part: str = "") -> None:
        with self._aside(origin) as driver:
            for each in driver.get_cookies():
                if part in each["name"]:
                    driver.delete_cookie(each["name"])

    def purge(self, origin: str) -> None:
        """Wait: it deletes by itself once a site sends browsers on to more than three others."""
        deadline = time.monotonic() + PURGE
        while self._stored(host_of(origin)) and time.monotonic() < deadline:
            time.sleep(0.5)

    def _stored(self, host: str) -> int:
        jar = self.folder / "cookies.sqlite"
        with closing(sqlite3.connect(f"file:{jar}?mode=ro", uri=True)) as cookies:
            query = "SELECT count(*) FROM moz_cookies WHERE host = ?"
            (count,) = cookies.execute(query, [host]).fetchone()
        return int(count)

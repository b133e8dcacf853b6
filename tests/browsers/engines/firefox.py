"""Firefox ESR by Marionette. Scripts in the browser's own context read its jar and its settings."""

import json
import subprocess
import time
from typing import Any

from marionette_driver.by import By
from marionette_driver.errors import MarionetteException
from marionette_driver.marionette import Marionette

from shop.ops.engines import find_firefox
from shop.ops.ports import free_port
from shop.ops.processes import spawn

from .base import ANYWHERE, Cookie, Engine, end_group

PREFERENCES: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    # As in strict mode, and with no time of grace.
    "privacy.bounceTrackingProtection.mode": 1,
    "privacy.bounceTrackingProtection.bounceTrackingGracePeriodSec": 0,
    "privacy.bounceTrackingProtection.enableTestMode": True,
    "privacy.bounceTrackingProtection.clientBounceDetectionTimerPeriodMS": 500,
}
SAME_SITE = {0: "None", 1: "Lax", 2: "Strict"}
START, PURGE = 60.0, 15.0


class Firefox(Engine):
    name = "firefox"
    transport = 307

    def _launch(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        port = free_port()
        preferences = {**PREFERENCES, "marionette.port": port}
        if ANYWHERE in self.refuses:
            preferences["network.cookie.cookieBehavior"] = 2
        lines = (
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in preferences.items()
        )
        (self.folder / "user.js").write_text("".join(lines))
        program = find_firefox()
        assert program, "No Firefox: `make test-browsers` says what to install."
        with (self.folder / "firefox.log").open("wb") as log:
            self._process = spawn(
                [
                    *(program, "--headless", "--marionette", "--remote-allow-system-access"),
                    *("--no-remote", "--profile", self.folder, "about:blank"),
                ],
                output=log,
            )
        self._driver = Marionette(host="127.0.0.1", port=port, socket_timeout=START)
        self._driver.raise_for_port(START)
        self._driver.start_session({"acceptInsecureCerts": True, "pageLoadStrategy": "none"})
        for origin in self.refuses - {ANYWHERE}:
            self._in_browser(
                "Services.perms.addFromPrincipal(Services.scriptSecurityManager"
                ".createContentPrincipalFromOrigin(arguments[0]), 'cookie',"
                " Services.perms.DENY_ACTION);",
                origin,
            )

    def _quit(self) -> None:
        end_group(self._process)

    def _in_browser(self, script: str, *arguments: object) -> Any:
        with self._driver.using_context("chrome"):
            return self._driver.execute_script(script, script_args=arguments, sandbox=None)

    def goto(self, url: str) -> None:
        self._driver.navigate(url)

    def click(self, selector: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def run(self, script: str) -> object:
        result: object = self._driver.execute_script(script)
        return result

    def text(self, selector: str) -> str | None:
        try:
            found: str = self._driver.find_element(By.CSS_SELECTOR, selector).text
        except MarionetteException:  # none, or it is on its way to another page
            return None
        return found

    @property
    def url(self) -> str:
        address: str = self._driver.get_url()
        return address

    def new_tab(self) -> None:
        self._driver.switch_to_window(self._driver.open(type="tab")["handle"])

    def show_tab(self, number: int) -> None:
        self._driver.switch_to_window(self._driver.window_handles[number])

    def cookies(self, origin: str) -> list[Cookie]:
        found = self._in_browser(
            "return Services.cookies.getCookiesFromHost(new URL(arguments[0]).hostname, {})"
            ".map(c => [c.name, c.host, c.path, c.isSecure, c.isHttpOnly, c.sameSite]);",
            origin,
        )
        return [
            Cookie(name, host, path, secure, http_only, SAME_SITE.get(same_site, ""))
            for name, host, path, secure, http_only, same_site in found
        ]

    def clear(self, origin: str, part: str = "") -> None:
        self._in_browser(
            "const host = new URL(arguments[0]).hostname;"
            "for (const c of Services.cookies.getCookiesFromHost(host, {}))"
            " if (c.name.includes(arguments[1]))"
            " Services.cookies.remove(c.host, c.name, c.path, c.originAttributes);",
            origin,
            part,
        )

    def purge(self, origin: str) -> None:
        """Run the purge by hand as soon as the bounce is on its list."""
        deadline = time.monotonic() + PURGE
        while self.cookies(origin) and time.monotonic() < deadline:
            time.sleep(1)
            with self._driver.using_context("chrome"):
                self._driver.execute_async_script(
                    "const done = arguments[arguments.length - 1];"
                    "Cc['@mozilla.org/bounce-tracking-protection;1']"
                    ".getService(Ci.nsIBounceTrackingProtection)"
                    ".testRunPurgeBounceTrackers().then(() => done(), e => done(String(e)));",
                    sandbox=None,
                )

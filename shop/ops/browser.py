"""The browser for the end-to-end tests: finds a Chromium, or installs one.

`python -m shop.ops.browser` does both and ends with a status that make understands; it never lets
the browser tests be skipped in silence.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from shop.ops import packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)


def find_chromium() -> Path | None:
    """Return a Chromium or Chrome: the machine's own, else Playwright's, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    for app in MAC_APPS:
        if app.exists():
            return app
    from playwright.sync_api import sync_playwright  # starting it takes a second: only if needed

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def install_chromium() -> None:
    """Install a Chromium: by apt where we are root, else by Playwright, into the user's cache."""
    packages.install("chromium")
    if find_chromium() is None:
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            stdin=subprocess.DEVNULL,
            check=False,
        )


def main() -> int:
    """Have a Chromium. Returns 1, after saying what to do, where there is none to be had."""
    if find_chromium() is None:
        sys.stderr.write("No Chromium for the browser tests; installing one.\n")
        install_chromium()
    if find_chromium() is None:
        sys.stderr.write(
            "The browser tests need Chromium, and it could not be installed. Install the package "
            "chromium (Debian, Ubuntu: apt install chromium; macOS: brew install chromium), or run "
            "the other tests:\n    make test ARGS='-m \"not browser\"'\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

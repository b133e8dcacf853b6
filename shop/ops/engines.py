"""The three browser engines of `make test-browsers`: finds them, or installs what is missing.

`python -m shop.ops.engines` does both and ends with a status that make understands; no engine is
ever left out in silence.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from shop.ops import packages
from shop.ops.browser import find_chromium

PACKAGES = ("firefox-esr", "webkit2gtk-driver", "xvfb", "gir1.2-webkit2-4.1", "python3-gi")
SYSTEM_PYTHON = Path("/usr/bin/python3")
"""Debian's own, which has the WebKit bindings that no wheel brings."""


def find_mini_browser() -> Path | None:
    """Return WebKitGTK's MiniBrowser, the GTK 3 build: native clicks fail in the GTK 4 one."""
    return next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))), None)


def find_firefox() -> Path | None:
    """Return Firefox, the long-term one first."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    return Path(found) if found else None


def missing() -> list[str]:
    """Name what the engines' tests lack on this machine."""
    bindings = [str(SYSTEM_PYTHON), "-c", "import gi; gi.require_version('WebKit2', '4.1')"]
    has_bindings = (
        SYSTEM_PYTHON.exists()
        and subprocess.run(bindings, capture_output=True, check=False).returncode == 0
    )
    found = {
        "Chromium": find_chromium(),
        "Firefox": find_firefox(),
        "MiniBrowser of WebKitGTK 4.1": find_mini_browser(),
        "WebKitWebDriver": shutil.which("WebKitWebDriver"),
        "Xvfb": shutil.which("Xvfb"),
        "Python bindings of WebKitGTK 4.1": has_bindings,
    }
    return [name for name, there in found.items() if not there]


def install() -> None:
    """Install the engines by apt, where we are root and there is one."""
    packages.install(*PACKAGES, *([] if find_chromium() else ["chromium"]))


def main() -> int:
    """Have all engines. Returns 1, after saying what to do, where one is not to be had."""
    if lacking := missing():
        sys.stderr.write(f"For the engines' tests there is no {', no '.join(lacking)}.\n")
        install()
    if lacking := missing():
        sys.stderr.write(
            f"Still missing: {', '.join(lacking)}. On Debian, as root:\n"
            f"    apt install chromium {' '.join(PACKAGES)}\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Node's tools: axe-core runs in the page, html-validate reads what was fetched."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.pages.running import ROOT

MODULES = ROOT / "node_modules"
MISSING = (
    "The checks of the pages need Node 20 or later with npm. Install the packages nodejs and npm "
    "(Debian, Ubuntu: apt install nodejs npm; macOS: brew install node) and run it again."
)


def have_tools() -> None:
    """Install what package-lock.json names, unless it is there. Raises AssertionError, in words."""
    assert shutil.which("node"), MISSING
    assert shutil.which("npm"), MISSING
    stamp = MODULES / ".installed"
    lock = (ROOT / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == lock:
        return
    done = subprocess.run(
        ["npm", "ci", "--no-progress"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"npm ci failed:\n{done.stdout}{done.stderr}"
    stamp.write_text(lock)


def axe_source() -> str:
    """The script that checks a page for accessibility, from inside it."""
    return (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def validate_html(folder: Path) -> list[str]:
    """What is wrong with the HTML files in a folder: file, line, rule and message of each."""
    command = [
        *("node", str(MODULES / "html-validate" / "bin" / "html-validate.mjs")),
        *("--config", str(Path(__file__).parent / "htmlvalidate.json")),
        *("--formatter", "json", "--ext", "html", str(folder)),
    ]
    with tempfile.TemporaryFile() as told:  # it ends before a pipe has taken a long answer
        done = subprocess.run(command, cwd=ROOT, stdout=told, stderr=subprocess.PIPE, check=False)
        told.seek(0)
        answer = told.read()
    assert answer, f"html-validate did not run: {done.stderr.decode()}"
    results: list[dict[str, Any]] = json.loads(answer)
    return [
        f"{Path(result['filePath']).name}:{each['line']} {each['ruleId']}: {each['message']}"
        for result in results
        for each in result["messages"]
    ]

"""A throwaway Django project, in an environment that holds sessionsync's wheel and little else."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shop.ops.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".test-services" / "package"
PIP: list[str | Path] = [
    sys.executable,
    "-m",
    "pip",
    "--no-input",
    "--disable-pip-version-check",
    "--quiet",
]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command prints. Fails with all of it if the command does."""
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """Build sessionsync as anybody would who installs it."""
    run(*PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT / "sessionsync")
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment(django: str, wheel: Path) -> Path:
    """The Python of an environment with the wheel and the newest patch of a Django, e.g. "5.2".

    Kept from run to run; made anew when the wheel differs.
    """
    folder = CACHE / f"django-{django}"
    folder.mkdir(parents=True, exist_ok=True)
    python, stamp = folder / "bin" / "python", folder / "installed"
    want = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not python.exists():
            stamp.unlink(missing_ok=True)
            venv.create(folder, with_pip=False)
        if not stamp.exists() or stamp.read_text() != want:
            stamp.unlink(missing_ok=True)
            pip: list[str | Path] = [*PIP, "--python", python, "install"]
            run(*pip, f"Django~={django}.0", wheel)
            run(*pip, "--force-reinstall", "--no-deps", wheel)
            stamp.write_text(want)
    return python


@dataclass(frozen=True)
class Project:
    """What `startproject` makes, with the example's files instead of its own settings and URLs."""

    folder: Path
    python: Path

    @classmethod
    def start(cls, folder: Path, python: Path) -> "Project":
        """Make the project."""
        run(python, "-m", "django", "startproject", "example", folder)
        files = Path(__file__).parent / "example"
        no_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(files, folder / "example", dirs_exist_ok=True, ignore=no_caches)
        return cls(folder, python)

    def manage(self, *arguments: str) -> str:
        """What `manage.py` prints."""
        return run(self.python, "manage.py", *arguments, cwd=self.folder)

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve the project on this machine; gives the port."""
        port = free_port()
        command: list[str | Path] = [
            self.python,
            "manage.py",
            "runserver",
            "--noreload",
            f"127.0.0.1:{port}",
        ]
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "example.settings"}
        log = self.folder / "server.log"
        with (
            log.open("w") as output,
            subprocess.Popen(command, cwd=self.folder, env=env, stdout=output, stderr=output) as it,
        ):
            try:
                _wait_for(port, log)
                yield port
            finally:
                it.terminate()


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        except urllib.error.HTTPError:
            return  # it answers: 127.0.0.1 is none of its sites
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return

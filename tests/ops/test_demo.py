"""`make demo`'s launcher, as it is run: real servers, real signals, real ports."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from shop.ops.ports import free_port
from shop.ops.processes import processes

ROOT = Path(__file__).resolve().parents[2]


class Demo:
    """One run of the launcher, with a folder of its own and what it says."""

    def __init__(self, folder: Path, port: int | str) -> None:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shop.ops.demo"],
            cwd=ROOT,
            env={**inherited, "DEMO_DIR": str(folder), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def wait_until_it_says(self, text: str) -> None:
        deadline = time.monotonic() + 90
        while text not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def end(self, how: signal.Signals) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(30)
        self._reader.join(5)
        return status


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The demo's folder; whatever a failed test left running in it is ended."""
    yield tmp_path / "demo"
    for pid in left_over(tmp_path):
        os.kill(pid, signal.SIGKILL)


def left_over(folder: Path) -> list[int]:
    """The processes that belong to a demo in `folder`: by its data, or by its environment."""
    found = []
    for process in processes():
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        except OSError:
            environment = b""
        if f"{folder}/" in process.command or f"DEMO_DIR={folder}".encode() in environment:
            found.append(process.pid)
    return found


def fetch(port: int, host: str, path: str = "/") -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": f"{host}:{port}", "User-Agent": "test"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return str(response.read().decode())


def queue_a_mail(folder: Path, to: str = "somebody@example.com") -> None:
    """Put a mail into the outbox, as the shop does, by an operator's command beside the demo."""
    code = f"""
from shop.mailing.services import queue
from shop.storefronts.queries import main_storefront
shop = main_storefront()
queue(to="{to}", template="account/mail/letter", context={{"subject": "A letter"}}, language="en",
      reference="test", storefront=shop, site_url="http://galleria.localhost")
"""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=ROOT,
        env={**inherited, "DEMO_DIR": str(folder)},
        check=True,
    )


def wait_until_alone(folder: Path) -> None:
    deadline = time.monotonic() + 15
    while left_over(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_over(folder) == []


def test_the_demo_from_start_to_stop_and_again(folder: Path) -> None:
    # Given an empty folder and a free port
    port = free_port()
    # When the demo is started
    demo = Demo(folder, port)
    demo.wait_until_it_says("Ctrl-C stops everything")
    # Then it names the four sites and the admin, and answers
    for host in ("galleria", "apparel", "jewelry", "home"):
        assert f"http://{host}.localhost:{port}/" in demo.said
    assert f"http://galleria.localhost:{port}/admin/" in demo.said
    assert fetch(port, "anything", "/readyz") == '{"ready": true, "down": []}'

    # And what is to be done in the background is done: a mail is printed here within seconds
    queue_a_mail(folder)
    demo.wait_until_it_says("To: somebody@example.com")

    # When the worker is killed
    os.kill(int((folder / "worker.pid").read_text()), signal.SIGKILL)
    # Then the demo goes on, and starts it again
    demo.wait_until_it_says("The worker had ended; it runs again.")
    queue_a_mail(folder, "another@example.com")
    demo.wait_until_it_says("To: another@example.com")

    # When a second one is started in the same folder
    second = Demo(folder, free_port())
    # Then it says where the first one is, and leaves it alone
    assert second.wait() == 1
    assert f"running already: http://galleria.localhost:{port}" in second.said
    assert fetch(port, "anything", "/healthz") == "ok\n"

    # When somebody presses Ctrl-C
    database = folder / "galleria.sqlite3"
    assert demo.end(signal.SIGINT) == 0
    # Then everything has stopped, and the data is kept
    assert "Stopped." in demo.said
    assert "Traceback" not in demo.said
    assert left_over(folder) == []
    assert database.stat().st_size > 0

    # When it is started again, and killed without a chance to clean up
    again = Demo(folder, port)
    again.wait_until_it_says("Ctrl-C stops everything")
    again.end(signal.SIGKILL)
    # Then the next one starts on the same port all the same, and SIGTERM stops it
    last = Demo(folder, port)
    last.wait_until_it_says("Ctrl-C stops everything")
    assert last.end(signal.SIGTERM) == 0
    wait_until_alone(folder)


def test_a_valkey_that_was_killed_is_started_again(folder: Path) -> None:
    # Given a running demo
    port = free_port()
    demo = Demo(folder, port)
    demo.wait_until_it_says("Ctrl-C stops everything")

    for _time in range(2):
        # When its Valkey is killed
        pid = int((folder / "valkey" / "valkey.pid").read_text())
        before = demo.said.count("it runs again")
        os.kill(pid, signal.SIGKILL)
        # Then the shop stays open, and another one is started
        assert "<h1" in fetch(port, "galleria.localhost")
        deadline = time.monotonic() + 30
        while demo.said.count("it runs again") == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert int((folder / "valkey" / "valkey.pid").read_text()) != pid
        assert fetch(port, "anything", "/readyz") == '{"ready": true, "down": []}'

    assert demo.end(signal.SIGINT) == 0
    wait_until_alone(folder)


def test_a_taken_port_stops_it_before_anything_is_made(folder: Path) -> None:
    # Given another program on the port
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        # When the demo is started
        demo = Demo(folder, port)
        # Then it says so in one line, proposes another port, and has made no database
        assert demo.wait() == 1
        assert demo.said.startswith(f"The demo did not start: Port {port} is taken by another")
        assert "Try: make demo PORT=" in demo.said
        assert demo.said.count("\n") == 1
    assert not (folder / "galleria.sqlite3").exists()
    assert left_over(folder) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    # Given a place where no folder can be
    (tmp_path / "file").write_text("a file\n")
    # When the demo is started there
    demo = Demo(tmp_path / "file" / "demo", free_port())
    # Then it says so in one line
    assert demo.wait() == 1
    assert demo.said == (
        f"The demo did not start: cannot write to {tmp_path}/file/demo: Not a directory.\n"
    )


def test_a_port_that_is_none_is_refused(folder: Path) -> None:
    # Given a word for a port, when the demo is started
    demo = Demo(folder, "eighty")
    # Then it says what a port is, and has made nothing
    assert demo.wait() == 1
    assert demo.said == (
        "The demo did not start: PORT must be a number from 1 to 65535, not 'eighty'.\n"
    )
    assert not folder.exists()

"""`make demo`: the whole network on this machine, from nothing to four sites in one command.

Everything it keeps is in .demo/ and everything it starts ends with it. Run by
`python -m shop.ops.demo`, with PORT (8000) and the variables of docs/settings.md.
"""

import contextlib
import fcntl
import io
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape

from shop.ops.paths import DemoFiles
from shop.ops.ports import next_free_port, parse_port, port_problem
from shop.ops.processes import end_group, end_process, spawn
from shop.ops.services import PATIENCE, ServiceError, Valkey

ROOT = Path(__file__).resolve().parent.parent.parent
NEEDED_MB = 50
WORKERS = 2
# Each works on one request; more than this only makes them wait for each other (and Granian warns).
BLOCKING_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
LOOK_EVERY, RETRY_EVERY = 1.0, 10.0  # seconds
SERVER_NAMES = ("granian", "multiprocessing")  # in the command lines of its processes
SERVER_PID, WORKER_PID = "server.pid", "worker.pid"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SEEDS = ("seed_demo", "seed_collections", "seed_prices", "seed_shipping", "seed_staff", "seed_keys")


class DemoError(Exception):
    """The demo cannot start; the message is one line that says why and what to do."""


class Stop(BaseException):
    """Somebody asked the demo to stop: Ctrl-C, SIGTERM, or a closed terminal."""


def main() -> int:
    """Run the demo until it is stopped, and return the exit status."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings.demo"
    console = Console(stderr=True, highlight=False)
    for number in SIGNALS:
        if number is not signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _stop)
    try:
        with contextlib.ExitStack() as stack:
            try:
                _run(console, stack)
            finally:
                # What was started is now being stopped; a second Ctrl-C must not leave half of it.
                for number in SIGNALS:
                    signal.signal(number, signal.SIG_IGN)
    except Stop:
        console.print("\nStopped. The demo's data is kept in .demo/; `make demo` goes on with it.")
        return 0
    except (DemoError, ServiceError) as error:
        console.print(f"[bold red]The demo did not start:[/] {escape(str(error))}", soft_wrap=True)
        return 1
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def _run(console: Console, stack: contextlib.ExitStack) -> None:
    files = DemoFiles(Path(os.environ.get("DEMO_DIR") or ROOT / ".demo").resolve())
    port = _port()
    os.environ["PORT"] = str(port)  # for the settings of all that is started here
    _prepare(files)
    stack.enter_context(_only_one(files.lock, port))
    _end_leftovers(files)
    if problem := port_problem(port):
        raise DemoError(f"{problem} Try: make demo PORT={next_free_port(port)}")

    valkey = None
    if not os.environ.get("REDIS_URL"):
        with _step(console, "Starting Valkey"):
            valkey = Valkey(files.valkey_dir)
            stack.callback(valkey.stop)
            valkey.start()
    _load(console)
    with _step(console, "Starting the shop"):
        server = _serve(files, port)
        stack.callback(_end_server, server, files)
        _wait_until_ready(server, port)
    worker = Worker(files)
    stack.callback(worker.stop)
    worker.start()
    console.print(_welcome(port), soft_wrap=True)
    status = _watch(console, server, valkey, worker)
    raise DemoError(f"the web server ended by itself (status {status}); its reason is above.")


def _port() -> int:
    try:
        return parse_port(os.environ.get("PORT") or "8000")
    except ValueError as error:
        raise DemoError(str(error)) from None


def _prepare(files: DemoFiles) -> None:
    try:
        files.prepare()
        (files.root / ".writable").touch()
        (files.root / ".writable").unlink()
    except OSError as error:
        raise DemoError(f"cannot write to {files.root}: {error.strerror}.") from None
    free = shutil.disk_usage(files.root).free // 2**20
    if free < NEEDED_MB:
        raise DemoError(f"only {free} MB free in {files.root}; it needs {NEEDED_MB} MB.")


@contextlib.contextmanager
def _only_one(path: Path, port: int) -> Iterator[None]:
    """Hold the lock that says a demo runs in this folder; the system frees it however we end."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            where = file.read().strip() or "another terminal"
            raise DemoError(f"it is running already: {where}. Stop that one first.") from None
        file.truncate(0)
        file.write(f"http://galleria.localhost:{port} (process {os.getpid()})")
        file.flush()
        yield


@contextlib.contextmanager
def _step(console: Console, title: str) -> Iterator[None]:
    started = time.monotonic()
    with console.status(f"{title} …") if console.is_terminal else contextlib.nullcontext():
        yield
    console.print(f"[green]✓[/] {title} [dim]({time.monotonic() - started:.1f} s)[/]")


def _load(console: Console) -> None:
    """Bring the database up to date and fill it; both leave alone what is there already."""
    import django  # here, because settings are only complete once Valkey runs
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db import Error as DatabaseError
    from django.db import connections

    said = io.StringIO()

    try:
        with _step(console, "Preparing the database"):
            django.setup()
            call_command("migrate", verbosity=0, interactive=False, stdout=said)
        with _step(console, "Loading the demo's shops and products"):
            for name in SEEDS:
                call_command(name, stdout=said, stderr=said)
    except (CommandError, DatabaseError, ImproperlyConfigured, OSError) as error:
        raise DemoError(" ".join(str(error).split()) or type(error).__name__) from error
    finally:
        connections.close_all()


def _serve(files: DemoFiles, port: int) -> subprocess.Popen[bytes]:
    server = spawn(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(WORKERS), "--blocking-threads", str(BLOCKING_THREADS)),
            # A worker that is told to stop while it still starts does not hear it.
            *("--workers-kill-timeout", "3"),
            *("--log-level", "warning", "--working-dir", ROOT),
            "shop.wsgi:application",
        ]
    )
    # Its own process group, so that the workers can be found by it, too.
    (files.root / SERVER_PID).write_text(str(server.pid))
    return server


class Worker:
    """Does what the shop does in the background, such as sending mails: they are printed here."""

    def __init__(self, files: DemoFiles) -> None:
        self.pid_file = files.root / WORKER_PID
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. It looks for work every second, and says nothing but what mails say."""
        self.process = spawn(
            [
                *(sys.executable, ROOT / "manage.py", "db_worker", "--queue-name", "*"),
                *("--no-startup-delay", "--verbosity", "0"),
            ]
        )
        self.pid_file.write_text(str(self.process.pid))

    def stop(self) -> None:
        """Stop it, after the mail it may be at."""
        if self.process is not None:
            end_process(self.process)
        self.pid_file.unlink(missing_ok=True)

    @property
    def is_running(self) -> bool:
        """Whether it has neither ended by itself nor been ended."""
        return self.process is not None and self.process.poll() is None


def _watch(
    console: Console, server: subprocess.Popen[bytes], valkey: Valkey | None, worker: Worker
) -> int:
    """Wait until the web server ends, and return its status.

    A Valkey or a worker that ends is started again. The shop goes on without them meanwhile:
    nothing in Valkey is the only copy, and what the worker is to do waits in the database.
    """
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return server.wait(LOOK_EVERY)
        if valkey is not None and not valkey.is_running:
            try:
                valkey.start()
            except ServiceError as error:
                console.print(f"[bold red]Valkey ended, and:[/] {escape(str(error))}")
                time.sleep(RETRY_EVERY)
            else:
                console.print("Valkey had ended; it runs again.")
        if not worker.is_running:
            worker.start()
            console.print("The worker had ended; it runs again.")


def _end_server(server: subprocess.Popen[bytes], files: DemoFiles) -> None:
    end_process(server)
    end_group(server.pid, *SERVER_NAMES)
    (files.root / SERVER_PID).unlink(missing_ok=True)


def _end_leftovers(files: DemoFiles) -> None:
    """Stop what a demo that was killed has left running; we hold the lock, so it is nobody's."""
    for name, commands in ((SERVER_PID, SERVER_NAMES), (WORKER_PID, ("db_worker",))):
        path = files.root / name
        with contextlib.suppress(OSError, ValueError):
            end_group(int(path.read_text()), *commands)
            path.unlink()


def _wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    deadline = time.monotonic() + PATIENCE
    reason = "it did not answer"
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError(f"the web server ended at once (status {server.returncode}).")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace").strip()
        except OSError:
            pass
        time.sleep(0.05)
    raise DemoError(f"the shop is not ready after {PATIENCE:.0f} seconds: {reason}.")


def _welcome(port: int) -> str:
    from django.apps import apps
    from django.db import connections

    sites = list(apps.get_model("storefronts", "Storefront")._default_manager.all())
    connections.close_all()
    width = max(len(site.name) for site in sites)
    main = next(site for site in sites if site.is_main)
    addresses = "\n".join(
        f"  {escape(site.name):<{width}}  [bold cyan]http://{site.domain}:{port}/[/]"
        + ("  (the main site)" if site.is_main else "")
        for site in sites
    )
    return f"""
[bold]Galleria is open.[/] Four shops on four domains, with one cart:

{addresses}

  Admin  [bold cyan]http://{main.domain}:{port}/admin/[/]  admin@galleria.localhost / galleria

[bold]Try this:[/]
  1. Put something into the cart on each of the three smaller shops.
  2. Open the cart on the main site: everything is in it. Order it.
  3. The confirmation's mail is printed here; the order is in the admin.

Ctrl-C stops everything. Your data stays in .demo/.
"""


if __name__ == "__main__":
    sys.exit(main())

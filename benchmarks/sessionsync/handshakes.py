"""What a handshake costs: counted in this process, then timed over HTTP under Granian."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.sessionsync.counting import counted
from sessionsync.testing import Browser
from shop.ops.ports import free_port
from shop.ops.processes import end_process, spawn

ROUNDS, SECONDS, AT_ONCE, WARM_UP = 5, 5.0, 16, 2.0
WORKERS, THREADS = 2, 2
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


def count() -> list[str]:
    """Requests and round trips of each hop, on a first sub-site and on a second one."""
    browser, lines = Browser(), []
    for visit, domain in (("first", "shoes.localhost"), ("second", "hats.localhost")):
        with counted() as asked:
            browser.open(f"http://{domain}/read/")
        requests = f"{len(browser.hops)} browser requests, 0 from server to server"
        lines.append(f"  {visit} site: {requests}, {asked}")
    return lines


@dataclass(frozen=True)
class Round:
    """One round. per_second: handshakes. The other fields are CPU milliseconds a handshake."""

    per_second: float
    p50_ms: float
    p95_ms: float
    app: float
    database: float
    redis: float
    load: float


def time_them(postgres_pid: int, valkey_pid: int) -> list[str]:
    """Handshakes a second, and the CPU of every server process for one, as lines to print."""
    with _serving() as (port, granian_pid):
        _load(port, WARM_UP)
        rounds = [_round(port, (granian_pid, postgres_pid, valkey_pid)) for _ in range(ROUNDS)]
    mid = {name: median(getattr(each, name) for each in rounds) for name in Round.__annotations__}
    servers = mid["app"] + mid["database"] + mid["redis"]
    spread = ", ".join(f"{each.per_second:.0f}" for each in rounds)
    return [
        f"  {mid['per_second']:.0f} handshakes/s (rounds: {spread}); "
        f"one takes {mid['p50_ms']:.0f} ms, 95 % at most {mid['p95_ms']:.0f} ms",
        f"  {servers:.2f} ms CPU a handshake: Django under Granian {mid['app']:.2f}, "
        f"PostgreSQL {mid['database']:.2f}, Valkey {mid['redis']:.2f} "
        f"(and {mid['load']:.2f} for the load generator)",
    ]


def _round(port: int, pids: tuple[int, int, int]) -> Round:
    before = [cpu_ms(pid) for pid in pids]
    figures = _load(port, SECONDS)
    done = figures["handshakes"]
    app, database, redis = (
        (cpu_ms(pid) - was) / done for pid, was in zip(pids, before, strict=True)
    )
    return Round(
        per_second=done / figures["seconds"],
        p50_ms=figures["p50_ms"],
        p95_ms=figures["p95_ms"],
        app=app,
        database=database,
        redis=redis,
        load=figures["cpu_ms"] / done,
    )


def _load(port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, str(HERE / "load.py"), str(port), str(seconds), str(AT_ONCE)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(said.stderr)
    figures: dict[str, float] = json.loads(said.stdout)
    return figures


@contextmanager
def _serving() -> Iterator[tuple[int, int]]:
    port = free_port()
    server = spawn(
        [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
            *("--workers", str(WORKERS), "--blocking-threads", str(THREADS)),
            *("--working-dir", ROOT, "benchmarks.sessionsync.wsgi:application"),
        ],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.sessionsync.settings"},
    )
    try:
        _wait_for(port)
        yield port, server.pid
    finally:
        end_process(server)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            _load(port, 0.2)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def cpu_ms(pid: int) -> float:
    """CPU milliseconds of a process, of those it started, and of those of them that ended."""
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = stat.parent.name, stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(rest[1]), []).append(int(number))
        ticks[int(number)] = sum(map(int, rest[11:15]))
    total, ahead = 0, [pid]
    while ahead:
        each = ahead.pop()
        total += ticks.get(each, 0)
        ahead += children.get(each, [])
    return 1000 * total / TICKS

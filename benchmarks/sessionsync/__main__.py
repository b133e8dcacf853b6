"""Starts PostgreSQL and Valkey, measures, prints. Takes about two minutes.

python -m benchmarks.sessionsync [counts]
"""

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import django

from shop.ops.services import Postgres, Valkey


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> None:
    postgres, valkey = Postgres(), Valkey(Path(tempfile.mkdtemp(prefix="galleria-bench-")))
    try:
        postgres.start()
        valkey.start()
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = postgres.url, valkey.url
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.sessionsync.settings"
        django.setup()
        measure(postgres, valkey, only_counts="counts" in sys.argv[1:])
    finally:
        valkey.stop()
        shutil.rmtree(valkey.folder, ignore_errors=True)
        postgres.stop()


def measure(postgres: Postgres, valkey: Valkey, *, only_counts: bool) -> None:
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from benchmarks.sessionsync import handshakes, requests_cost

    call_command("migrate", verbosity=0)
    say(
        f"Python {platform.python_version()}, Django {django.get_version()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "",
        *requests_cost.measure(times=not only_counts),
        "",
        "One handshake (a page on a sub-site, read with the shared session)",
    )
    setup_test_environment()
    say(*handshakes.count())
    if only_counts:
        return
    assert postgres.process is not None
    assert valkey.pid is not None
    say(
        "",
        f"Handshakes, {handshakes.AT_ONCE} at a time under Granian "
        f"({handshakes.WORKERS} workers of {handshakes.THREADS} threads), "
        f"median of {handshakes.ROUNDS} rounds of {handshakes.SECONDS:.0f} s",
        *handshakes.time_them(postgres.process.pid, valkey.pid),
        "  To beat: OpenID Connect sign-on on such a machine: 8 requests, 25 ms CPU, 65/s",
    )


if __name__ == "__main__":
    main()

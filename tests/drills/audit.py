"""`make audit-trial`: many clean orders, and an audit that must find nothing in them.

python -m tests.drills.audit [--orders 10000] [--seed 1] [--processes 2]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from random import Random

import django

from shop.ops.services import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Make the orders, audit a tenth of them, then all. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="make audit-trial")
    parser.add_argument("--orders", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="the same number, the same wishes")
    parser.add_argument("--processes", type=int, default=2, help="that make orders (default: 2)")
    options = parser.parse_args()
    if min(options.orders, options.processes) < 1:
        parser.error("at least one order and one process are expected")
    with tempfile.TemporaryDirectory(prefix="galleria-audit-") as folder:
        postgres, valkey = Postgres(), Valkey(Path(folder) / "valkey")
        try:
            postgres.start()
            valkey.start()
            os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = postgres.url, valkey.url
            os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings.test"
            os.environ["LOG_LEVEL"] = "ERROR"
            django.setup()
            return _trial(options.orders, options.seed, options.processes)
        finally:
            valkey.stop()
            postgres.stop()


def _trial(orders: int, seed: int, processes: int) -> int:
    from django.core.management import call_command
    from django.db import connections

    from orders.models import Order
    from shop.audit.models import Entry
    from tests.drills.checkout.goods import open_shops

    call_command("migrate", verbosity=0)
    open_shops(orders, Random(seed))  # noqa: S311 - no secret
    connections.close_all()
    began = time.monotonic()
    fork = get_context("fork")
    share = -(-orders // processes)
    workers = [
        fork.Process(target=_shop, args=(f"{seed}:{number}", min(share, orders - share * number)))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        _say("Not all orders could be made.")
        return 1
    _say(
        f"{Order.objects.count():,} orders, {Entry.objects.count():,} entries in their trails, "
        f"made in {time.monotonic() - began:.0f} s."
    )
    tenth = Order.objects.order_by("-placed_at")[max(0, orders // 10 - 1)]
    bad = _audit("--since", tenth.placed_at.isoformat()) or _audit()
    return 1 if bad else 0


def _shop(seed: str, orders: int) -> None:
    """Let shoppers come until there are so many orders."""
    from orders.trial.traffic import Traffic

    traffic = Traffic(Random(seed))  # noqa: S311 - no secret
    while orders > 0:
        orders -= traffic.one() is not None


def _audit(*arguments: str) -> int:
    """Run the command as it is run every night; tell what it said, took and held."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "audit_orders", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read().strip()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts kilobytes here, macOS bytes.
    megabytes = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    _say(
        f"audit_orders: {said}",
        f"  {time.monotonic() - began:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} s of CPU, "
        f"{megabytes:.0f} MB at most",
    )
    return process.returncode


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

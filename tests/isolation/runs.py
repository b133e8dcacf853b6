"""One run: open the shop, let everybody in, search everything, say what was found."""

import os
import subprocess
import sys
import time
from collections import Counter

from tests.isolation import crowd
from tests.isolation.kept import search_all
from tests.isolation.people import Person
from tests.isolation.plants import PLANTS
from tests.isolation.watching import Watch
from tests.isolation.world import ROOT, THREADS, WORKERS, Serving, World

SHOWN = 5
"""Examples that are printed of one kind."""
NEEDED = ("orders of guests", "orders of customers", "sign-ins", "log-ins by the API")
"""Without one of each of these a run has proven nothing."""


def say(*lines: str) -> None:
    """Print lines at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def prove(number: int, seconds: float, *, asgi: bool) -> int:
    """No leak among so many people in so many seconds; prints figures, returns the exit status."""
    everybody = crowd.people(number)
    began = time.monotonic()
    with World(everybody) as world, world.serving("plain", asgi=asgi) as shop:
        say(f"{_machine(asgi)}: {number} people, {seconds:.0f} s, {crowd.CONNECTIONS} connections")
        watch = run(shop, everybody, seconds)
        for needed in NEEDED:
            watch.expect(watch.done[needed] > 0, f"nobody did this: {needed}")
        audited = _audit(shop)
        watch.expect(audited.returncode == 0, f"audit_orders: {audited.stdout}{audited.stderr}")
    say(*report(watch), f"{time.monotonic() - began:.0f} s in all")
    return 1 if watch.leaks or watch.wrong else 0


def prove_plants(names: list[str], number: int, seconds: float, *, asgi: bool) -> int:
    """Each planted leak is found; prints where, returns 1 if one was missed."""
    everybody = crowd.people(number)
    began, missed = time.monotonic(), 0
    with World(everybody) as world:
        say(f"{_machine(asgi)}: {number} people, {seconds:.0f} s for each planted leak")
        for name in names:
            with world.serving(f"plant_{name}", plant=name, asgi=asgi) as shop:
                watch = run(shop, everybody, seconds, first_leak=True)
            places = Counter(leak.place for leak in watch.leaks)
            found = ", ".join(f"{place} {times}" for place, times in places.most_common())
            say(f"  {PLANTS[name].what + ':':50} {found or 'MISSED'}")
            missed += not places
    say(f"{len(names) - missed} of {len(names)} found, {time.monotonic() - began:.0f} s in all")
    return 1 if missed else 0


def run(
    shop: Serving, everybody: list[Person], seconds: float, *, first_leak: bool = False
) -> Watch:
    """Let them shop, then search; returns what was seen. first_leak: until one shows."""
    watch = Watch()
    crowd.let_them_shop(shop, everybody, seconds, watch, first_leak=first_leak)
    search_all(shop, watch)
    return watch


def report(watch: Watch) -> list[str]:
    """What was done, what was searched, and what was found."""
    done = ", ".join(f"{times} {what}" for what, times in sorted(watch.done.items()))
    statuses = ", ".join(f"{times} × {status}" for status, times in sorted(watch.statuses.items()))
    lines = [f"  {number:>10,}  {what}" for what, number in watch.figures.items()]
    lines += [f"  done: {done}", f"  answers: {statuses}"]
    if watch.troubles:
        lines.append(f"  visits that ended early: {len(watch.troubles)}")
        lines += [f"    {each[:200]}" for each in watch.troubles[:SHOWN]]
    places = Counter(leak.place for leak in watch.leaks)
    for place, times in places.most_common():
        lines.append(f"  LEAK: {place}, {times} times")
        shown = [leak for leak in watch.leaks if leak.place == place][:SHOWN]
        lines += [f"    {leak.what}: {', '.join(sorted(leak.marks))}" for leak in shown]
    lines += [f"  WRONG: {each[:1000]}" for each in watch.wrong[: 2 * SHOWN]]
    if len(watch.wrong) > 2 * SHOWN:
        lines.append(f"  … and {len(watch.wrong) - 2 * SHOWN} more that are wrong")
    return [*lines, f"  foreign marks found: {len(watch.leaks)}; wrong: {len(watch.wrong)}"]


def _machine(asgi: bool) -> str:
    how = "ASGI" if asgi else f"WSGI, {THREADS} threads each"
    return f"Granian ({WORKERS} workers, {how}) behind nginx, {os.cpu_count()} cores"


def _audit(shop: Serving) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "audit_orders"],
        cwd=ROOT,
        env=shop.environment,
        capture_output=True,
        text=True,
        check=False,
    )

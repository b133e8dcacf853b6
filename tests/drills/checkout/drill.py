"""The drill itself: shoppers come, processes die, what is left open is settled, all is counted."""

import itertools
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections
from django.db.models import Sum
from django.utils import timezone

from orders import cancelling, fulfilment, lifecycle, returns
from orders.models import Order
from orders.payment import services as payments
from shop.audit.actors import system
from shop.stock.models import Reservation
from tests.drills.checkout import books
from tests.drills.checkout.browser import Notes
from tests.drills.checkout.goods import Thing, open_shops
from tests.drills.checkout.shoppers import Plan, Shopper
from tests.drills.checkout.stack import ROOT, Stack

BY = system("drill")
MESSAGE_ID = re.compile(r"^Message-ID:\s+(<[^>]+>)", re.MULTILINE)
KILLS = {"web": (0.25, 0.65), "worker": (0.45,)}
"""After which parts of all orders a process of the web server, and the worker, is killed."""
BETWEEN_KILLS = 5.0
"""Seconds: Granian gives up where one process dies on the heels of another."""


class Drill:
    """One run. orders: how many are to be placed; at_once: shoppers at the same time."""

    def __init__(self, stack: Stack, orders: int, seed: int, at_once: int) -> None:
        self.stack, self.orders, self.seed, self.at_once = stack, orders, seed, at_once
        self.notes = Notes()
        self.things: list[Thing] = []
        self.plans: list[Plan] = []
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.killed: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._placed = 0

    def say(self, *lines: str) -> None:
        """Tell whoever watches."""
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()

    def prepare(self, random: Random) -> None:
        """Build the shops and start the servers."""
        call_command("migrate", verbosity=0)
        self.things = open_shops(self.orders, random)
        connections.close_all()
        self.stack.serve()
        self.say(
            f"{self.orders} orders on 4 sites, {self.at_once} shoppers at a time, "
            f"seed {self.seed}; {self.stack.workers} web processes of {self.stack.threads} threads."
        )

    def shop(self) -> None:
        """Let shoppers come until there are enough orders, and processes die meanwhile."""
        began = time.monotonic()
        threads = [threading.Thread(target=self._queue) for _ in range(self.at_once)]
        for thread in threads:
            thread.start()
        self._kill_now_and_then(threads)
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        self.say(f"Shopping took {took:.0f} seconds, {self._placed / took:.1f} orders a second.")

    def settle_and_count(self) -> list[str]:
        """Let staff and the commands by the clock finish, then count. Returns what is wrong."""
        self._staff()
        self._rest()
        self._let_time_pass()
        # What a gateway says of being called off comes by the worker: so there is a second round.
        for _round in range(2):
            self._manage("reconcile_payments", "--older-than", "0")
            self._manage("release_reservations")
            self._manage("send_outbox")
            self._rest()
        self.wrong += self.notes.errors
        self._manage("audit_orders")
        with (
            psycopg.connect(self.stack.postgres.url) as shop,
            psycopg.connect(self.stack.gateway_database) as gateway,
        ):
            known = books.Known(
                stock={each.variant: each.stock for each in self.things},
                orders={plan.email: plan.orders for plan in self.plans},
                sent=self._arrived(),
                kills=self.killed["worker"],
            )
            self.wrong += books.disagreements(_asking(shop), _asking(gateway), known)
            self._tell(books.tally(_asking(shop), _asking(gateway)))
            [(deadlocks,)] = _asking(shop)("SELECT sum(deadlocks) FROM pg_stat_database")
            if deadlocks:
                self.wrong.append(f"database: {deadlocks} deadlocks")
        self.say(*self.wrong[:40])
        self.say(
            f"{len(self.wrong)} DISAGREEMENTS."
            if self.wrong
            else "Money, stock, orders, payments, trails, vouchers and mails agree."
        )
        return self.wrong

    def _queue(self) -> None:
        """One shopper after the other."""
        while True:
            with self._lock:
                if self._placed >= self.orders:
                    return
                plan = Plan.draw(self.seed, next(self._numbers), self.things)
                self.plans.append(plan)
                # Counted beforehand, so that not too many come at the end.
                self._placed += 1
            try:
                outcome = Shopper(plan, self.stack.port, self.notes).visit()
            except Exception as error:  # noqa: BLE001 - every way to fail is to be told
                outcome = "failed"
                self.wrong.append(f"shopper {plan.number}, who {plan.end}: {error!r}")
            with self._lock:
                self.outcomes[outcome] += 1
                if outcome.startswith("could not order"):
                    self._placed -= 1

    def _kill_now_and_then(self, threads: list[threading.Thread]) -> None:
        due = sorted((part * self.orders, what) for what, parts in KILLS.items() for part in parts)
        last = 0.0
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.02)
            self.stack.revive()
            now = time.monotonic()
            if not due or self._placed < due[0][0] or now < last + BETWEEN_KILLS:
                continue
            last = now
            _when, what = due.pop(0)
            kill = self.stack.kill_web_worker if what == "web" else self.stack.kill_worker
            pid = kill()
            self.killed[what] += 1
            self.say(f"Killed process {pid} ({what}) at about {self._placed} orders.")

    def _staff(self) -> None:
        """Some orders are cancelled and paid back, some sent, and some of those come back.

        Of some, paid or not, one piece will not be sent.
        """
        placed = Order.objects.filter(status="placed").order_by("pk")
        paid = placed.filter(payment_status="paid")
        few = max(1, self.orders // 25)
        cancelled, sent, returned = (list(paid[few * n : few * (n + 1)]) for n in range(3))
        several = placed.alias(pieces=Sum("lines__quantity")).filter(pieces__gt=1)
        some = [each.pk for each in (*cancelled, *sent, *returned)]
        shortened = [
            *several.filter(payment_status="paid").exclude(pk__in=some)[:few],
            *several.filter(payment_status="awaiting")[:few],
        ]
        for order in cancelled:
            lifecycle.cancel(order, by=BY)
            payments.give_back(order, by=BY)
        for order in [*sent, *returned]:
            fulfilment.fulfil(order, by=BY)
        for order in returned:
            line = order.lines.order_by("pk")[0]
            back = returns.announce(order, {line.pk: 1}, by=BY)
            returns.pay_back(returns.receive(back, by=BY), by=BY)
        for number, order in enumerate(shortened):
            line = order.lines.order_by("pk")[0]
            gone = cancelling.cancel_lines(
                order, {line.pk: 1}, by=BY, key="drill", reason="damaged", restock=number % 2 == 0
            )
            cancelling.pay_back(gone, by=BY)

    def _rest(self) -> None:
        """Wait until both workers have nothing to do: a minute at most."""
        deadline = time.monotonic() + 60
        idle = (
            "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'READY' "
            "AND (run_after IS NULL OR run_after <= now())"
        )
        for address in (self.stack.gateway_database, self.stack.postgres.url):
            with psycopg.connect(address, autocommit=True) as connection:
                if address == self.stack.gateway_database:
                    # A late message is late enough by now.
                    connection.execute(
                        "UPDATE sandbox_pay_message SET due_at = now() WHERE due_at > now()"
                    )
                    connection.execute(
                        "UPDATE sandbox_pay_sandboxpayment SET decides_at = now() "
                        "WHERE decides_at > now()"
                    )
                    connection.execute(
                        "UPDATE django_tasks_database_dbtaskresult SET run_after = now() "
                        "WHERE status = 'READY' AND run_after > now()"
                    )
                while _asking(connection)(idle) != [(0,)]:
                    if time.monotonic() > deadline:
                        self.wrong.append("a worker has not come to an end")
                        return
                    time.sleep(0.1)

    def _let_time_pass(self) -> None:
        """An hour later, for whatever waits for that: time to pay is over, claims have run out."""
        over = timezone.now() - timedelta(seconds=1)
        Order.objects.filter(status="pending").update(expires_at=over)
        Reservation.objects.filter(state="open").update(until=over)
        with psycopg.connect(self.stack.postgres.url) as connection:
            connection.execute(
                "UPDATE mailing_outgoingmail SET due_at = now() WHERE state = 'sending'"
            )

    def _manage(self, *arguments: str) -> None:
        """Run a command as cron does; its last line is told, a bad end is a disagreement."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = [*done.stdout.strip().splitlines(), *done.stderr.strip().splitlines()]
        self.say(f"{arguments[0]}: {said[-1] if said else 'nothing'}")
        if done.returncode:
            self.wrong += [f"{arguments[0]} ended with {done.returncode}:", *said[-30:]]

    def _arrived(self) -> dict[str, int]:
        """How often each mail came to its mailbox."""
        # A file may hold several: Django names it by the second and by an object's address.
        files = (self.stack.folder / "mails").glob("*.log")
        return Counter(name for file in files for name in MESSAGE_ID.findall(file.read_text()))

    def _tell(self, figures: list[tuple[str, str]]) -> None:
        counts = self.notes.counts
        rows = [
            *((f"shopper {what}", str(count)) for what, count in sorted(self.outcomes.items())),
            ("requests", f"{counts['requests']:,}"),
            ("connections cut", str(counts["connections cut"])),
            ("forms sent twice at once", str(counts["forms sent twice at once"])),
            *figures,
        ]
        self.say("", *(f"{number:>12}  {name}" for name, number in rows), "")


def _asking(connection: psycopg.Connection[Any]) -> Callable[..., list[tuple[Any, ...]]]:
    def ask(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return connection.execute(sql, parameters or None).fetchall()

    return ask

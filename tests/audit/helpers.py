"""Trails for the tests, and hands that reach past the shop's own code into the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from shop.audit import trail
from shop.audit.actors import Actor
from shop.audit.guards import TRIGGERS
from shop.audit.models import Entry

GUEST = Actor("guest", "session", storefront="apparel", session="abc123", request_id="r-1")


def write(name: str, *actions: str) -> list[Entry]:
    """Add entries to a trail, each in a transaction of its own."""
    entries = []
    for action in actions:
        with transaction.atomic():
            entries.append(trail.record(name, action, GUEST, step=action))
    return entries


@contextmanager
def unguarded() -> Iterator[None]:
    """Let the trail be tampered with, as one may who can drop triggers."""
    TRIGGERS.uninstall(connection)
    try:
        yield
    finally:
        TRIGGERS.install(connection)


def run(statement: str, *values: str | int) -> None:
    """Run SQL."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)

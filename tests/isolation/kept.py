"""What is left when everybody has gone: logs, caches, rows, mails; searched for marks.

What may hold a mark, and why:

| where | whose |
| --- | --- |
| logs | nobody's, in no line |
| nginx's cache | nobody's, but for words in the entry's own address, `?q=…`: they were asked for |
| Redis: a copy of a session | of whom is signed in there, or of one guest |
| Redis: a POST kept for a handshake, and where that leads back to | of one person |
| Redis: suggestions for a word | of one person: they lie under the word's own digest |
| a row | of one person, and with it every row that it points to, as far as foreign keys lead |
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg.sql import SQL, Identifier

from tests.isolation.searching import marks_in
from tests.isolation.watching import Watch
from tests.isolation.world import Serving

SESSION_COPY = re.compile(rb"sessionsync:session:")
ON_THE_WAY = re.compile(rb"sessionsync:(?:pending|code|return):")
SUGGESTIONS = re.compile(rb"catalogue:suggestions:")

ORDERS_CART = ("orders_order", "cart_id")
"""It does not say whose an order is: goods of one that comes to nothing go back to that cart. A
guest's cart becomes a part of the customer's who signs in in the same browser afterwards, and their
orders follow (`orders.checkout.entries.follow_cart`)."""

type Rows = dict[str, list[dict[str, Any]]]


def search_all(shop: Serving, watch: Watch) -> None:
    """Search everything that was kept; the shop may still be open."""
    search_logs(shop.logs, watch)
    search_nginx(shop.cache, watch)
    with psycopg.connect(shop.database) as connection:
        rows = dict(_tables(connection))
        search_rows(rows, _foreign_keys(connection), watch)
    owners = {str(row["id"]): row["email"].partition("@")[0] for row in rows["accounts_user"]}
    _search_redis(redis.Redis.from_url(shop.redis), owners, watch)
    shop.mailbox.search(watch)
    check_orders(rows["orders_order"], owners, watch)


def search_logs(logs: dict[str, Path], watch: Watch) -> None:
    """No line of any log, by its name, holds a mark."""
    for name, path in logs.items():
        for line in path.read_bytes().splitlines():
            watch.count("log lines")
            if marks := marks_in(line):
                watch.leak(f"log of {name}", line.decode(errors="replace")[:300], marks)


def search_nginx(folder: Path, watch: Watch) -> None:
    """No entry holds a mark that is not in its own address."""
    for path in folder.rglob("*"):
        if path.is_file():
            entry = path.read_bytes()
            address = re.search(rb"\nKEY: (.*)\n", entry)
            key = address[1] if address else b""
            watch.count("entries of nginx's cache")
            if marks := marks_in(entry) - marks_in(key):
                watch.leak("nginx's cache", key.decode().partition("?")[0], marks)


def _search_redis(client: redis.Redis, owners: dict[str, str], watch: Watch) -> None:
    for key in client.scan_iter(count=1000):
        value = _value(client, key)
        watch.count("entries of Redis")
        marks = marks_in(key + b"\n" + value)
        if marks and not may_hold(key, value, marks, owners):
            watch.leak("Redis", re.sub(r"[\w.-]{20,}", "…", key.decode()), marks)


def _value(client: Any, key: bytes) -> bytes:
    kind = client.type(key)
    if kind == b"string":
        return bytes(client.get(key) or b"")
    if kind == b"zset":
        return b"\n".join(client.zrange(key, 0, -1))
    if kind == b"hash":
        return b"\n".join(part for pair in client.hgetall(key).items() for part in pair)
    if kind == b"list":
        return b"\n".join(client.lrange(key, 0, -1))
    return b"\n".join(client.smembers(key)) if kind == b"set" else b""


def may_hold(key: bytes, value: bytes, marks: frozenset[str], owners: dict[str, str]) -> bool:
    """Whether an entry of Redis may hold these marks. owners: marks by the accounts' numbers."""
    if len(marks) > 1:
        return False
    if SESSION_COPY.search(key):
        signed_in = json.loads(value[value.index(b"{") :])["principal"]
        return not signed_in or {owners.get(signed_in)} == marks
    return bool(ON_THE_WAY.search(key) or SUGGESTIONS.search(key))


# --- Rows --------------------------------------------------------------------------------------


def _tables(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (name,) in found.fetchall():
        cursor = connection.execute(SQL("SELECT * FROM {}").format(Identifier(name)))
        columns = [column.name for column in cursor.description or ()]
        yield name, [dict(zip(columns, row, strict=True)) for row in cursor]


def _foreign_keys(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[str, str, str]]]:
    """By table: column, and the table and column it points to. A session's owner is one of them."""
    keys: dict[str, list[tuple[str, str, str]]] = {
        "sessionsync_session": [("principal", "accounts_user", "id")]
    }
    found = connection.execute(
        "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname "
        "FROM pg_constraint c "
        "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
        "JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1] "
        "WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1"
    )
    for table, column, target, target_column in found.fetchall():
        if (table, column) == ORDERS_CART:
            continue
        keys.setdefault(table, []).append((column, target, target_column))
    return keys


def search_rows(rows: Rows, keys: dict[str, list[tuple[str, str, str]]], watch: Watch) -> None:
    """No row may be tied to two people, by itself and all that it points to.

    rows: by table. keys: what `_foreign_keys` returns.
    """
    targets = {(table, column) for pairs in keys.values() for _, table, column in pairs}
    by_key = {
        (table, column): {str(row[column]): row for row in rows[table]} for table, column in targets
    }
    known: dict[int, frozenset[str]] = {}

    def people_of(table: str, row: dict[str, Any]) -> frozenset[str]:
        if id(row) not in known:
            known[id(row)] = people = marks_in(_bytes_of(row))
            for column, target, target_column in keys.get(table, ()):
                pointed_to = by_key[target, target_column].get(str(row[column]))
                if pointed_to is not None:
                    people |= people_of(target, pointed_to)
            known[id(row)] = people
        return known[id(row)]

    for table, all_of_it in rows.items():
        for row in all_of_it:
            watch.count("rows")
            if len(marks := people_of(table, row)) > 1:
                watch.leak("row", f"{table} {row.get('id', '')}", marks)


def _bytes_of(row: dict[str, Any]) -> bytes:
    return b"\n".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for value in row.values()
        if value is not None
    )


def check_orders(orders: list[dict[str, Any]], owners: dict[str, str], watch: Watch) -> None:
    """Each order is theirs who placed it; a guest's is nobody's."""
    known = {order["token"]: order for order in orders}
    known |= {f"order_{order['public_id']}": order for order in orders}
    for placed in watch.ordered:
        order = known.get(placed.reference)
        if order is None:
            watch.expect(False, f"order {placed.reference} is gone")
            continue
        owner = owners.get(str(order["customer_id"])) if order["customer_id"] else None
        expected = placed.person.mark if placed.signed_in else None
        watch.count("orders looked up")
        watch.expect(
            owner == expected, f"order {order['number']} belongs to {owner}, not to {expected}"
        )
        watch.expect(
            order["email"] == placed.person.email, f"order {order['number']} has another's e-mail"
        )

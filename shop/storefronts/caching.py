"""The rows of all storefronts, kept in Django's cache.

Two entries, fetched in one round trip: the rows, and the generation they were read in. A change
replaces the generation, so that a reader who was slower than the change, and writes old rows into
the cache after it, is not believed. When the cache cannot be reached the database is asked.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

ROWS = "storefronts:rows"
GENERATION = "storefronts:generation"
LIFETIME = 300
"""Seconds; bounds how long a change can go unseen when the cache was down as it was made."""

type Row = dict[str, Any]

CACHE_FAILURES = (RedisError, ConnectionInterrupted, OSError)

_request_rows: ContextVar[list[list[Row]] | None] = ContextVar("storefront_rows", default=None)


@contextmanager
def one_look_up() -> Iterator[None]:
    """Within this block, a request's, the rows are looked up once."""
    token = _request_rows.set([])
    try:
        yield
    finally:
        _request_rows.reset(token)


def remembered_rows() -> list[Row] | None:
    """The rows this request has looked up before; None where it has not."""
    found = _request_rows.get()
    return found[0] if found else None


def remember_rows(rows: list[Row]) -> None:
    """Keep the rows for the rest of this request."""
    found = _request_rows.get()
    if found is not None:
        found[:] = [rows]


def cached_rows() -> tuple[list[Row] | None, str | None]:
    """The cached rows (None: read them) and the generation to store new ones under.

    The generation is None where nothing must be stored: the cache is out of reach, or a
    transaction is open, which may see rows that others must not.
    """
    if transaction.get_connection().in_atomic_block:
        return None, None
    try:
        found = cache.get_many([ROWS, GENERATION])
        generation = found.get(GENERATION)
        if generation is None:
            cache.add(GENERATION, secrets.token_hex(8), timeout=None)
            return None, cache.get(GENERATION)
    except CACHE_FAILURES:
        logger.warning("storefronts: the cache is out of reach, asking the database")
        return None, None
    stored: tuple[str, list[Row]] | None = found.get(ROWS)
    if stored is None or stored[0] != generation:
        return None, generation
    return stored[1], generation


def store_rows(rows: list[Row], generation: str | None) -> None:
    """Cache rows that were read after `cached_rows` gave this generation."""
    if generation is None:
        return
    try:
        cache.set(ROWS, (generation, rows), timeout=LIFETIME)
    except CACHE_FAILURES:
        logger.warning("storefronts: the cache is out of reach, nothing stored")


def forget_rows() -> None:
    """Make every process read the rows anew. Called when a change has been committed."""
    try:
        cache.set(GENERATION, secrets.token_hex(8), timeout=None)
    except CACHE_FAILURES:
        logger.error(
            "storefronts: the cache is out of reach, a change may go unseen for %s s", LIFETIME
        )


def forget_rows_on_commit() -> None:
    """Forget the rows once the open transaction is committed; at once where none is open."""
    found = _request_rows.get()
    if found:
        found.clear()
    transaction.on_commit(forget_rows)

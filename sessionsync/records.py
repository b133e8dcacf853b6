"""Session rows as values, read through Redis; and where a token leads."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase

from sessionsync import store
from sessionsync.models import Session
from sessionsync.store import CodeRecord

BUSY = "busy"
"""Stands in for a copy while a transaction changes who owns what: readers go to the database."""
BUSY_AGE = 10
_ROW = f'SELECT * FROM {Session._meta.db_table} WHERE "key" = %s'  # noqa: S608 (our own name)
"""Raw, because building this query for every new visitor costs more than running it."""


class SessionCodec(SessionBase):
    """Writes session data as Django does: signed, so that a row cannot be made up."""

    @property
    def key_salt(self) -> str:
        """The same for every class that reads or writes the rows."""
        return "sessionsync.session"


@dataclass(frozen=True, slots=True)
class Record:
    """A session row as a value. `stored` is False for a token that has no row yet."""

    key: str
    state: str = Session.State.OPEN
    successor: str = ""
    version: int = 0
    data: str = ""
    principal: str = ""
    signed_in_at: float | None = None
    family: str = ""
    replaces: str = ""
    heir: str = ""
    heir_on: str = ""
    used_at: float = 0.0
    stored: bool = True

    @classmethod
    def of(cls, row: Session) -> "Record":
        """The value of a row."""
        return cls(
            key=row.key,
            state=row.state,
            successor=row.successor,
            version=row.version,
            data=row.data,
            principal=row.principal,
            signed_in_at=_timestamp(row.signed_in_at),
            family=row.family,
            replaces=row.replaces,
            heir=row.heir,
            heir_on=row.heir_on,
            used_at=_timestamp(row.used_at) or 0.0,
        )


def _timestamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def read(key: str) -> Record:
    """The record of a key: from Redis if it has one, else from the database."""
    try:
        copy = store.session_copy(key)
    except store.StoreUnavailable:
        copy = None
    return of_copy(key, copy)


def of_copy(key: str, copy: str | None) -> Record:
    """The record of a key whose copy, or its absence, has just been read from Redis."""
    if copy and copy != BUSY:
        return Record(**json.loads(copy))
    record = read_row(key)
    if copy is None and record.stored:
        write_copy(record)
    return record


def read_row(key: str) -> Record:
    """The record of a key, from the database."""
    row = next(iter(Session.objects.raw(_ROW, [key])), None)
    return Record.of(row) if row else Record(key=key, family=key, stored=False)


def write_copy(record: Record) -> None:
    """Tell Redis of a record that the database has."""
    store.put_session_copy(
        record.key, record.version, json.dumps(asdict(record), separators=(",", ":"))
    )


def mark_busy(record: Record) -> None:
    """Before a commit: no copy older than this record may be trusted, or written, from now on.

    If the process dies between the commit and telling Redis, the mark expires and readers find
    the truth in the database.
    """
    store.put_session_copy(record.key, record.version, BUSY, BUSY_AGE)


Reader = Callable[[str], Record]
"""`read`, `read_row`, or another that knows more of one key."""


def reader_with(code: CodeRecord, copy: str | None) -> Reader:
    """Reads the vouched session as Redis had it when the code was taken, others as ever.

    A token that had no row when the code was made has none now, if there is no copy of it: a
    Redis that still had the code would have a copy, or a mark, of what became of it since.
    """

    def read_with(key: str) -> Record:
        if key != code.token_key:
            return read(key)
        if copy is None and not code.has_row:
            return Record(key=key, family=key, stored=False)
        return of_copy(key, copy)

    return read_with


def end_of(key: str, read: Reader = read) -> Record:
    """The record of the session that a key ends at, open or retired."""
    record = read(key)
    while record.state == Session.State.LINKED:
        record = read(record.successor)
    return record


def follow(key: str, read: Reader = read) -> Record | None:
    """The record of the open session that a key ends at; None if it was retired."""
    record = end_of(key, read)
    return record if record.state == Session.State.OPEN else None

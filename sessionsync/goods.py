"""For apps whose rows belong to a session: hold it while you change them.

A merge moves a session's goods to another session. A writer that looked its session up before
the merge and writes after it would leave goods behind with a session nobody can reach any more.
So every write begins here, in the transaction that does the writing.
"""

from django.db import connection

from sessionsync.models import Session
from sessionsync.tokens import Token


class SessionGone(Exception):
    """The session was retired (a logout, a replacement): nothing may be put into it any more."""


def ensure_rows(keys: list[str]) -> None:
    """Give tokens that were never used a row to lock."""
    Session.objects.bulk_create(
        [Session(key=key, family=key) for key in keys], ignore_conflicts=True
    )


def lock_session(session_key: str) -> str:
    """Lock the session that a key ends at, and return that session's own key.

    Follows aliases, so the answer may differ from what was asked for. Call it inside a
    transaction; the lock is held until it ends. Raises SessionGone if the session was retired,
    ValueError if the key is none.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("lock_session() needs a transaction around it.")
    key = Token.from_key(session_key).key
    while True:
        ensure_rows([key])
        row = Session.objects.select_for_update().only("state", "successor").get(key=key)
        if row.state == Session.State.RETIRED:
            raise SessionGone
        if row.state == Session.State.OPEN:
            return key
        key = row.successor

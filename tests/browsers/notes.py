"""What a session owns here: notes, in a table of their own."""

from django.db import connection, transaction
from django.http import HttpRequest

from sessionsync.goods import lock_session


def write(request: HttpRequest, text: str) -> None:
    if not request.session.session_key:
        request.session.create()
    with transaction.atomic(), connection.cursor() as cursor:
        key = lock_session(request.session.session_key or "")
        cursor.execute("INSERT INTO note (session, text) VALUES (%s, %s)", [key, text])


def of(session: str | None) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM note WHERE session = %s ORDER BY id", [session])
        return [text for (text,) in cursor.fetchall()]


def merge(loser: str, winner: str) -> None:
    """The network's merge handler."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE note SET session = %s WHERE session = %s", [winner, loser])

from django.db import transaction

from sessionsync.goods import lock_session

from .models import Note


def move_notes(loser: str, winner: str) -> None:
    """The merge handler: what the first session owns goes to the second."""
    Note.objects.filter(session_key=loser).update(session_key=winner)


def write_note(session_key: str, text: str) -> None:
    """Write something down for the session that this key ends at."""
    with transaction.atomic():
        Note.objects.create(session_key=lock_session(session_key), text=text)

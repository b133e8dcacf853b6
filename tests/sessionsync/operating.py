"""What the tests of the operators' tools share."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sessionsync.fingerprints import fingerprint
from sessionsync.testing import SAFARI, Browser

from .conftest import ONE, TWO


def run(*words: str) -> str:
    """What `manage.py sessionsync …` prints."""
    out = StringIO()
    call_command("sessionsync", *words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> tuple[str, str]:
    """What a command that fails prints, and its reason."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("sessionsync", *words, stdout=out)
    return out.getvalue(), str(caught.value)


def make_handshakes() -> dict[str, str]:
    """Journeys with known figures; fingerprints by name.

    Chromium: two handshakes. Safari: one. Cookies off: one that stops. And a healing.
    """
    chromium, safari = Browser(), Browser(user_agent=SAFARI)
    first = chromium.open(f"https://{ONE}/page/").json()["session"]
    chromium.open(f"https://{TWO}/page/")
    safari.open(f"https://{ONE}/page/")
    Browser(refuses={"*"}).open(f"https://{ONE}/page/")
    chromium.open(f"https://{TWO}/page/?_st=aaaaaaaaaa")
    return {"chromium": fingerprint(first)}

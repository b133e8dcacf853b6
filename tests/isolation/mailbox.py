"""Everybody's mail, as the mail server got it."""

import email
import email.policy
import re
import time
from email.message import EmailMessage

from tests.isolation.browsing import Trouble
from tests.isolation.people import Person
from tests.isolation.searching import marks_in
from tests.isolation.watching import Watch
from tests.mailing.smtp import MailServer

PATIENCE = 20.0
"""Seconds that a mail is waited for."""


class Mailbox:
    """Reads what the server has received."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def link_for(self, person: Person, path: str) -> str:
        """The address below `path` in a mail to this person. Raises Trouble if none comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for body in list(self._server.received):
                if person.mark.encode() in body:
                    text = _parsed(body).get_body(("plain",))
                    found = re.search(rf"https://\S*{path}\S+", text.get_content() if text else "")
                    if found:
                        return found[0]
            time.sleep(0.2)
        raise Trouble(f"no mail with {path} came")

    def search(self, watch: Watch) -> None:
        """A mail names nobody but who gets it, in no part of it."""
        for body in self._server.received:
            mail = _parsed(body)
            to = marks_in(str(mail["To"]).encode())
            parts = [part.get_payload(decode=True) for part in mail.walk()]
            held = marks_in(b"\n".join([body, *(p for p in parts if isinstance(p, bytes))]))
            watch.count("mails")
            if foreign := held - to:
                watch.leak("mail", f"{mail['Subject']} to {mail['To']}", foreign)


def _parsed(body: bytes) -> EmailMessage:
    return email.message_from_bytes(body, policy=email.policy.default)

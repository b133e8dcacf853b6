"""Mails on the terminal, for the demo: what a reader would see, not what a mail server would."""

import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

LINE = "─" * 79


class ReadableConsoleBackend(BaseEmailBackend):
    """Prints the headers, the text part, and the names of what else there is."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Print them, each at once and whole. Returns how many."""
        for message in email_messages:
            sys.stdout.write(_shown(message))
            sys.stdout.flush()
        return len(email_messages)


def _shown(message: EmailMessage) -> str:
    headers = [
        f"From: {message.from_email}",
        f"To: {', '.join(message.to)}",
        f"Subject: {message.subject}",
    ]
    if isinstance(message, EmailMultiAlternatives) and message.alternatives:
        headers.append(f"Also as: {', '.join(str(part[1]) for part in message.alternatives)}")
    files = [file.get_filename() for file in message.message().iter_attachments()]
    if files:
        headers.append(f"Attached: {', '.join(str(name) for name in files)}")
    return "\n".join([LINE, *headers, "", str(message.body).rstrip(), LINE, ""])

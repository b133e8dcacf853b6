"""What operators run."""

import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from shop.mailing.models import OutgoingMail
from shop.mailing.services import Attachment
from tests.mailing.helpers import queue_one
from tests.mailing.smtp import MailServer

State = OutgoingMail.State
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


def said(command: str, **options: object) -> str:
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def test_send_outbox_sends_what_is_due_and_is_safe_twice(smtp: MailServer) -> None:
    # Given mails that wait, one of them for later, one left by a worker that was killed, and one
    # that the server refuses
    smtp.answers = {"nobody@example.com": "550 no such mailbox", "full@example.com": "452 full"}
    queue_one()
    left = queue_one()
    OutgoingMail.objects.filter(pk=left.pk).update(state=State.SENDING, attempts=1)
    queue_one(to="nobody@example.com")
    queue_one(to="full@example.com")
    later = queue_one()
    tomorrow = timezone.now() + timedelta(days=1)
    OutgoingMail.objects.filter(pk=later.pk).update(due_at=tomorrow)
    # When the command runs twice, without any worker
    first, second = said("send_outbox"), said("send_outbox")
    # Then it says what it did, and did it once
    assert first == "2 sent, 1 to be tried again, 1 given up; 2 wait for their time.\n"
    assert second == "0 sent, 0 to be tried again, 0 given up; 2 wait for their time.\n"
    assert len(smtp.received) == 2


def test_send_outbox_stops_where_there_is_no_mail_server(smtp: MailServer) -> None:
    # Given three mails and a mail server that has gone
    smtp.shutdown()
    smtp.server_close()
    for _number in range(3):
        queue_one()
    # When it runs, then it tries one, and says why it stops
    with pytest.raises(CommandError, match=r"^0 sent\. .*Connection refused\); 3 mails wait\.$"):
        said("send_outbox")
    assert OutgoingMail.objects.filter(attempts=0).count() == 2


def test_prune_outbox_says_what_it_does() -> None:
    queue_one()
    OutgoingMail.objects.update(state=State.FAILED, queued_at=timezone.now() - timedelta(days=91))
    assert said("prune_outbox", dry_run=True) == "1 mails older than 90 days would be deleted.\n"
    assert said("prune_outbox") == "1 mails older than 90 days deleted.\n"
    assert said("prune_outbox") == "0 mails older than 90 days deleted.\n"


@pytest.mark.parametrize("command", ["send_outbox", "prune_outbox"])
def test_each_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(command, "--help")
    assert "safe to r" in capsys.readouterr().out.lower().replace("\n", " ")


@pytest.mark.django_db(transaction=True)
def test_two_worker_processes_as_they_are_run_for_real() -> None:
    # Given ten mails
    pdf = Attachment("invoice.pdf", b"%PDF", "application/pdf")
    for number in range(10):
        queue_one(to=f"reader{number}@example.com", attachments=[pdf])
    # When two workers run beside each other, on the same database, with the demo's way to print
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.mailing.worker_settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    workers = [
        subprocess.Popen(
            [
                *(sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"),
                *("--queue-name", "*", "-v", "0"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(2)
    ]
    printed = "".join(worker.communicate(timeout=60)[0] for worker in workers)
    # Then each mail was printed once, with its text and the name of its file
    assert [worker.returncode for worker in workers] == [0, 0]
    for number in range(10):
        assert printed.count(f"To: reader{number}@example.com\n") == 1
    assert printed.count("Attached: invoice.pdf\n") == 10
    assert printed.count("Total Ada https://home.example Home en\n") == 10
    assert OutgoingMail.objects.filter(state=State.SENT, attempts=1).count() == 10
    assert DBTaskResult.objects.filter(status="SUCCESSFUL").count() == 10

"""Queued in the caller's transaction, sent once by one of many workers, tried again on failure."""

import logging
import smtplib
import threading
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template import TemplateDoesNotExist
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoAssertNumQueries, Settings

from shop.mailing import sending
from shop.mailing.models import OutgoingMail
from shop.mailing.sending import CLAIM, MOST_ATTEMPTS, deliver, message_of, wait_after
from shop.mailing.services import (
    Attachment,
    BadAddress,
    NotKept,
    StillOpen,
    prune,
    queue,
    send_again,
    sender_of,
)
from shop.storefronts.models import Storefront
from tests.factories import StorefrontFactory
from tests.mailing.helpers import queue_one, run_worker
from tests.mailing.smtp import MailServer

State = OutgoingMail.State
pytestmark = pytest.mark.django_db


def make_due(mail: OutgoingMail) -> None:
    """Let the time of its next attempt have come."""
    OutgoingMail.objects.filter(pk=mail.pk).update(due_at=timezone.now())


def facts(mail: OutgoingMail) -> tuple[str, int, str]:
    mail.refresh_from_db()
    return mail.state, mail.attempts, mail.last_error


# --- Queueing ----------------------------------------------------------------------------------


def test_a_mail_is_complete_when_it_is_queued() -> None:
    # Given a site
    home = StorefrontFactory(slug="home", name="Home")
    # When a mail is queued for a reader of Chinese
    mail = queue_one(language="zh-hans", storefront=home, context={"name": "Ada & <Bob>"})
    # Then both parts are rendered, in that language, and nothing has been sent
    assert "Ada & <Bob> https://home.example Home zh-hans\n" in mail.text
    assert "Ada &amp; &lt;Bob&gt; https://home.example" in mail.html
    assert (mail.state, mail.attempts, mail.sent_at) == (State.WAITING, 0, None)
    assert mail.sender == "Home <shop@galleria.localhost>"
    assert mail.message_id.endswith("@home.example>")
    assert django_mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_no_mail_and_no_task_without_the_callers_transaction() -> None:
    # Given a caller whose transaction fails after it queued a mail
    with transaction.atomic():
        queue_one()
        transaction.set_rollback(True)
    # Then the outbox is empty, and so is the worker's list
    assert not OutgoingMail.objects.exists()
    assert not DBTaskResult.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.example\nBcc: all@example.com",
        "a@b.example, c@d.example",
        "a b@c.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        queue_one(to=address)
    assert not OutgoingMail.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_template_that_is_missing_queues_nothing() -> None:
    with pytest.raises(TemplateDoesNotExist):
        queue_one(template="trial/nothing")
    assert not OutgoingMail.objects.exists()


def test_no_header_can_be_smuggled_in() -> None:
    # Given names with line breaks, and a shop with a comma and quotes in its name
    shop = Storefront(slug="x", name='Odd, "Shop"\r\nBcc: all@example.com', domain="x.example")
    shop.save()
    mail = queue_one(storefront=shop, context={"name": "Ada\r\nBcc: all@example.com\n\nBody"})
    # When it is written out
    written = message_of(mail).message().as_bytes()
    # Then it has one recipient, and the break is a space
    parsed = message_from_bytes(written, policy=policy.default)
    assert parsed["Bcc"] is None
    assert parsed["To"] == "ada@example.com"
    assert parsed["Subject"] == "Total Ada Bcc: all@example.com Body"
    [sender] = parsed["From"].addresses
    assert sender.display_name == 'Odd, "Shop" Bcc: all@example.com'
    assert sender.addr_spec == "shop@galleria.localhost"


def test_a_subject_does_not_grow_without_end() -> None:
    assert len(queue_one(context={"name": "x" * 5000}).subject) == 200


def test_a_chinese_shop_name_can_be_a_sender() -> None:
    assert sender_of(Storefront(name="首饰")) == "首饰 <shop@galleria.localhost>"


# --- Sending -----------------------------------------------------------------------------------


def test_the_worker_sends_it(smtp: MailServer) -> None:
    # Given a mail with a file
    pdf = Attachment("rechnung-ä.pdf", b"%PDF-1.7 \x00\xff", "application/pdf")
    mail = queue_one(attachments=[pdf], context={"name": "李雷"})
    # When the worker runs
    run_worker()
    # Then the mail server got it, complete
    [received] = smtp.received
    got = message_from_bytes(received, _class=EmailMessage, policy=policy.default)
    assert got["To"] == "ada@example.com"
    assert got["From"] == "Home <shop@galleria.localhost>"
    assert got["Subject"] == "Total 李雷"
    assert got["Message-ID"] == mail.message_id
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Content-Language"] == "en"
    text, html = got.get_body(("plain",)), got.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Total 李雷 https://home.example Home en" in text.get_content()
    assert "<p>Total 李雷 https://home.example</p>" in html.get_content()
    [file] = got.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (pdf.name, pdf.mimetype)
    assert file.get_content() == pdf.content
    # And the outbox says so
    assert facts(mail) == (State.SENT, 1, "")
    assert mail.sent_at is not None
    assert DBTaskResult.objects.get().status == "SUCCESSFUL"


def test_a_mail_is_sent_once_however_often_the_worker_is_told() -> None:
    mail = queue_one()
    assert [deliver(mail.pk), deliver(mail.pk)] == ["sent", "not due"]
    run_worker()
    assert len(django_mail.outbox) == 1
    assert deliver(mail.pk + 1) == "not due"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_one_mail_twice(smtp: MailServer) -> None:
    # Given twenty mails, and four workers that all begin with the same one
    mails = [queue_one(to=f"ada{number}@example.com") for number in range(20)]
    ready = threading.Barrier(4)
    outcomes: list[str] = []

    def work() -> None:
        ready.wait()
        try:
            outcomes.extend(deliver(mail.pk) for mail in mails)
        finally:
            connection.close()

    # When they work at the same time
    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # Then each mail went out once
    assert sorted(outcomes) == ["not due"] * 60 + ["sent"] * 20
    told = [message_from_bytes(text)["To"] for text in smtp.received]
    assert sorted(told) == sorted(mail.to for mail in mails)
    assert OutgoingMail.objects.filter(state=State.SENT, attempts=1).count() == 20


def test_a_claim_keeps_others_away_until_it_runs_out() -> None:
    # Given a worker that died while it was sending
    mail = queue_one()
    OutgoingMail.objects.filter(pk=mail.pk).update(
        state=State.SENDING, attempts=1, due_at=timezone.now() + CLAIM
    )
    # Then nobody else takes its mail at once
    assert deliver(mail.pk) == "not due"
    assert django_mail.outbox == []
    # But when the claim has run out, it goes out, under the name it had
    make_due(mail)
    assert deliver(mail.pk) == "sent"
    [message] = django_mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.extra_headers["Message-ID"] == mail.message_id
    assert facts(mail) == (State.SENT, 2, "")


def test_a_worker_that_slept_through_its_claim_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a worker that is so slow that another has taken its mail and failed with it
    mail = queue_one()

    def slow(*_args: object, **_options: object) -> int:
        OutgoingMail.objects.filter(pk=mail.pk).update(
            state=State.WAITING, attempts=2, last_error="the other's"
        )
        return 1

    monkeypatch.setattr(EmailMultiAlternatives, "send", slow)
    # When it comes to its end
    with caplog.at_level(logging.WARNING, "shop.mailing"):
        assert deliver(mail.pk) == "sent"
    # Then what the other has written stands, and the log says that there may be two
    assert facts(mail) == (State.WAITING, 2, "the other's")
    assert "took so long" in caplog.text


def test_sending_takes_the_same_few_queries_for_any_mail(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    mail = queue_one(attachments=[Attachment(f"{n}.txt", b"x", "text/plain") for n in range(5)])
    # Two for the claim, one for the attachments, one for the end; the rest is the transaction
    with django_assert_num_queries(6):
        deliver(mail.pk)


# --- Failing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("ada@example.com", "450 try later", "later"),
        ("ada@example.com", "550 no such mailbox", "failed"),
        ("MAIL", "550 not for you", "later"),
        ("DATA", "451 busy", "later"),
        ("END", "554 looks like spam", "failed"),
        ("END", "452 disk full", "later"),
    ],
)
def test_what_the_mail_server_says_decides(
    smtp: MailServer, command: str, answer: str, outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a server that refuses one mail
    smtp.answers = {command: answer}
    mail = queue_one()
    before = timezone.now()
    # When it is sent
    with caplog.at_level(logging.INFO):
        assert deliver(mail.pk) == outcome
    # Then it is given up, or waits a minute
    state, attempts, error = facts(mail)
    assert state == (State.FAILED if outcome == "failed" else State.WAITING)
    assert attempts == 1
    assert answer.split(maxsplit=1)[1] in error
    assert mail.sent_at is None
    waited = mail.due_at - before
    assert timedelta(seconds=59) < waited < timedelta(minutes=11)
    # And no log has the address
    assert "ada@example.com" not in caplog.text
    assert f"mail {mail.pk} (trial/hello) not sent, attempt 1" in caplog.text


def test_a_mail_that_failed_is_tried_again_by_itself(smtp: MailServer) -> None:
    # Given a mail that the server did not take
    smtp.answers = {"ada@example.com": "450 try later"}
    mail = queue_one()
    run_worker()
    assert facts(mail)[:2] == (State.WAITING, 1)
    # Then the worker has a task for later, and does not do it now
    again = DBTaskResult.objects.get(status="READY")
    assert again.run_after == mail.due_at
    assert again.args_kwargs["args"] == [mail.pk]
    run_worker()
    assert facts(mail)[:2] == (State.WAITING, 1)
    # When a minute has passed and the server takes it
    smtp.answers = {}
    make_due(mail)
    DBTaskResult.objects.filter(pk=again.pk).update(run_after=timezone.now())
    run_worker()
    # Then it is sent
    assert facts(mail) == (State.SENT, 2, "")
    assert len(smtp.received) == 1


def test_the_waits_double_up_to_six_hours() -> None:
    minutes = [wait_after(attempts) // timedelta(minutes=1) for attempts in range(1, 12)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert wait_after(10**6) == timedelta(hours=6)


def test_after_the_last_attempt_it_is_given_up(smtp: MailServer) -> None:
    smtp.answers = {"ada@example.com": "450 try later"}
    mail = queue_one()
    OutgoingMail.objects.update(attempts=MOST_ATTEMPTS - 1)
    assert deliver(mail.pk) == "failed"
    assert facts(mail)[:2] == (State.FAILED, MOST_ATTEMPTS)
    assert deliver(mail.pk) == "not due"


def test_a_poison_mail_keeps_no_other_from_going_out(
    smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given one mail that cannot even be written, between two good ones
    first = queue_one(to="first@example.com")
    poison = queue_one()
    OutgoingMail.objects.filter(pk=poison.pk).update(subject="two\nlines")
    last = queue_one(to="last@example.com")
    # When the worker runs
    run_worker()
    # Then the others are sent, and the poison is given up with its reason
    assert [facts(mail)[0] for mail in (first, poison, last)] == [
        State.SENT,
        State.FAILED,
        State.SENT,
    ]
    assert facts(poison)[2].startswith("ValueError: ")
    assert len(smtp.received) == 2


def test_an_error_nobody_thought_of_is_one_mails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_mail: OutgoingMail) -> EmailMultiAlternatives:
        raise KeyError("nul \0 and very long " + "x" * 1000)

    monkeypatch.setattr(sending, "message_of", fail)
    mail = queue_one()
    assert deliver(mail.pk) == "later"
    state, _attempts, error = facts(mail)
    assert state == State.WAITING
    assert error.startswith("KeyError: 'nul ")
    assert len(error) <= 500
    assert "\0" not in error


def test_no_mail_server_at_all(settings: Settings, smtp: MailServer) -> None:
    # Given a mail server that has gone away
    smtp.shutdown()
    smtp.server_close()
    mail = queue_one()
    # When a mail is sent, then it is the server's fault, and the mail waits
    assert deliver(mail.pk) == "unreachable"
    state, _attempts, error = facts(mail)
    assert (state, error) == (
        State.WAITING,
        "ConnectionRefusedError: [Errno 111] Connection refused",
    )


def test_a_wrong_password_is_no_fault_of_the_mail() -> None:
    assert not sending.is_final(smtplib.SMTPAuthenticationError(535, b"wrong"))
    assert not sending.is_unreachable(smtplib.SMTPAuthenticationError(535, b"wrong"))


# --- Again, and no more ------------------------------------------------------------------------


def test_staff_send_again_what_was_sent_under_a_new_name() -> None:
    mail = queue_one()
    run_worker()
    old_name = mail.message_id
    # When it is sent again
    send_again(mail)
    run_worker()
    # Then there are two, which no mailbox takes for one
    mail.refresh_from_db()
    assert mail.message_id != old_name
    assert mail.message_id.endswith("@home.example>")
    assert facts(mail) == (State.SENT, 1, "")
    assert len(django_mail.outbox) == 2


def test_staff_send_again_what_was_given_up() -> None:
    mail = queue_one()
    OutgoingMail.objects.update(state=State.FAILED, attempts=MOST_ATTEMPTS, last_error="550")
    send_again(mail)
    assert facts(mail) == (State.WAITING, 0, "")
    run_worker()
    assert facts(mail) == (State.SENT, 1, "")
    assert mail.message_id == queue_message_id(mail)


def queue_message_id(mail: OutgoingMail) -> str:
    """The name it went out under."""
    message = django_mail.outbox[-1]
    assert isinstance(message, EmailMultiAlternatives)
    return str(message.extra_headers["Message-ID"])


@pytest.mark.parametrize("state", [State.WAITING, State.SENDING])
def test_what_is_on_its_way_is_not_sent_again(state: str) -> None:
    mail = queue_one()
    OutgoingMail.objects.update(state=state, attempts=1)
    with pytest.raises(StillOpen):
        send_again(mail)
    assert facts(mail) == (state, 1, "")
    assert DBTaskResult.objects.count() == 1


def test_old_mails_are_deleted_and_open_ones_never(settings: Settings) -> None:
    settings.MAIL_KEEP_DAYS = 30
    old, new = timezone.now() - timedelta(days=31), timezone.now() - timedelta(days=29)
    file = [Attachment("a.txt", b"a", "text/plain")]

    def made(state: str, queued: object, sent: object = None) -> int:
        mail = queue_one(attachments=file)
        OutgoingMail.objects.filter(pk=mail.pk).update(state=state, queued_at=queued, sent_at=sent)
        return mail.pk

    gone = [made(State.SENT, old, old), made(State.FAILED, old)]
    kept = [
        made(State.SENT, new, new),
        made(State.SENT, old, new),  # sent again the other day
        made(State.FAILED, new),
        made(State.WAITING, old),
        made(State.SENDING, old),
    ]
    assert prune(dry_run=True) == 2
    assert OutgoingMail.objects.count() == 7
    assert prune() == 2
    assert prune() == 0
    assert set(OutgoingMail.objects.values_list("pk", flat=True)) == set(kept)
    assert not OutgoingMail.objects.filter(pk__in=gone).exists()


def test_queueing_takes_four_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    home = StorefrontFactory(slug="home")
    # Savepoint and its release, the mail, the task, and one for all files
    with django_assert_num_queries(4):
        queue(
            to="ada@example.com",
            template="trial/hello",
            context={},
            language="en",
            reference="",
            storefront=home,
            site_url="https://home.example",
        )


# --- Secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "state"), [("250 OK", State.SENT), ("550 no", State.FAILED)])
def test_a_secret_is_not_kept(smtp: MailServer, answer: str, state: str) -> None:
    # Given a mail with a link that is as good as a password
    smtp.answers = {"ada@example.com": answer}
    mail = queue_one(secret=True)
    assert mail.text != ""
    # When it has gone out, or was given up
    deliver(mail.pk)
    # Then nothing of it is left
    mail.refresh_from_db()
    assert (mail.state, mail.text, mail.html) == (state, "", "")
    assert [b"Total Ada" in each for each in smtp.received] == [True] * (state == State.SENT)
    # And nobody can have it sent again
    with pytest.raises(NotKept):
        send_again(mail)
    assert facts(mail)[0] == state


def test_a_secret_waits_with_its_text(smtp: MailServer) -> None:
    smtp.answers = {"ada@example.com": "450 later"}
    mail = queue_one(secret=True)
    deliver(mail.pk)
    mail.refresh_from_db()
    assert "Total Ada" in mail.text

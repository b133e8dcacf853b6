"""The outbox in the admin: seen, sent again, never rewritten."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from shop.mailing.models import OutgoingMail
from shop.mailing.services import Attachment
from tests.factories import NetworkFactory
from tests.mailing.helpers import queue_one, run_worker
from tests.staff import sign_in_staff

State = OutgoingMail.State
LIST = "/admin/mailing/outgoingmail/"
NO_FILES = {"attachments-TOTAL_FORMS": 0, "attachments-INITIAL_FORMS": 0}
PRESSED = {**NO_FILES, "mailing_outgoingmail_send_this_again": "1"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    """A browser of an administrator."""
    return sign_in_staff(NetworkFactory()["galleria"])


def test_staff_see_what_became_of_each_mail(staff: Client) -> None:
    # Given a mail that was given up, with a file
    mail = queue_one(attachments=[Attachment("invoice.pdf", b"%PDF", "application/pdf")])
    OutgoingMail.objects.update(state=State.FAILED, attempts=3, last_error="550 no such mailbox")
    # When staff look for it, by its reader and by what it is about
    for query in ("ada@example.com", "an-order", "Total"):
        assert "Total Ada" in staff.get(LIST, {"q": query}).content.decode()
    assert "Total Ada" not in staff.get(LIST, {"q": "bob@example.com"}).content.decode()
    # Then its page says what it said, and why it did not arrive
    page = staff.get(f"{LIST}{mail.pk}/change/").content.decode()
    for expected in ("https://home.example Home en", "550 no such mailbox", "invoice.pdf"):
        assert expected in page


def test_nobody_writes_rewrites_or_deletes_mails(staff: Client) -> None:
    mail = queue_one()
    before = OutgoingMail.objects.values().get()
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}{mail.pk}/delete/", {"post": "yes"}).status_code == 403
    changed = {**NO_FILES, "to": "eve@example.com", "subject": "x", "text": "x", "_save": "Save"}
    assert staff.post(f"{LIST}{mail.pk}/change/", changed).status_code == 302
    assert not LogEntry.objects.exists()
    assert OutgoingMail.objects.values().get() == before


def test_a_mail_is_sent_again_from_its_page(staff: Client) -> None:
    # Given a mail that was sent
    mail = queue_one()
    run_worker()
    # When staff press "Send again"
    assert (
        'name="mailing_outgoingmail_send_this_again"'
        in staff.get(f"{LIST}{mail.pk}/change/").content.decode()
    )
    answer = staff.post(f"{LIST}{mail.pk}/change/", PRESSED, follow=True)
    # Then it waits, and the log says who wanted it
    assert "The mail goes out again." in answer.content.decode()
    mail.refresh_from_db()
    assert mail.state == State.WAITING
    assert LogEntry.objects.get().change_message == "Sent again."
    # And pressing it again before it is sent does nothing
    again = staff.post(f"{LIST}{mail.pk}/change/", PRESSED, follow=True)
    assert "it is tried again by itself" in again.content.decode()


def test_many_are_sent_again_and_those_on_their_way_are_left(staff: Client) -> None:
    # Given one that was sent, one that was given up, and one that waits
    sent, failed, waiting = queue_one(), queue_one(), queue_one()
    OutgoingMail.objects.filter(pk=sent.pk).update(state=State.SENT, sent_at=sent.queued_at)
    OutgoingMail.objects.filter(pk=failed.pk).update(state=State.FAILED)
    # When all are chosen
    chosen = {"action": "send_chosen_again", "_selected_action": [sent.pk, failed.pk, waiting.pk]}
    answer = staff.post(LIST, chosen, follow=True).content.decode()
    # Then two go out again
    assert "2 mails go out again." in answer
    assert "it is tried again by itself" in answer
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {State.WAITING}


def test_a_secret_is_shown_to_nobody(staff: Client) -> None:
    mail = queue_one(secret=True, context={"name": "https://home.example/reset/abc"}, to="a@b.de")
    OutgoingMail.objects.update(subject="Choose a new password")
    page = staff.get(f"{LIST}{mail.pk}/change/").content.decode()
    assert "/reset/abc" not in page
    assert "This mail holds a link for its reader alone." in page


def test_who_may_only_look_cannot_send() -> None:
    # Given staff with the right to view
    main = NetworkFactory()["galleria"]
    client = sign_in_staff(main)
    user = User.objects.get(email="staff@example.com")
    user.is_superuser = False
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename="view_outgoingmail"))
    mail = queue_one()
    run_worker()
    assert client.get(f"{LIST}{mail.pk}/change/").status_code == 200
    # When they try, then nothing happens
    assert client.post(f"{LIST}{mail.pk}/change/", PRESSED).status_code == 403
    mail.refresh_from_db()
    assert mail.state == State.SENT


def test_a_long_list_costs_no_more(staff: Client) -> None:
    staff.get(LIST)
    counted = []
    for _round in range(2):
        for _number in range(10):
            queue_one()
        with CaptureQueriesContext(connection) as seen:
            staff.get(LIST)
        counted.append(len(seen))
    assert counted[0] == counted[1]

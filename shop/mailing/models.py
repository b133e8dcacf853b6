"""The outbox: mails as they were written, and what became of each."""

from typing import Self

from django.conf import settings
from django.core.mail import make_msgid
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.storefronts.models import Storefront


class OutgoingMails(models.QuerySet["OutgoingMail"]):
    """Mails by what is to be done about them."""

    def due(self) -> Self:
        """Those to be sent now, also what a sender that died has left claimed."""
        return self.filter(state__in=OutgoingMail.OPEN, due_at__lte=timezone.now())

    def open(self) -> Self:
        """Those that have neither gone out nor been given up."""
        return self.filter(state__in=OutgoingMail.OPEN)


class OutgoingMail(models.Model):
    """One mail to one person, complete: nothing is rendered or looked up when it is sent.

    `due_at` is when it may be tried next; while somebody is sending it, when they are believed to
    be dead. `attempts` numbers the tries, and so names the one who holds the claim. `message_id`
    stays the same over all tries: a mailbox that gets the same mail twice can tell.

    `is_secret`: it holds a link that is as good as a password. Its text is shown to nobody, and
    wiped as soon as the mail is sent or given up.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Given up")

    OPEN = (State.WAITING, State.SENDING)

    reference = models.CharField(
        _("about"), max_length=64, db_index=True, help_text=_("What the mail is about.")
    )
    storefront = models.ForeignKey(
        Storefront,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("storefront"),
    )
    site_url = models.CharField(_("links lead to"), max_length=300)
    template = models.CharField(_("kind"), max_length=80)
    language = models.CharField(_("language"), max_length=12, default=settings.LANGUAGE_CODE)
    sender = models.CharField(_("from"), max_length=400)
    to = models.CharField(_("to"), max_length=320)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"))
    is_secret = models.BooleanField(_("secret"), default=False)
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    queued_at = models.DateTimeField(_("queued"), default=timezone.now)
    due_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = OutgoingMails.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ("-queued_at", "-pk")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="outgoing_mail_due",
            ),
            models.Index(fields=["-queued_at", "-id"], name="outgoing_mail_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending", "sent", "failed"]),
                name="outgoing_mail_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="outgoing_mail_sent_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class MailAttachment(models.Model):
    """A file that goes out with a mail: the bytes themselves, as they were when it was queued."""

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="attachments")
    name = models.CharField(_("name"), max_length=120)
    mimetype = models.CharField(_("type"), max_length=80)
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


def new_message_id(domain: str) -> str:
    """A Message-ID (RFC 5322, 3.6.4) below the domain of a site."""
    return make_msgid(domain=domain)

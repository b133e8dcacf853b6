"""A shopper's browser at Sandbox Pay, over real HTTP, and the worker that sends its messages."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.utils import timezone

from orders.payment.addresses import SiteUrls
from orders.payment.models import Payment
from orders.payment.sandbox.models import Message, SandboxPayment
from orders.payment.sandbox.sending import send
from orders.payment.services import begin
from tests.orders.payment.browser import open_page
from tests.orders.payment.helpers import BY, make_order


@dataclass(slots=True)
class AtSandbox:
    """A payment whose shopper stands before Sandbox Pay's page."""

    payment: Payment
    url: str

    @property
    def theirs(self) -> SandboxPayment:
        """The payment in Sandbox Pay's own books."""
        return SandboxPayment.objects.get(pk=self.payment.reference)

    def choose(self, decision: str, news: str = "once") -> str:
        """Press a button there; where it leads."""
        form = urlencode({"decision": decision, "news": news})
        page = open_page(self.url, data=form)
        assert page.status == 303, page.text
        return page.location

    def messages(self) -> list[Message]:
        """What the shop is, was or will be told."""
        return list(self.theirs.messages.all())


def at_sandbox(site_url: str, **order: Any) -> AtSandbox:
    """Order something and begin to pay it by the sandbox."""
    made = make_order("sandbox", **order)
    started = begin(made, by=BY, urls=SiteUrls(site_url))
    return AtSandbox(made.payments.select_related("order").get(), started.redirect_url)


def work() -> list[str]:
    """Send all messages that are due, as the worker does; what the shop answered."""
    return [send(message.pk) for message in Message.objects.due()]


def wait_for_the_bank() -> None:
    """Let the 20 seconds pass that a slow bank or a late message takes."""
    now = timezone.now()
    SandboxPayment.objects.exclude(decides_at=None).update(decides_at=now)
    Message.objects.filter(sent_at=None).exclude(due_at=None).update(due_at=now)


def path_of(url: str) -> str:
    """An address without its site."""
    return urlsplit(url).path

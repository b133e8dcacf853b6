"""A person with a browser who fills in the shop's account pages."""

import re
from html import unescape
from typing import Any

from django.test import TestCase

from accounts.models import User
from accounts.services import emails
from sessionsync.testing import Browser
from shop.mailing.models import OutgoingMail
from shop.storefronts.models import Storefront

PASSWORD = "seven-quiet-otters"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_LINK = re.compile(r"https?://\S+")


def customer(email: str = "ada@example.com", password: str = PASSWORD, **fields: Any) -> User:
    """An account with a confirmed address."""
    user = User.objects.create_user(email, password, **fields)
    emails.confirm(user)
    return user


class Shopper(Browser):
    """A browser that knows how our forms work."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send one request; what it leaves for after its commit is done, as if it was committed."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(*args, **kwargs)

    def page(self, storefront: Storefront, path: str) -> Any:
        """Open a page of a storefront, as if its address was typed."""
        return self.open(f"https://{storefront.domain}{path}")

    def fill(self, storefront: Storefront, path: str, **fields: Any) -> Any:
        """Open a page with a form, fill that in and send it to its own address."""
        page = self.page(storefront, path)
        return self.send(page, path, **fields)

    def send(self, page: Any, path: str, **fields: Any) -> Any:
        """Send a form of the page last shown."""
        return self.submit(path, {"csrfmiddlewaretoken": self.form_token(page), **fields})

    def form_token(self, page: Any) -> str:
        """The CSRF token of a page's forms."""
        token = _TOKEN.search(page.content.decode())
        assert token, f"no form on {self.url}: {page.status_code}"
        return unescape(token[1])

    def sign_in(
        self, storefront: Storefront, email: str = "ada@example.com", password: str = PASSWORD
    ) -> Any:
        """Sign in on a storefront; returns the page it ends at."""
        return self.fill(storefront, "/account/login/", login=email, password=password)

    def sign_out(self, storefront: Storefront) -> Any:
        """Sign out on a storefront."""
        return self.fill(storefront, "/account/logout/")

    def who(self, storefront: Storefront) -> str | None:
        """The account a storefront knows this browser by; None: it asks to sign in."""
        page = self.page(storefront, "/account/name/")
        user = page.context["user"]
        return user.email if user.is_authenticated else None


def letters(to: str) -> list[OutgoingMail]:
    """The mails to an address, the oldest first."""
    return list(OutgoingMail.objects.filter(to=to).order_by("pk"))


def link_in(letter: OutgoingMail) -> str:
    """The first link in a mail."""
    found = _LINK.search(letter.text)
    assert found, letter.text
    return found[0]

"""Sessions that end: left alone for too long, or everywhere at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_redis import get_redis_connection

from sessionsync import links
from sessionsync.models import Session
from sessionsync.testing import Browser

from .conftest import MAIN, ONE, TWO
from .test_journeys import see, write

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Browser:
    browser = Browser()
    see(browser, ONE)
    browser.open(f"https://{MAIN}/login/?user={user.pk}")
    assert {see(browser, domain)["user"] for domain in (MAIN, ONE, TWO)} == {user.pk}
    return browser


def age(days: int) -> None:
    """Let every session have been left alone for so long."""
    Session.objects.update(used_at=timezone.now() - timedelta(days=days))
    get_redis_connection("default").flushdb()


def test_logging_out_everywhere_works_at_once_in_every_browser_on_every_site(
    django_user_model: Any,
) -> None:
    ada = django_user_model.objects.create_user(email="ada@example.com", password="x")
    bob = django_user_model.objects.create_user(email="bob@example.com", password="x")
    first, second, other = signed_in(ada), signed_in(ada), signed_in(bob)
    assert links.retire_all_of(str(ada.pk)) == 2
    for browser in (first, second):
        assert {see(browser, domain)["user"] for domain in (ONE, TWO, MAIN)} == {None}
    assert see(other, TWO)["user"] == bob.pk
    assert links.retire_all_of(str(ada.pk)) == 0


def test_a_signed_in_session_that_nobody_used_for_a_month_has_ended(django_user_model: Any) -> None:
    ada = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = signed_in(ada)
    age(days=31)
    assert {see(browser, domain)["user"] for domain in (ONE, TWO, MAIN)} == {None}


def test_using_it_keeps_a_signed_in_session(django_user_model: Any) -> None:
    ada = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = signed_in(ada)
    age(days=29)
    assert see(browser, ONE)["user"] == ada.pk
    assert Session.objects.get(state="open").used_at > timezone.now() - timedelta(minutes=1)


def test_a_guests_session_is_not_ended_for_being_left_alone() -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    age(days=200)
    assert see(browser, ONE)["notes"] == ["hat"]

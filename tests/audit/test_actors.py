"""Who a request speaks for, and what is kept of an e-mail address."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory, override_settings
from django.urls import resolve

from accounts.models import User
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from shop.audit.actors import Actor, actor_of, email_fingerprint, system
from tests.carts.helpers import make_shops, new_key

pytestmark = pytest.mark.django_db


def request_to(path: str, **attributes: Any) -> Any:
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    request.META["REQUEST_ID"] = "req-1"
    for name, value in {"user": AnonymousUser(), **attributes}.items():
        setattr(request, name, value)
    return request


def test_a_guest_is_known_by_the_session_of_the_request() -> None:
    session = SessionStore(new_key())
    session["cart"] = 1
    session.save()
    shops = make_shops()

    actor = actor_of(request_to("/cart/", session=session, storefront=shops["home"]))

    assert actor == Actor(
        "guest", "session", None, "home", fingerprint(session.session_key), "req-1", "web"
    )


def test_a_guest_without_a_session_is_known_by_nothing() -> None:
    actor = actor_of(request_to("/cart/", session=SessionStore()))

    assert actor == Actor("guest", "none", request_id="req-1")


def test_a_customer_is_known_by_the_session_and_staff_who_shop_are_customers() -> None:
    user = User.objects.create_superuser("ada@example.com", "secret")

    actor = actor_of(request_to("/cart/", user=user))

    assert (actor.kind, actor.customer_id, actor.channel) == ("customer", user.pk, "web")


def test_in_the_admin_staff_are_staff() -> None:
    user = User.objects.create_superuser("ada@example.com", "secret")

    actor = actor_of(request_to("/admin/", user=user))

    assert (actor.kind, actor.how, actor.customer_id, actor.channel) == (
        "staff", "staff-session", user.pk, "admin",
    )  # fmt: skip


def test_a_command_is_known_by_its_name() -> None:
    assert system("expire_carts") == Actor(
        "system", "command", request_id="expire_carts", channel="command"
    )


def test_the_request_id_is_the_one_that_was_accepted(client: Any) -> None:
    shops = make_shops()
    seen: list[str] = []

    def view(request: Any) -> Any:
        seen.append(actor_of(request).request_id)
        raise ZeroDivisionError

    with override_settings(ROOT_URLCONF=type("urls", (), {"urlpatterns": [_path("", view)]})):
        for sent in ("good-id-123", "bad id"):
            with pytest.raises(ZeroDivisionError):
                client.get("/", headers={"host": shops["home"].domain, "x-request-id": sent})

    assert seen[0] == "good-id-123"
    assert seen[1] not in {"bad id", ""}


def _path(route: str, view: Any) -> Any:
    from django.urls import path

    return path(route, view)


def test_an_address_is_kept_as_a_fingerprint_that_depends_on_the_shops_secret() -> None:
    seen = email_fingerprint(" Ada@Example.com ")

    assert seen == email_fingerprint("ada@example.com")
    assert len(seen) == 20
    assert seen != email_fingerprint("ada@example.org")
    assert email_fingerprint("  ") == ""
    with override_settings(SECRET_KEY="another"):
        assert seen != email_fingerprint("ada@example.com")

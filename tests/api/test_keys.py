"""Publishable keys: made by a command, shown and revoked by staff."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shop.api.base.models import PublishableKey, storefront_of
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_the_key_and_the_same_one_again(shops: dict[str, Any]) -> None:
    first = run("publishable_key", "--storefront", "apparel", "--origin", "https://a.example")
    again = run("publishable_key", "--storefront", "apparel", "--origin", "https://b.example")
    other = run("publishable_key", "--storefront", "apparel", "--title", "App")
    assert first == again != other
    key = PublishableKey.objects.get(token=first)
    assert (key.storefront, key.title) == (shops["apparel"], "Storefront")
    assert key.origins == ["https://a.example", "https://b.example"]


def test_a_revoked_key_is_not_printed_again(shops: dict[str, Any]) -> None:
    first = run("publishable_key", "--storefront", "apparel")
    key = PublishableKey.objects.get(token=first)
    key.revoked_at = key.created_at
    key.save()
    assert run("publishable_key", "--storefront", "apparel") != first


@pytest.mark.parametrize(
    "arguments",
    [
        ("--storefront", "nowhere"),
        ("--storefront", "apparel", "--origin", "a.example"),
        ("--storefront", "apparel", "--origin", "https://a.example/path"),
        ("--storefront", "apparel", "--title", "x" * 81),
    ],
)
def test_what_makes_no_sense_makes_no_key(
    shops: dict[str, Any], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError):
        run("publishable_key", *arguments)
    assert not PublishableKey.objects.exists()


def test_the_demo_has_keys_that_are_easy_to_type(shops: dict[str, Any], settings: Any) -> None:
    with pytest.raises(CommandError):
        run("seed_keys")
    assert not PublishableKey.objects.exists()
    settings.DEMO = True
    run("seed_keys")
    run("seed_keys")
    assert PublishableKey.objects.count() == len(shops)
    known = storefront_of("pk_demo_apparel")
    assert known is not None
    assert known[0] == shops["apparel"]


@pytest.mark.django_db(transaction=True)
def test_staff_revoke_a_key_for_good(shops: dict[str, Any]) -> None:
    client = sign_in_staff(shops["galleria"])
    key = PublishableKey.objects.create(title="Lost", storefront=shops["apparel"])
    assert storefront_of(key.token) is not None
    assert key.token in client.get("/admin/api/publishablekey/").content.decode()
    answer = client.post(
        "/admin/api/publishablekey/",
        {"action": "revoke", "_selected_action": [str(key.pk)]},
        follow=True,
    )
    assert "1 key was revoked." in answer.content.decode()
    assert storefront_of(key.token) is None


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "shop-backend", "[::1]:8000"])
def test_the_key_names_the_storefront_whatever_the_host(
    call: Any, shops: dict[str, Any], host: str
) -> None:
    answer = call("GET", "/store/regions", shop="apparel", host=host)
    assert (answer.status, answer.body["regions"][0]["currency_code"]) == (200, "eur")
    assert call("GET", "/store/customers/me", host=host).status == 401
    assert call("GET", "/store/regions", host=host, x_publishable_api_key="").status == 400
    assert call.client.get("/api/schema/", headers={"host": host}).status_code == 200
    assert call.client.get("/", headers={"host": host}).status_code == 400
    assert call.client.get("/storefront/", headers={"host": host}).status_code == 400

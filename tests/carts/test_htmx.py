"""The same addresses, asked by htmx: what changed on the page instead of a redirect."""

import pytest
from django.test import Client

from carts.models import Cart
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key, shopper

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def test_adding_answers_with_what_was_put_in_and_the_new_count() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    client = shopper(key, shops["apparel"])

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"}, headers=HTMX)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "2 × “Linen shirt” were put into your cart." in text
    assert 'id="cart-link"' in text
    assert 'data-hx-swap-oob="true"' in text
    assert '<span class="cart-link__count" aria-hidden="true">2</span>' in text
    assert "<html" not in text
    assert contents(key) == [(shirt.pk, "apparel", 2)]
    assert "were put into your cart" not in client.get("/cart/").content.decode()


def test_a_refusal_is_told_beside_the_button_and_changes_nothing() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=1, title="Linen shirt")
    client = shopper(key, shops["apparel"])

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"}, headers=HTMX)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Only 1 of “Linen shirt” are available." in text
    assert "notice--error" in text
    assert "Go to checkout" not in text
    assert not Cart.objects.exists()


def test_a_visitor_without_a_session_gets_one_of_this_site() -> None:
    shops = make_shops()
    shirt = make_variant(shops["apparel"])
    client = Client(headers={"host": "apparel.example"}, enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    form = {"variant": shirt.pk, "quantity": "1", "csrfmiddlewaretoken": "a" * 32}

    answer = client.post("/cart/lines/", form, headers=HTMX)

    assert answer.status_code == 200
    cart = Cart.objects.get()
    assert contents(cart.session_key or "") == [(shirt.pk, "apparel", 1)]
    assert any(name.startswith("session_token.") for name in client.cookies)


def test_without_the_csrf_token_it_is_refused_and_nothing_changes() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    client = shopper(key, shops["apparel"], enforce_csrf_checks=True)

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "1"}, headers=HTMX)

    assert answer.status_code == 403
    assert not Cart.objects.exists()


def test_changing_a_line_answers_with_the_cart_the_count_and_the_message() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    line = fill(key, (shirt, shops["apparel"], 1)).lines.get()
    client = shopper(key, shops["apparel"])

    answer = client.post(f"/cart/lines/{line.pk}/", {"quantity": "3"}, headers=HTMX)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.lstrip().startswith('<div id="cart-page"')
    assert f'id="quantity-{line.pk}"' in text
    assert 'value="3"' in text
    assert '<span class="cart-link__count" aria-hidden="true">3</span>' in text
    assert "“Linen shirt”: your cart now holds 3." in text
    assert contents(key) == [(shirt.pk, "apparel", 3)]


def test_removing_the_last_line_answers_with_an_empty_cart() -> None:
    shops, key = make_shops(), new_key()
    line = fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1)).lines.get()
    client = shopper(key, shops["apparel"])

    answer = client.post(f"/cart/lines/{line.pk}/", {"quantity": "0"}, headers=HTMX)

    text = answer.content.decode()
    assert "There is nothing in it yet." in text
    assert "cart-link__count" not in text
    assert contents(key) == []


def test_dismissing_notices_answers_with_the_cart_without_them() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    Cart.objects.update(notices=[{"code": "joined", "count": 2}])
    client = shopper(key, shops["apparel"])

    answer = client.post("/cart/notices/", headers=HTMX)

    assert answer.status_code == 200
    assert "Your carts were put together" not in answer.content.decode()
    assert Cart.objects.get().notices == []


def test_the_whole_page_brings_script_from_our_own_domain_only() -> None:
    shops, key = make_shops(), new_key()
    page = shopper(key, shops["apparel"]).get("/cart/")

    text = page.content.decode()
    assert '<script src="/static/django_htmx/htmx-2.min.js" defer></script>' in text
    assert "includeIndicatorStyles&quot;:false,&quot;allowEval&quot;:false" in text
    assert "unsafe" not in page["Content-Security-Policy"]

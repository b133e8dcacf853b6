"""The cart's pages and forms, as a browser without script uses them."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from carts.models import Cart, CartLine
from sessionsync.goods import SessionGone
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key, shopper

pytestmark = pytest.mark.django_db


def said(client: Client, path: str = "/cart/") -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(client.get(path).wsgi_request)]


def test_adding_leads_to_the_cart_page_which_says_what_was_put_in() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    client = shopper(key, shops["apparel"])

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"})

    assert (answer.status_code, answer["Location"]) == (303, "/cart/")
    assert contents(key) == [(shirt.pk, "apparel", 2)]
    page = client.get("/cart/").content.decode()
    assert "2 × “Linen shirt” were put into your cart." in page
    assert page.count("Linen shirt") > 1


def test_a_visitor_of_main_without_a_session_gets_one_by_adding() -> None:
    shops = make_shops()
    shirt = make_variant(shops["apparel"])
    client = Client(headers={"host": "galleria.example", "sec-fetch-mode": "cors"})

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "1"})

    assert answer.status_code == 303
    cart = Cart.objects.get()
    assert contents(cart.session_key or "") == [(shirt.pk, "galleria", 1)]
    assert any(name.startswith("session_token.") for name in client.cookies)
    assert client.get("/cart/").context["cart"].count == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Please choose what you would like to buy."),
        ({"quantity": "1"}, "Please choose what you would like to buy."),
        ({"variant": "", "quantity": "1"}, "Please choose what you would like to buy."),
        ({"variant": "shirt", "quantity": "1"}, "Please choose what you would like to buy."),
        ({"variant": "٣", "quantity": "1"}, "Please choose what you would like to buy."),
        ({"variant": "9" * 30, "quantity": "1"}, "Please choose what you would like to buy."),
        ({"variant": "9" * 18, "quantity": "1"}, "We no longer sell this item."),
    ]
    + [
        (
            {"variant": None, "quantity": quantity},
            "Please choose a quantity from 1 to 99: one order takes no more of an item.",
        )
        for quantity in ("", "0", "-1", "1.5", "two", "٢", "²", " 1", "1e3", "100", "9" * 30)
    ],
)
def test_malformed_input_is_answered_in_words_and_changes_nothing(
    data: dict[str, str | None], message: str
) -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    client = shopper(key, shops["apparel"])
    sent = {name: str(shirt.pk) if value is None else value for name, value in data.items()}

    answer = client.post("/cart/lines/", sent)

    assert (answer.status_code, answer["Location"]) == (303, "/cart/")
    assert said(client) == [message]
    assert not Cart.objects.exists()


def test_a_missing_quantity_is_not_guessed() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])

    shopper(key, shops["apparel"]).post("/cart/lines/", {"variant": shirt.pk})

    assert not Cart.objects.exists()


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://apparel.example/product/linen/?size=s", "/product/linen/?size=s"),
        ("http://apparel.example/search/?q=linen", "/search/?q=linen"),
        (None, "/product/linen/"),
        ("http://evil.example/product/linen/", "/product/linen/"),
        ("https://apparel.example.evil.example/", "/product/linen/"),
        ("http://apparel.example//evil.example/", "/product/linen/"),
        ("http://apparel.example/sessionsync/resume/", "/product/linen/"),
        ("http://apparel.example/cart/lines/", "/product/linen/"),
        ("javascript:alert(1)", "/product/linen/"),
        ("http://apparel.example/\\evil", "/product/linen/"),
    ],
)
def test_a_refusal_leads_back_to_the_page_that_holds_the_form(
    referer: str | None, back: str
) -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=1, title="Linen shirt", slug="linen")
    client = shopper(key, shops["apparel"])
    headers = {"Referer": referer} if referer else {}

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"}, headers=headers)

    assert (answer.status_code, answer["Location"]) == (303, back)
    assert said(client) == ["Only 1 of “Linen shirt” are available."]
    assert not Cart.objects.exists()


def test_changing_and_removing_a_line() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    line = fill(key, (shirt, shops["apparel"], 1)).lines.get()
    client = shopper(key, shops["home"])

    answer = client.post(f"/cart/lines/{line.pk}/", {"quantity": "3"})
    assert (answer.status_code, answer["Location"]) == (303, "/cart/")
    assert contents(key) == [(shirt.pk, "apparel", 3)]
    assert said(client) == ["“Linen shirt”: your cart now holds 3."]

    client.post(f"/cart/lines/{line.pk}/", {"quantity": "0"})
    assert contents(key) == []
    assert said(client) == ["“Linen shirt” was taken out of your cart."]

    client.post(f"/cart/lines/{line.pk}/", {"quantity": "1"})
    assert said(client) == ["This item is no longer in your cart."]
    assert contents(key) == []


@pytest.mark.parametrize("quantity", [None, "", "-1", "x", "١", "100", "9" * 30])
def test_a_malformed_change_changes_nothing(quantity: str | None) -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    line = fill(key, (shirt, shops["apparel"], 4)).lines.get()
    client = shopper(key, shops["apparel"])

    client.post(f"/cart/lines/{line.pk}/", {} if quantity is None else {"quantity": quantity})

    assert contents(key) == [(shirt.pk, "apparel", 4)]
    assert len(said(client)) == 1


def test_without_a_session_a_line_cannot_be_changed_and_no_session_is_made() -> None:
    shops, key = make_shops(), new_key()
    line = fill(key, (make_variant(shops["apparel"]), shops["apparel"], 4)).lines.get()
    client = Client(headers={"host": "galleria.example", "sec-fetch-mode": "cors"})

    client.post(f"/cart/lines/{line.pk}/", {"quantity": "0"})
    client.post("/cart/notices/")
    client.get("/cart/")

    assert CartLine.objects.get().quantity == 4
    assert not any(name.startswith("session_token.") for name in client.cookies)


def test_a_session_that_ends_in_the_middle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    line = fill(key, (shirt, shops["apparel"], 4)).lines.get()
    client = shopper(key, shops["apparel"])

    def gone(_session_key: str) -> str:
        raise SessionGone

    monkeypatch.setattr("carts.holders.lock_session", gone)
    for path, data in (
        ("/cart/lines/", {"variant": shirt.pk, "quantity": "1"}),
        (f"/cart/lines/{line.pk}/", {"quantity": "1"}),
        ("/cart/notices/", {}),
    ):
        answer = client.post(path, data)
        assert (answer.status_code, answer["Location"]) == (303, "/cart/")
        assert said(client) == [
            "Your visit had ended meanwhile, for example by logging out. Please try again."
        ]
    assert contents(key) == [(shirt.pk, "apparel", 4)]


def test_only_post_changes_and_only_get_reads() -> None:
    shops, key = make_shops(), new_key()
    line = fill(key, (make_variant(shops["apparel"]), shops["apparel"], 4)).lines.get()
    client = shopper(key, shops["apparel"])

    for path in ("/cart/lines/", f"/cart/lines/{line.pk}/", "/cart/notices/"):
        assert client.get(path, {"quantity": "0"}).status_code == 405
    assert client.post("/cart/").status_code == 405
    assert CartLine.objects.get().quantity == 4


def test_a_post_needs_the_csrf_token() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    client = shopper(key, shops["apparel"], enforce_csrf_checks=True)

    answer = client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "1"})

    assert answer.status_code == 403
    assert not Cart.objects.exists()


def test_the_page_is_personal_and_never_stored() -> None:
    shops, key = make_shops(), new_key()
    answer = shopper(key, shops["apparel"]).get("/cart/")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


def test_notices_are_shown_until_dismissed() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    Cart.objects.update(notices=[{"code": "joined", "count": 2}])
    client = shopper(key, shops["apparel"])
    sentence = "2 items from your other visit were added to this cart."

    for _time in range(2):
        assert sentence in client.get("/cart/").content.decode()
    assert client.post("/cart/notices/")["Location"] == "/cart/"
    assert sentence not in client.get("/cart/").content.decode()


@pytest.mark.parametrize("size", [1, 5, 50])
def test_the_whole_page_takes_the_same_queries_whatever_the_cart(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shops, key = make_shops(), new_key()
    origins = [shops["apparel"], shops["home"], shops["galleria"]]
    fill(key, *((make_variant(origins[n % 3]), origins[n % 3], 1) for n in range(size)))
    client = shopper(key, shops["galleria"])
    client.get("/cart/")  # what is cached between requests is warm now

    with django_assert_num_queries(15):
        answer = client.get("/cart/")

    assert len(answer.context["cart"].lines) == size

"""What the cart's page says of money: today's prices, vouchers, changes since the last look."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import User
from carts import services
from carts.merging import merge_carts
from carts.models import MAX_CODES, Cart
from carts.queries import CartPage, cart_page
from orders.models import ShippingMethod
from shop.audit.models import Entry
from shop.catalogue.models import Variant
from shop.pricing.models import CustomerGroup, Promotion, QuantityBreak, StorefrontPrice
from shop.storefronts.models import Storefront
from tests.carts.helpers import (
    GUEST,
    fill,
    make_shops,
    make_variant,
    new_key,
    shopper,
    signed_in_key,
)
from tests.pricing.factories import D, adds_up, promotion, tax

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def page(key: str, shop: Storefront, **more: object) -> CartPage:
    found = cart_page(key, shop, **more)  # type: ignore[arg-type]
    adds_up(found.breakdown)
    return found


def said(client: Client) -> list[str]:
    return [str(each) for each in get_messages(client.get("/cart/").wsgi_request)]


def reprice(variant: Variant, price: str) -> None:
    Variant.objects.filter(pk=variant.pk).update(price=D(price))


def delivery(slug: str, price: str, position: int) -> ShippingMethod:
    return ShippingMethod.objects.create(
        slug=slug, original_name=slug.title(), price=D(price), position=position
    )


def test_the_page_shows_what_checkout_will_begin_with() -> None:
    shops, key = make_shops(), new_key()
    tax("DE", "19")
    delivery("standard", "4.90", 1)
    delivery("pick-up", "0.00", 2)
    shirt = make_variant(shops["apparel"], price="20.00", title="Linen shirt")
    StorefrontPrice.objects.create(
        variant=shirt, storefront=shops["apparel"], price=D("18.00"), compare_at_price=D("20.00")
    )
    promotion(name="Summer", percent=D(50))
    fill(key, (shirt, shops["apparel"], 2))

    found = page(key, shops["home"])

    money = found.breakdown
    assert (money.items_subtotal, money.discount_total, money.total) == (
        D("36.00"),
        D("18.00"),
        D("22.90"),
    )
    assert money.shipping is not None
    assert (money.shipping.name, money.shipping.total) == ("Standard", D("4.90"))
    assert (found.delivery_from, money.tax_total) == (D(0), D("3.65"))
    text = shopper(key, shops["home"]).get("/cart/").content.decode()
    for shown in (
        '<span class="line__now">€18.00 each</span>',
        "</span>€20.00</s>",
        'Summer <span class="line__off">−€18.00</span>',
        "<dt>Summer</dt><dd>−€18.00</dd>",
        'Delivery <span class="totals__note">Standard</span></dt>',
        "<dt>Total</dt><dd>€22.90</dd>",
        "of which VAT, 19%",
        "<dd>€3.65</dd>",
    ):
        assert shown in text


def test_free_delivery_is_a_discount_on_the_delivery_foreseen() -> None:
    shops, key = make_shops(), new_key()
    delivery("standard", "4.90", 1)
    promotion(kind="free-shipping", name="Free delivery", minimum_total=D(50))
    shirt = make_variant(shops["apparel"], price="25.00")
    cart = fill(key, (shirt, shops["apparel"], 1))
    assert page(key, shops["home"]).breakdown.total == D("29.90")

    cart.lines.update(quantity=2)

    money = page(key, shops["home"]).breakdown
    assert (money.total, money.shipping_total) == (D("50.00"), D(0))
    assert [(each.name, each.amount) for each in money.discounts] == [("Free delivery", D("4.90"))]


def test_without_a_way_of_delivery_it_is_chosen_at_checkout() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    assert page(key, shops["home"]).delivery_from is None
    text = shopper(key, shops["home"]).get("/cart/").content.decode()
    assert "chosen at checkout" in text
    assert "Total before delivery" in text


def test_a_group_members_cart_has_their_prices() -> None:
    shops, ada = make_shops(), User.objects.create_user("ada@example.com")
    club = CustomerGroup.objects.create(name="Club")
    club.members.add(ada)
    promotion(groups=[club])
    mine, theirs = signed_in_key(ada), new_key()
    shirt = make_variant(shops["apparel"], price="20.00")
    services.add_line(mine, shops["apparel"], shirt.pk, 1, by=GUEST)
    fill(theirs, (shirt, shops["apparel"], 1))

    assert page(mine, shops["home"], customer=ada).breakdown.total == D("18.00")
    assert page(theirs, shops["home"]).breakdown.total == D("20.00")


def test_a_code_is_kept_shown_and_taken_out_again() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="20.00")
    cart = fill(key, (shirt, shops["apparel"], 1))
    promotion("WELCOME10", name="Welcome")
    client = shopper(key, shops["apparel"])

    answer = client.post("/cart/voucher/", {"code": " welcome 10"})
    assert (answer.status_code, answer["Location"]) == (303, "/cart/")
    assert said(client) == ["The code “WELCOME10” counts from now on."]
    text = client.get("/cart/").content.decode()
    assert '<span class="vouchers__code">WELCOME10</span>' in text
    assert page(key, shops["home"]).breakdown.total == D("18.00")

    client.post("/cart/voucher/", {"remove": "WELCOME10"})
    assert said(client) == ["The code “WELCOME10” was taken out of your cart."]
    assert page(key, shops["home"]).breakdown.total == D("20.00")
    assert page(key, shops["home"]).vouchers == ()
    actions = Entry.objects.filter(trail=cart.trail).values_list("action", "facts__code")
    assert list(actions.order_by("seq")) == [
        ("cart.voucher_added", "WELCOME10"),
        ("cart.voucher_removed", "WELCOME10"),
    ]


def test_a_script_gets_the_cart_that_changed() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"], price="20.00"), shops["apparel"], 1))
    promotion("WELCOME10")
    client = shopper(key, shops["apparel"])

    answer = client.post("/cart/voucher/", {"code": "welcome10"}, headers=HTMX)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.lstrip().startswith('<div id="cart-page"')
    assert "<dt>Total before delivery</dt><dd>€18.00</dd>" in text
    assert "The code “WELCOME10” counts from now on." in text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Please type the code first."),
        ("   ", "Please type the code first."),
        ("NOSUCH", "“NOSUCH”: We do not know this code. Please check its spelling."),
        ("spring", "“SPRING”: This code ended on May 3, 2020."),
        ("BIG", "“BIG”: This offer begins at €50.00: €30.00 more to go."),
        ("<b>x</b>", "“<B>X</B>”: We do not know this code. Please check its spelling."),
    ],
)
def test_a_code_that_does_not_count_is_refused_in_words_and_not_kept(typed: str, told: str) -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"], price="20.00"), shops["apparel"], 1))
    promotion("SPRING", ends_at=datetime(2020, 5, 3, tzinfo=UTC))
    promotion("BIG", minimum_total=D(50))
    client = shopper(key, shops["apparel"])

    client.post("/cart/voucher/", {"code": typed})

    assert said(client) == [told]
    assert Cart.objects.get().codes == []
    assert not Entry.objects.exists()


def test_a_huge_code_is_cut_and_refused() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    client.post("/cart/voucher/", {"code": "x" * 100_000})

    [told] = said(client)
    assert len(told) < 200
    assert Cart.objects.get().codes == []


@pytest.mark.parametrize("has_session", [True, False])
def test_a_code_for_an_empty_cart_is_refused(has_session: bool) -> None:
    shops, key = make_shops(), new_key()
    promotion("WELCOME10")
    client = shopper(key, shops["galleria"])
    if not has_session:
        client = Client(headers={"host": "galleria.example", "sec-fetch-mode": "cors"})

    answer = client.post("/cart/voucher/", {"code": "WELCOME10"}, headers=HTMX)

    assert "Your cart is empty: put something in, then type the code." in answer.content.decode()
    assert not Cart.objects.exists()


def test_a_code_comes_once_and_there_are_only_so_many() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"], price="90.00"), shops["apparel"], 1))
    for number in range(MAX_CODES + 1):
        promotion(f"CODE{number}", percent=D(1))

    def add(code: str) -> str:
        return services.add_voucher(key, code, storefront=shops["apparel"], customer=None, by=GUEST)

    for number in range(MAX_CODES):
        assert add(f"code{number}") == f"CODE{number}"
    with pytest.raises(services.VoucherRefused, match="in your cart already"):
        add("CODE3")
    with pytest.raises(services.VoucherRefused, match="at most 10 codes"):
        add(f"CODE{MAX_CODES}")
    assert Cart.objects.get().codes == [f"CODE{number}" for number in range(MAX_CODES)]


def test_a_kept_code_that_counts_no_longer_says_why_and_counts_again() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="30.00")
    cart = fill(key, (shirt, shops["apparel"], 2))
    offer = promotion("BIG", minimum_total=D(50), name="Big")
    services.add_voucher(key, "BIG", storefront=shops["apparel"], customer=None, by=GUEST)
    assert page(key, shops["home"]).vouchers == (("BIG", ""),)

    services.change_line(key, cart.lines.get().pk, 1, by=GUEST)
    told = "This offer begins at €50.00: €20.00 more to go."
    assert page(key, shops["home"]).vouchers == (("BIG", told),)
    assert told in shopper(key, shops["home"]).get("/cart/").content.decode()

    services.change_line(key, cart.lines.get().pk, 2, by=GUEST)
    assert page(key, shops["home"]).vouchers == (("BIG", ""),)

    Promotion.objects.filter(pk=offer.pk).delete()
    assert page(key, shops["home"]).breakdown.total == D("60.00")


def test_codes_survive_a_merge_and_nothing_else_reaches_them() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    for key, codes in ((loser, ["A", "B"]), (winner, ["B", "C"])):
        cart = fill(key, (make_variant(shops["home"]), shops["home"], 1))
        Cart.objects.filter(pk=cart.pk).update(codes=codes)
    services.remove_voucher(loser, "C", by=GUEST)

    merge_carts(loser, winner)

    assert Cart.objects.get(session_key=winner).codes == ["B", "C", "A"]


def test_removing_a_code_that_is_not_there_changes_nothing() -> None:
    shops, key = make_shops(), new_key()
    client = shopper(key, shops["galleria"])

    client.post("/cart/voucher/", {"remove": "NOSUCH"})

    assert not Cart.objects.exists()
    assert not Entry.objects.exists()


def test_only_post_tries_a_code() -> None:
    shops, key = make_shops(), new_key()
    assert shopper(key, shops["galleria"]).get("/cart/voucher/").status_code == 405


def test_a_price_that_changed_since_is_told_until_it_is_read() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], shops["home"], price="20.00", title="Linen shirt")
    bowl = make_variant(shops["home"], price="5.00")
    services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)
    services.add_line(key, shops["home"], shirt.pk, 1, by=GUEST)
    services.add_line(key, shops["home"], bowl.pk, 1, by=GUEST)
    assert page(key, shops["home"]).changes == ()

    reprice(shirt, "22.50")

    told = ("“Linen shirt” costs €22.50 now. It was €20.00 when you last looked.",)
    client = shopper(key, shops["home"])
    for _time in range(2):
        text = client.get("/cart/").content.decode()
        assert "Since you last looked" in text
        assert text.count(told[0]) == 1
    # Something else that is put in from its own page leaves the notice for the cart's page.
    services.add_line(key, shops["home"], bowl.pk, 1, by=GUEST)
    assert page(key, shops["home"]).changes == told

    client.post("/cart/notices/")
    assert page(key, shops["home"]).changes == ()
    assert page(key, shops["home"]).breakdown.lines[0].unit_price == D("22.50")

    reprice(shirt, "20.00")
    assert page(key, shops["home"]).changes == (
        "“Linen shirt” costs €20.00 now. It was €22.50 when you last looked.",
    )
    line = Cart.objects.get().lines.filter(variant=bowl).get()
    services.change_line(key, line.pk, 5, by=GUEST)
    assert page(key, shops["home"]).changes == ()


def test_a_price_that_the_shoppers_own_change_brought_is_no_news() -> None:
    shops, key = make_shops(), new_key()
    sock = make_variant(shops["apparel"], shops["home"], price="5.00")
    QuantityBreak.objects.create(variant=sock, minimum=3, price=D("4.00"))
    services.add_line(key, shops["apparel"], sock.pk, 2, by=GUEST)
    services.add_line(key, shops["home"], sock.pk, 1, by=GUEST)

    found = page(key, shops["home"])
    assert {line.unit_price for line in found.breakdown.lines} == {D("4.00")}
    assert found.changes == ()

    services.remove(key, found.lines[0].pk, by=GUEST)
    found = page(key, shops["home"])
    assert [line.unit_price for line in found.breakdown.lines] == [D("5.00")]
    assert found.changes == ()


def test_each_change_is_on_the_trail_with_who_and_what() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    client = shopper(key, shops["apparel"])

    client.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"})
    line = Cart.objects.get().lines.get()
    client.post(f"/cart/lines/{line.pk}/", {"quantity": "3"})
    client.post(f"/cart/lines/{line.pk}/", {"quantity": "99999"})
    client.post(f"/cart/lines/{line.pk}/", {"quantity": "0"})

    entries = Entry.objects.filter(trail=Cart.objects.get().trail).order_by("seq")
    item = {"variant": shirt.pk, "item": "Linen shirt", "origin": "apparel"}
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("cart.made", {}),
        ("cart.line_added", {**item, "added": 2, "quantity": 2}),
        ("cart.line_changed", {**item, "before": 2, "quantity": 3}),
        ("cart.line_removed", {**item, "before": 3}),
    ]
    assert {(x.kind, x.how, x.storefront, x.channel) for x in entries} == {
        ("guest", "session", "apparel", "web")
    }
    assert all(entry.session and entry.request_id for entry in entries)


def test_prices_stay_decimal_to_the_cent() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"], price="0.10"), shops["home"], 3))

    assert str(page(key, shops["home"]).breakdown.total) == "0.30"
    assert isinstance(page(key, shops["home"]).breakdown.total, Decimal)

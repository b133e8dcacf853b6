"""What is entered goes where its cart goes, and to nobody else."""

from datetime import timedelta

import pytest
from django.db.models import F

from accounts.models import User
from carts.merging import merge_carts
from carts.models import Cart, CartLine
from orders.checkout.entries import enter, entered
from orders.checkout.errors import CartEmpty
from orders.models import Checkout, Order
from sessionsync.goods import SessionGone, ensure_rows
from sessionsync.models import Session
from shop.audit.models import Entry
from shop.storefronts.models import Storefront
from tests.carts.helpers import GUEST, fill, make_shops, make_variant, new_key, signed_in_key
from tests.orders.helpers import make_methods, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Storefront:
    """One of three."""
    return make_shops()["home"]


def guest(shop: Storefront, email: str = "") -> str:
    """A guest's session with something in its cart, and perhaps an e-mail address entered."""
    key = new_key()
    fill(key, (make_variant(shop), shop, 1))
    if email:
        enter(key, "contact", {"email": email}, customer=None, by=GUEST)
    return key


def account(shop: Storefront, email: str, typed: str = "") -> tuple[User, str]:
    """A customer with something in the cart, and their session."""
    user = User.objects.create_user(email, "secret")
    cart = Cart.objects.create(customer=user)
    CartLine.objects.create(cart=cart, variant=make_variant(shop), storefront=shop, quantity=1)
    key = signed_in_key(user)
    if typed:
        enter(key, "contact", {"email": typed}, customer=user, by=GUEST)
    return user, key


def test_nothing_is_kept_without_a_cart() -> None:
    with pytest.raises(CartEmpty):
        enter(new_key(), "contact", {"email": "a@example.com"}, customer=None, by=GUEST)
    assert entered(None, None).email == ""
    assert not Checkout.objects.exists()


def test_nothing_is_kept_for_a_session_that_has_ended(shop: Storefront) -> None:
    key = guest(shop)
    ensure_rows([key])
    Session.objects.update(state="retired")

    with pytest.raises(SessionGone):
        enter(key, "contact", {"email": "a@example.com"}, customer=None, by=GUEST)

    assert not Checkout.objects.exists()


def test_the_same_again_is_not_written_twice(shop: Storefront) -> None:
    key = guest(shop, "a@example.com")
    enter(key, "contact", {"email": "a@example.com"}, customer=None, by=GUEST)
    enter(key, "contact", {"email": "b@example.com"}, customer=None, by=GUEST)

    assert entered(key, None).email == "b@example.com"
    assert Entry.objects.filter(action="checkout.contact").count() == 2


def test_it_goes_with_a_cart_that_another_session_takes_over(shop: Storefront) -> None:
    key, winner = guest(shop, "a@example.com"), new_key()

    merge_carts(key, winner)

    assert entered(winner, None).email == "a@example.com"
    assert entered(key, None).email == ""


@pytest.mark.parametrize(
    ("later", "kept"), [("loser", "l@example.com"), ("winner", "w@example.com")]
)
def test_of_two_the_one_filled_in_last_stays(shop: Storefront, later: str, kept: str) -> None:
    loser, winner = guest(shop, "l@example.com"), guest(shop, "w@example.com")
    earlier = {"loser": winner, "winner": loser}[later]
    before = F("updated_at") - timedelta(minutes=5)
    Checkout.objects.filter(cart__session_key=earlier).update(updated_at=before)

    merge_carts(loser, winner)

    assert entered(winner, None).email == kept
    assert Checkout.objects.count() == 1


def test_what_a_guest_entered_does_not_follow_into_a_customers_cart(shop: Storefront) -> None:
    loser = guest(shop, "guest@example.com")
    user, winner = account(shop, "ada@example.com", typed="ada@example.com")

    merge_carts(loser, winner)

    assert entered(winner, user).email == "ada@example.com"
    assert "guest@example.com" not in Checkout.objects.values_list("email", flat=True)


def test_what_a_guest_entered_is_not_shown_to_who_takes_over_the_cart(shop: Storefront) -> None:
    loser = guest(shop, "guest@example.com")
    user = User.objects.create_user("ada@example.com", "secret")
    winner = signed_in_key(user)

    merge_carts(loser, winner)
    assert entered(winner, user).email == ""

    enter(winner, "shipping", {"shipping_method": "standard"}, customer=user, by=GUEST)
    kept = Checkout.objects.get()
    assert (kept.customer, kept.email, kept.shipping_method) == (user, "", "standard")


def test_two_customers_never_see_each_others(shop: Storefront) -> None:
    ada, hers = account(shop, "ada@example.com", typed="private@example.com")
    eve, theirs = account(shop, "eve@example.com")

    merge_carts(hers, theirs)

    assert entered(theirs, eve).email == ""
    assert entered(hers, ada).email == "private@example.com"
    assert entered(hers, eve).email == ""


def test_orders_follow_the_cart_they_were(shop: Storefront) -> None:
    make_methods()
    loser, winner = guest(shop), guest(shop)
    order = place(loser, shop)
    fill(loser, (make_variant(shop), shop, 1))

    merge_carts(loser, winner)

    assert Order.objects.get(pk=order.pk).cart == Cart.objects.get(session_key=winner)


def test_an_order_leaves_nothing_entered_behind(shop: Storefront) -> None:
    make_methods()
    key = guest(shop, "a@example.com")

    place(key, shop)

    assert not Checkout.objects.exists()

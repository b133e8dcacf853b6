"""The checkout step by step, as a browser without script uses it."""

import re
from decimal import Decimal
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Address, User
from carts.models import Cart, CartLine
from orders.models import Checkout, Order, ShippingMethod, ShippingRate
from sessionsync.models import Session
from shop.audit.actors import email_fingerprint
from shop.audit.models import Entry
from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods
from tests.orders.test_views import shopper

pytestmark = pytest.mark.django_db

CONTACT = {"email": "ada@example.com", "phone": "+44 20 7946 0000"}
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "address_1": "12 St James's Square",
    "address_2": "",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "province": "",
    "country_code": "gb",
}
STEPS = ("contact", "address", "shipping", "payment", "review")
ENTERED = {
    "contact": CONTACT,
    "address": ADDRESS,
    "shipping": {"shipping_method": "standard"},
    "payment": {"payment_method": "on-delivery"},
}


def url(step: str) -> str:
    return f"/checkout/{step}/"


def hidden(answer: Any) -> dict[str, str]:
    """The hidden fields of the review's form."""
    text = answer.content.decode()
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in found if name in {"checkout_key", "offer"}}


def said(client: Client, answer: Any) -> list[str]:
    """The messages on the page that an answer leads to."""
    return [str(each) for each in get_messages(client.get(answer["Location"]).wsgi_request)]


def ready() -> tuple[dict[str, Storefront], str, Variant, Client]:
    """A shopper with two shirts in the cart."""
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5, title="Linen shirt")
    fill(key, (shirt, shops["apparel"], 2))
    return shops, key, shirt, shopper(key, shops["apparel"])


def walk(client: Client, until: str = "review", **changed: dict[str, str]) -> Any:
    """Fill in each step up to this one; returns the page of that."""
    for step in STEPS[: STEPS.index(until)]:
        answer = client.post(url(step), {**ENTERED[step], **changed.get(step, {})})
        assert answer.status_code == 303, step
    return client.get(url(until))


def signed_in(user: User, shop: Storefront) -> Client:
    """A browser on `shop` that this account is signed in with."""
    Client(headers={"host": "galleria.example", "sec-fetch-mode": "cors"}).force_login(
        user, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    session = Session.objects.filter(state="open", principal=str(user.pk)).latest("created_at")
    return shopper(session.key, shop)


def test_from_contact_to_the_order() -> None:
    shops, key, _shirt, client = ready()

    for step, following in pairwise(STEPS):
        page = client.get(url(step))
        assert page.status_code == 200
        answer = client.post(url(step), ENTERED[step])
        assert (answer.status_code, answer["Location"]) == (303, url(following))
    review = client.get(url("review"))
    text = review.content.decode()
    for told in ("ada@example.com", "12 St James&#x27;s Square", "United Kingdom", "Standard",
                 "Pay on delivery", "Linen shirt", "€24.90"):  # fmt: skip
        assert told in text, told
    answer = client.post(url("review"), {**hidden(review), "consent": "1"})

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/orders/{order.token}/")
    assert (order.email, order.phone, order.city) == ("ada@example.com", CONTACT["phone"], "London")
    assert (order.total, order.storefront) == (Decimal("24.90"), shops["apparel"])
    assert order.consent_at is not None
    assert abs((timezone.now() - order.consent_at).total_seconds()) < 10
    assert contents(key) == []
    assert not Checkout.objects.exists()
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("reached", STEPS)
def test_a_step_that_is_too_early_leads_to_what_is_missing(reached: str) -> None:
    _shops, _key, _shirt, client = ready()
    walk(client, reached)

    for step in STEPS:
        answer = client.get(url(step))
        if STEPS.index(step) <= STEPS.index(reached):
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer["Location"]) == (303, url(reached))
    assert Order.objects.count() == 0


def test_what_is_missing_is_said() -> None:
    _shops, _key, _shirt, client = ready()

    assert said(client, client.get(url("review"))) == ["Please tell us your e-mail address first."]
    walk(client, "address")
    expected = ["Please tell us first where your order goes."]
    assert said(client, client.get(url("payment"))) == expected


@pytest.mark.parametrize("step", STEPS)
def test_ahead_of_time_nothing_is_taken_in(step: str) -> None:
    _shops, key, shirt, client = ready()
    sent = {**ENTERED.get(step, {}), "consent": "1", "checkout_key": "k" * 43, "offer": ""}

    answer = client.post(url(step), sent)

    assert answer.status_code == 303
    assert Checkout.objects.count() == (1 if step == "contact" else 0)
    assert not Order.objects.exists()
    assert contents(key) == [(shirt.pk, "apparel", 2)]


def test_an_empty_cart_leads_to_the_cart_from_every_step() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    client = shopper(key, shops["home"])

    for step in STEPS:
        for send in (client.get, client.post):
            assert send(url(step))["Location"] == "/cart/"


@pytest.mark.parametrize(
    ("step", "wrong", "field", "message"),
    [
        ("contact", {"email": "ada@"}, "email",
         "This is not a complete e-mail address, like name@example.com."),
        ("address", {"city": " "}, "city", "Please enter the city."),
        ("address", {"country_code": "us", "postal_code": "94607", "province": ""}, "province",
         "Please choose the state or province."),
        ("address", {"country_code": "xx"}, "country_code",
         "We do not deliver there. Please choose a country of the list."),
        ("shipping", {"shipping_method": "courier"}, "shipping_method",
         "This way of delivery is no longer offered. Please choose again."),
        ("payment", {"payment_method": "cheque"}, "payment_method",
         "This way to pay is not offered. Please choose again."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_not_kept(
    step: str, wrong: dict[str, str], field: str, message: str
) -> None:
    _shops, _key, _shirt, client = ready()
    walk(client, step)
    before = list(Checkout.objects.values())

    page = client.post(url(step), {**ENTERED[step], **wrong})

    assert page.status_code == 200
    assert {name: list(texts) for name, texts in page.context["form"].errors.items()} == {
        field: [message]
    }
    text = page.content.decode()
    assert text.count(message.replace("'", "&#x27;")) == 2  # at the field, and in the summary
    assert 'aria-invalid="true"' in text or step in {"shipping", "payment"}
    assert list(Checkout.objects.values()) == before


def test_without_consent_nothing_is_ordered() -> None:
    _shops, key, shirt, client = ready()
    review = walk(client)

    page = client.post(url("review"), hidden(review))

    assert page.status_code == 200
    assert "The order was not placed yet" in page.content.decode()
    assert "Please agree to our terms of sale to place the order." in page.content.decode()
    assert not Order.objects.exists()
    assert contents(key) == [(shirt.pk, "apparel", 2)]
    again = client.post(url("review"), {**hidden(page), "consent": "1"})
    assert again.status_code == 303


def test_the_back_button_and_a_change_keep_the_rest() -> None:
    _shops, _key, _shirt, client = ready()
    walk(client)

    page = client.get(url("contact"))
    assert 'value="ada@example.com"' in page.content.decode()
    client.post(url("contact"), {"email": "countess@example.com"})
    review = client.get(url("review"))

    assert "countess@example.com" in review.content.decode()
    assert "12 St James&#x27;s Square" in review.content.decode()
    assert Checkout.objects.get().phone == ""


def test_another_country_asks_for_delivery_again_where_the_method_does_not_go() -> None:
    _shops, _key, _shirt, client = ready()
    walk(
        client,
        address={"country_code": "de", "postal_code": "10115"},
        shipping={"shipping_method": "courier"},
    )

    client.post(url("address"), ADDRESS)
    answer = client.get(url("review"))

    assert answer["Location"] == url("shipping")


def test_prices_of_delivery_are_those_of_the_country() -> None:
    _shops, _key, _shirt, client = ready()
    standard = ShippingMethod.objects.get(slug="standard")
    ShippingRate.objects.create(method=standard, countries=["ch"], price=Decimal("12.90"))

    page = walk(client, "shipping", address={"country_code": "ch", "postal_code": "8001"})
    assert [str(q.price) for q in page.context["form"].quotes.values()] == ["12.90"]
    assert page.context["totals"].total == Decimal("32.90")
    client.post(url("shipping"), {"shipping_method": "standard"})
    client.post(url("payment"), {"payment_method": "on-delivery"})
    client.post(url("review"), {**hidden(client.get(url("review"))), "consent": "1"})

    assert Order.objects.get().total == Decimal("32.90")


def test_a_price_that_changed_is_confirmed_before_it_is_charged() -> None:
    _shops, key, shirt, client = ready()
    review = walk(client)
    Variant.objects.update(price="12.00")

    asked = client.post(url("review"), {**hidden(review), "consent": "1"})

    assert "The total is now €28.90." in asked.content.decode()
    assert not Order.objects.exists()
    assert contents(key) == [(shirt.pk, "apparel", 2)]
    done = client.post(url("review"), {**hidden(asked), "consent": "1"})
    assert done.status_code == 303
    assert Order.objects.get().total == Decimal("28.90")


def test_a_method_that_is_gone_since_leads_to_the_step_that_mends_it() -> None:
    _shops, _key, _shirt, client = ready()
    review = walk(client)
    ShippingMethod.objects.filter(slug="standard").update(is_active=False)
    ShippingMethod.objects.create(slug="new", original_name="New", price=1)

    answer = client.post(url("review"), {**hidden(review), "consent": "1"})

    assert (answer.status_code, answer["Location"]) == (303, url("shipping"))
    assert not Order.objects.exists()


def test_two_tabs_with_the_review_are_one_order_and_both_lead_to_it() -> None:
    _shops, _key, shirt, client = ready()
    walk(client)
    first, second = client.get(url("review")), client.get(url("review"))

    one = client.post(url("review"), {**hidden(first), "consent": "1"})
    other = client.post(url("review"), {**hidden(second), "consent": "1"})

    assert Order.objects.count() == 1
    assert one["Location"] == f"/orders/{Order.objects.get().token}/"
    assert other["Location"] == one["Location"]
    assert said(client, other) == ["You have ordered this already: here is your order."]
    shirt.refresh_from_db()
    assert shirt.stock == 3


def test_the_same_review_twice_is_one_order() -> None:
    _shops, _key, _shirt, client = ready()
    data = {**hidden(walk(client)), "consent": "1"}

    answers = [client.post(url("review"), data) for _ in range(3)]

    assert len({answer["Location"] for answer in answers}) == 1
    assert Order.objects.count() == 1


def test_the_invoice_may_go_elsewhere() -> None:
    _shops, _key, _shirt, client = ready()
    office = {f"billing-{name}": value for name, value in ADDRESS.items()}
    office |= {"elsewhere": "1", "billing-company": "Analytical Ltd", "billing-city": ""}
    walk(client, "address")

    asked = client.post(url("address"), {**ADDRESS, **office})
    assert asked.status_code == 200
    assert "Invoice: Please enter the city." in asked.content.decode()
    assert Checkout.objects.get().address_1 == ""

    client.post(url("address"), {**ADDRESS, **office, "billing-city": "Leeds"})
    client.post(url("shipping"), ENTERED["shipping"])
    client.post(url("payment"), ENTERED["payment"])
    client.post(url("review"), {**hidden(client.get(url("review"))), "consent": "1"})

    order = Order.objects.get()
    assert (order.city, order.company) == ("London", "")
    assert (order.billing_address.city, order.billing_address.company) == (
        "Leeds",
        "Analytical Ltd",
    )


def test_what_was_entered_is_on_the_one_page_too_and_the_other_way_round() -> None:
    _shops, _key, _shirt, client = ready()
    walk(client, "shipping")

    form = client.get("/checkout/").context["form"]
    assert (form["email"].value(), form["city"].value()) == ("ada@example.com", "London")

    client.post("/checkout/", {**CONTACT, **ADDRESS, "city": "", "email": "b@example.com"})
    assert client.get(url("contact")).context["form"]["email"].value() == "b@example.com"
    assert client.get(url("address")).context["form"]["city"].value() == "London"


def test_an_order_on_one_page_keeps_the_invoice_address_of_the_steps() -> None:
    _shops, _key, _shirt, client = ready()
    office = {f"billing-{name}": value for name, value in ADDRESS.items()}
    walk(client, "shipping", address={**office, "elsewhere": "1", "billing-city": "Leeds"})
    page = client.get("/checkout/")
    assert "Leeds" in page.content.decode()

    sent = {**hidden(page), **CONTACT, **ADDRESS, **ENTERED["shipping"], **ENTERED["payment"]}
    assert client.post("/checkout/", sent).status_code == 303

    assert Order.objects.get().billing_address.city == "Leeds"


def test_the_steps_leave_a_trail_without_anybodys_address() -> None:
    _shops, _key, _shirt, client = ready()
    data = {**hidden(walk(client)), "consent": "1"}
    client.post(url("contact"), CONTACT)  # nothing new, nothing to tell
    client.post(url("review"), data)

    rows = Entry.objects.filter(trail=Order.objects.get().trail).order_by("seq")
    assert list(rows.values_list("action", flat=True)) == [
        "checkout.contact", "checkout.address", "checkout.shipping", "checkout.payment",
        "order.placed", "payment.begun",
    ]  # fmt: skip
    assert rows[0].facts == {"email": email_fingerprint("ada@example.com")}
    told = str(list(rows.values_list("facts", flat=True)))
    for secret in ("ada@example.com", "Lovelace", "Square", "7946"):
        assert secret not in told


def test_who_signs_in_sees_nothing_of_what_a_guest_entered_in_the_same_browser() -> None:
    shops, key, _shirt, client = ready()
    walk(client)
    ada = User.objects.create_user("someone@example.com", "secret")
    theirs = signed_in(ada, shops["apparel"])
    Cart.objects.filter(session_key=key).update(session_key=None, customer=ada)

    pages = [theirs.get("/checkout/"), theirs.get(url("contact"))]

    for page in pages:
        assert page.status_code == 200
        assert "ada@example.com" not in page.content.decode()
        assert "Lovelace" not in page.content.decode()
    assert theirs.get(url("review"))["Location"] == url("contact")
    theirs.post(url("contact"), CONTACT)
    entry = Checkout.objects.get()
    assert (entry.customer, entry.address_1) == (ada, "")


def test_a_customer_finds_their_addresses_and_takes_one() -> None:
    make_methods()
    shops = make_shops()
    ada = User.objects.create_user("ada@example.com", "secret", first_name="Ada")
    for city, country in (("Oxford", "gb"), ("Tokyo", "jp")):
        Address.objects.create(
            customer=ada, first_name="Ada", last_name="King", address_1="1 High Street",
            city=city, postal_code="OX1 1AA", country_code=country,
            is_default_shipping=city == "Oxford",
        )  # fmt: skip
    foreign = Address.objects.create(
        customer=User.objects.create_user("eve@example.com", "secret"), first_name="Eve",
        last_name="X", address_1="1 Low Road", city="Hull", postal_code="1", country_code="gb",
    )  # fmt: skip
    cart = Cart.objects.create(customer=ada)
    shirt = make_variant(shops["apparel"])
    CartLine.objects.create(cart=cart, variant=shirt, storefront=shops["apparel"], quantity=1)
    client = signed_in(ada, shops["apparel"])

    assert client.get("/checkout/").context["form"]["city"].value() == "Oxford"
    client.post(url("contact"), CONTACT)
    page = client.get(url("address")).content.decode()
    assert "Oxford" in page
    assert "Tokyo" not in page  # nobody delivers there
    assert "Hull" not in page
    taken = client.post(url("address"), {"saved": str(ada.addresses.get(city="Oxford").pk)})
    assert taken["Location"] == url("shipping")
    assert Checkout.objects.get().last_name == "King"
    refused = client.post(url("address"), {"saved": str(foreign.pk)})
    assert refused.status_code == 200
    assert Checkout.objects.get().city == "Oxford"


@pytest.mark.parametrize("size", [1, 5, 50])
@pytest.mark.parametrize(
    ("step", "queries"),
    [("contact", 16), ("address", 16), ("shipping", 15), ("payment", 15), ("review", 15)],
)
def test_a_step_takes_the_same_queries_whatever_the_cart(
    step: str, queries: int, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, *((make_variant(shops["home"], stock=9), shops["home"], 1) for _ in range(size)))
    client = shopper(key, shops["galleria"])
    walk(client, step)

    with django_assert_num_queries(queries):
        client.get(url(step))


@pytest.mark.parametrize(
    "value", ["", "x" * 100_000, "\x00", "🦊" * 50, "<script>alert(1)</script>"]
)
@pytest.mark.parametrize("step", STEPS)
def test_nonsense_is_answered_and_changes_nothing(step: str, value: str) -> None:
    _shops, key, shirt, client = ready()
    walk(client, step)
    names: dict[str, Any] = {**ENTERED.get(step, {}), "checkout_key": "", "offer": ""}

    answer = client.post(url(step), dict.fromkeys(names, value))

    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert not Order.objects.exists()
    assert contents(key) == [(shirt.pk, "apparel", 2)]


OAKLAND = {"city": "Oakland", "postal_code": "94607", "country_code": "us"}


def provinces(page: Any, prefix: str = "") -> str:
    """What a page shows of the field for the province."""
    name = f'[^>]* name="{prefix}province"'
    found = re.search(
        rf"<select{name}.*?</select>|<input{name}[^>]*>", page.content.decode(), re.DOTALL
    )
    assert found is not None
    return found[0]


def test_without_script_the_list_of_provinces_comes_with_the_page_that_asks_for_it() -> None:
    _shops, _key, _shirt, client = ready()
    page = walk(client, "address")
    assert provinces(page).startswith('<input type="text"')

    asked = client.post(url("address"), {**ADDRESS, **OAKLAND})
    assert '<option value="US-CA">California</option>' in provinces(asked)
    assert Checkout.objects.get().address_1 == ""
    answer = client.post(url("address"), {**ADDRESS, **OAKLAND, "province": "US-CA"})

    assert answer["Location"] == url("shipping")
    assert Checkout.objects.get().province == "CA"
    assert '<option value="US-CA" selected>California</option>' in provinces(
        client.get(url("address"))
    )


def test_the_invoices_address_has_a_list_of_its_own() -> None:
    _shops, _key, _shirt, client = ready()
    walk(client, "address")
    toronto = {**ADDRESS, "city": "Toronto", "postal_code": "M5V 2T6", "country_code": "ca"}
    billing = {f"billing-{name}": value for name, value in toronto.items()}

    asked = client.post(url("address"), {**ADDRESS, "elsewhere": "1", **billing})
    assert provinces(asked).startswith('<input type="text"')
    assert '<option value="CA-ON">Ontario</option>' in provinces(asked, "billing-")
    chosen = {**billing, "billing-province": "CA-ON"}
    client.post(url("address"), {**ADDRESS, "elsewhere": "1", **chosen})

    assert Checkout.objects.get().billing["province"] == "ON"


def test_a_saved_address_of_before_the_lists_is_ordered_to_as_it_is() -> None:
    shops, _key, shirt, _client = ready()
    ada = User.objects.create_user("ada@example.com", "secret")
    old = {**ADDRESS, **OAKLAND, "postal_code": "CAL 94607", "province": "Calif."}
    saved = Address.objects.create(customer=ada, **old)
    cart = Cart.objects.create(customer=ada)
    CartLine.objects.create(cart=cart, variant=shirt, storefront=shops["apparel"], quantity=1)
    client = signed_in(ada, shops["apparel"])

    # On one page it is there to be sent as it is, ...
    page = client.get("/checkout/")
    assert '<option value="Calif." selected>Calif.</option>' in provinces(page)
    sent = {field.name: field.value() or "" for field in page.context["form"]}
    refused = client.post("/checkout/", {**sent, "address_1": ""})
    assert list(refused.context["form"].errors) == ["address_1"]
    # ... and in steps it is chosen.
    client.post(url("contact"), CONTACT)
    assert client.post(url("address"), {"saved": saved.pk})["Location"] == url("shipping")
    entry = Checkout.objects.get(customer=ada)
    assert (entry.province, entry.postal_code) == ("Calif.", "CAL 94607")

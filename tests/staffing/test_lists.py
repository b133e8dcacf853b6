"""Staff's lists answer to the filters they offer, and tell nothing else letter by letter."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.http import HttpRequest, QueryDict
from django.test import Client, RequestFactory

from accounts.models import User
from carts.models import Cart
from orders.models import Order
from shop.audit.admin import trail_url
from shop.audit.models import Entry
from shop.catalogue.models import Product
from shop.mailing.models import OutgoingMail
from shop.staff.roles import SUPPORT
from shop.storefronts.models import Storefront
from tests.factories import StorefrontFactory
from tests.staff import sign_in_staff
from tests.staffing.rows import address, one_of_everything, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def main() -> Storefront:
    return StorefrontFactory(slug="galleria", is_main=True)


@pytest.fixture
def shop(main: Storefront) -> Product:
    return one_of_everything()


def asked(query: dict[str, Any]) -> HttpRequest:
    """A list's address, opened by an administrator."""
    request = RequestFactory().get("/", query)
    request.user = User(is_staff=True, is_superuser=True)
    return request


def paths(model_admin: Any) -> set[str]:
    """What the list may be filtered by."""
    own = {getattr(each, "parameter_name", each) for each in model_admin.list_filter}
    return own | ({model_admin.date_hierarchy} - {None}) | {*getattr(model_admin, "linked_by", ())}


def refused(model_admin: Any, lookup: str) -> bool:
    try:
        model_admin.get_changelist_instance(asked({lookup: "1"}))
    except DisallowedModelAdminLookup:
        return True
    return False


def fields(model: Any) -> Iterator[str]:
    """The model's own fields, and those of what it leads to."""
    for field in model._meta.concrete_fields:
        yield field.name
        yield field.attname
        if field.is_relation:
            yield from (f"{field.name}__{far.name}" for far in field.related_model._meta.fields)


def test_no_list_can_be_asked_about_a_field_that_it_does_not_offer() -> None:
    guesses = [
        (model_admin, field + lookup)
        for model, model_admin in admin.site._registry.items()
        for field in set(fields(model)) - paths(model_admin)
        for lookup in ("", "__startswith")
    ]

    answered = [guess for guess in guesses if not refused(*guess)]

    assert len(guesses) > 1000
    assert answered == []


def test_a_field_that_is_offered_is_not_for_guessing_either() -> None:
    guesses = ("startswith", "regex", "in", "id__regex")

    answered = [
        f"{model._meta.label}: {field}__{guess}"
        for model, model_admin in admin.site._registry.items()
        for field in paths(model_admin)
        for guess in guesses
        if not refused(model_admin, f"{field}__{guess}")
    ]

    assert answered == []


def test_support_cannot_try_out_what_no_page_shows(main: Storefront, shop: Product) -> None:
    # Given a mail whose link is for its reader alone
    mail = OutgoingMail.objects.create(
        to="ada@example.com", subject="s", text="/password/reset/key/1-d", is_secret=True
    )
    cart, order = Cart.objects.get(session_key__isnull=False), Order.objects.get()
    _user, client = somebody(SUPPORT, main)
    tries: list[tuple[Any, dict[str, str]]] = [
        (OutgoingMail, {"to": mail.to, "text__contains": "/password/reset/key/1-d"}),
        (OutgoingMail, {"state__exact": "waiting", "text__contains": "/key/1-x"}),
        (Cart, {"public_id__startswith": str(cart.public_id)[:1]}),
        (Cart, {"session_key__startswith": str(cart.session_key)[:1]}),
        (Order, {"token__startswith": order.token[:1]}),
        (Order, {"customer__password__startswith": "m"}),
    ]

    # When each is tried
    answers = [client.get(address(model, "changelist"), query) for model, query in tries]

    # Then a right guess looks like a wrong one
    assert [answer.status_code for answer in answers] == [400] * len(tries)
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("guess", ["password__startswith", "email__regex", "last_login__year"])
def test_not_even_an_owner_filters_accounts_by_their_secrets(main: Storefront, guess: str) -> None:
    assert sign_in_staff(main).get(address(User, "changelist"), {guess: "("}).status_code == 400


def test_every_filter_that_a_list_offers_works(shop: Product) -> None:
    # Given lists with rows
    links = []
    for model_admin in admin.site._registry.values():
        listed: Any = model_admin.get_changelist_instance(asked({}))
        links += [
            (model_admin, choice["query_string"].removeprefix("?"))
            for filter_ in listed.filter_specs
            for choice in filter_.choices(listed)
        ]
        if day := model_admin.date_hierarchy:
            links += [
                (model_admin, f"{day}__year=2026"),
                (model_admin, f"{day}__year=2026&{day}__month=2&{day}__day=1"),
            ]

    # When each choice of each filter is followed, and the calendars
    lists = [
        list(model_admin.get_changelist_instance(asked(QueryDict(link).dict())).result_list)
        for model_admin, link in links
    ]

    # Then each is answered: some with rows, some with none
    assert len(lists) > 150
    assert len([rows for rows in lists if rows]) > 50
    assert [] in lists


def test_the_links_of_other_pages_work(main: Storefront, shop: Product) -> None:
    client = sign_in_staff(main)
    entry = Entry.objects.first()
    assert entry is not None

    for link in (
        trail_url(entry.trail),
        address(Order, "changelist") + "?status__exact=placed",
        address(Order, "changelist") + "?payment_status__exact=awaiting",
        address(OutgoingMail, "changelist") + "?state__exact=failed",
    ):
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    "query",
    [
        {"placed_at__year": "9" * 25},
        {"placed_at__year": "9999"},
        {"placed_at__year": "9" * 5000},
        {"placed_at__year": "-1"},
        {"placed_at__year": "²"},
        {"placed_at__year": "2026", "placed_at__month": "9" * 25},
        {"placed_at__month": "x"},
    ],
)
def test_a_day_that_no_calendar_has_is_refused(main: Storefront, query: dict[str, str]) -> None:
    assert sign_in_staff(main).get(address(Order, "changelist"), query).status_code == 400


def test_the_last_year_of_the_calendar_is_only_empty(main: Storefront, client: Client) -> None:
    query = {"placed_at__year": "9998", "placed_at__month": "12", "placed_at__day": "31"}

    answer = sign_in_staff(main).get(address(Order, "changelist"), query)

    assert answer.status_code == 200
    assert list(answer.context["cl"].result_list) == []

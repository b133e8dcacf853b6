"""Offers, codes, prices and taxes as staff set them up, and what they are kept from."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.emails import confirm
from shop.catalogue.models import Category, Variant
from shop.pricing.admin import state_of
from shop.pricing.models import (
    CustomerGroup,
    HomeCountry,
    ProductTax,
    Promotion,
    QuantityBreak,
    Redemption,
    StorefrontPrice,
    TaxClass,
    Voucher,
)
from shop.pricing.services import redeem
from shop.staff.roles import MERCHANDISER, OWNER, SUPPORT
from shop.storefronts.models import Storefront
from tests.carts.helpers import make_variant
from tests.factories import CategoryFactory, NetworkFactory
from tests.pricing.factories import D, priced, promotion, tax
from tests.staff import sign_in, sign_in_staff

pytestmark = pytest.mark.django_db

HERE = "/admin/pricing/"
PAST, FUTURE = datetime(2020, 7, 1, tzinfo=UTC), datetime(2999, 7, 1, tzinfo=UTC)


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


def offer(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Summer", "name_zh_hans": "", "kind": "percentage", "percent": "10",
        "is_active": "on", "combinable": "on", "automatic": "on", "priority": "0", **fields,
    }  # fmt: skip


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer.content[:500]
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return {name: list(told) for name, told in found.items()}


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({}, {"percent": D(10)}),
        ({"kind": "fixed", "percent": "", "amount": "5.00"}, {"amount": D(5), "percent": None}),
        ({"kind": "free-shipping", "percent": ""}, {"amount": None}),
        ({"kind": "free-shipping", "percent": "", "amount": "4.90"}, {"amount": D("4.90")}),
        (
            {"kind": "buy-get", "percent": "100", "buy_quantity": "2", "get_quantity": "1"},
            {"buy_quantity": 2, "get_quantity": 1, "percent": D(100)},
        ),
        ({"name_zh_hans": "夏季"}, {"translations": {"zh-hans": {"name": "夏季"}}}),
    ],
)
def test_an_offer_of_each_kind_is_added(
    staff: Client, fields: dict[str, Any], stored: dict[str, Any]
) -> None:
    answer = staff.post(f"{HERE}promotion/add/", offer(**fields))

    assert answer.status_code == 302
    made = Promotion.objects.get()
    assert {name: getattr(made, name) for name in stored} == stored


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"percent": ""}, {"percent": ["An offer of this kind has to say it."]}),
        ({"percent": "0"}, {"percent": ["Ensure this value is greater than or equal to 0.01."]}),
        ({"percent": "101"}, {"percent": ["Ensure this value is less than or equal to 100."]}),
        (
            {"amount": "5"},
            {"amount": ["It has no meaning for this kind: please empty it."]},
        ),
        (
            {"kind": "fixed", "percent": ""},
            {"amount": ["An offer of this kind has to say it."]},
        ),
        (
            {"kind": "buy-get"},
            {
                "buy_quantity": ["An offer of this kind has to say it."],
                "get_quantity": ["An offer of this kind has to say it."],
            },
        ),
        (
            {
                "starts_at_0": "2026-06-01", "starts_at_1": "12:00",
                "ends_at_0": "2026-06-01", "ends_at_1": "11:59",
            },
            {"ends_at": ["It has to end after it starts."]},
        ),
        (
            {"kind": "gift"},
            {"kind": ["Select a valid choice. gift is not one of the available choices."]},
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_the_field(
    staff: Client, fields: dict[str, Any], told: dict[str, list[str]]
) -> None:
    found = errors(staff.post(f"{HERE}promotion/add/", offer(**fields)))

    assert {name: found.get(name) for name in told} == told
    assert not Promotion.objects.exists()


def test_the_list_says_each_offer_in_words(staff: Client, network: dict[str, Storefront]) -> None:
    shirts = CategoryFactory(name="Shirts")
    club = CustomerGroup.objects.create(name="Club")
    promotion(name="A", categories=[shirts], minimum_total=D(50), combinable=False)
    promotion("B", name="B", kind="fixed", amount=D(5), usage_limit=100, used=100)
    promotion(name="C", kind="free-shipping", storefronts=[network["apparel"]], groups=[club])
    promotion(
        name="D", kind="buy-get", buy_quantity=2, get_quantity=1, percent=D(50),
        usage_limit_per_customer=1, starts_at=datetime(2020, 6, 30, 10, tzinfo=UTC),
        ends_at=datetime(2020, 7, 1, tzinfo=UTC),
    )  # fmt: skip

    page = staff.get(f"{HERE}promotion/").content.decode()

    for words in (
        "10% off · from €50.00 · Shirts · not with others",
        "€5.00 off · 100 orders in all",
        "free delivery · put in at Apparel · for Club",
        "buy 2, get 1 at 50% off · from June 30, 2020, 10 a.m. · "
        "until July 1, 2020, midnight · 1 per customer",
        "100 of 100",
        "used up",
        "over",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("offer_is", "voucher_is", "told"),
    [
        ({}, {}, "running"),
        ({"ends_at": PAST}, {}, "over"),
        ({"is_active": False}, {}, "off"),
        ({"starts_at": FUTURE}, {}, "planned"),
        ({"usage_limit": 1, "used": 1}, {}, "used up"),
        ({"ends_at": PAST}, {"starts_at": FUTURE}, "over"),
        ({}, {"ends_at": PAST}, "over"),
        ({"ends_at": PAST}, {"is_active": False}, "off"),
    ],
)
def test_a_voucher_counts_no_longer_than_its_offer(
    offer_is: dict[str, Any], voucher_is: dict[str, Any], told: str
) -> None:
    promotion("SPRING", voucher=voucher_is, **offer_is)

    state, _word = state_of(Voucher.objects.get())

    assert state == told


@pytest.mark.parametrize("page", ["promotion", "voucher", "redemption", "customergroup"])
def test_a_list_takes_the_same_queries_whatever_its_length(
    staff: Client, network: dict[str, Storefront], page: str
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            name = f"{Promotion.objects.count()}{number}"
            made = promotion(f"CODE{name}", categories=[CategoryFactory()])
            group = CustomerGroup.objects.create(name=name)
            made.groups.add(group)
            Redemption.objects.create(promotion=made, reference=name, amount=D(1))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(f"{HERE}{page}/").status_code == 200
        return len(captured)

    fill(1)
    staff.get(f"{HERE}{page}/")
    few = queries()
    fill(8)

    assert queries() == few


def code(made: Promotion, **fields: Any) -> dict[str, Any]:
    return {"code": "welcome 10", "promotion": made.pk, "is_active": "on", **fields}


def test_a_code_is_stored_as_it_is_looked_up(staff: Client) -> None:
    made = promotion("OTHER")

    assert staff.post(f"{HERE}voucher/add/", code(made)).status_code == 302

    assert Voucher.objects.filter(code="WELCOME10").exists()
    again = errors(staff.post(f"{HERE}voucher/add/", code(made, code="Welcome10")))
    assert again == {"code": ["Voucher with this Code already exists."]}


def test_codes_that_cannot_work_are_refused(staff: Client) -> None:
    by_code, automatic = promotion("OTHER"), promotion(name="Everybody's")

    assert errors(staff.post(f"{HERE}voucher/add/", code(by_code, code=" \u2003 "))) == {
        "code": ["This field is required."]
    }
    assert errors(staff.post(f"{HERE}voucher/add/", code(by_code, code="ß" * 30))) == {
        "code": ["A code has at most 40 characters."]
    }
    assert errors(staff.post(f"{HERE}voucher/add/", code(automatic))) == {
        "promotion": ["“Everybody's” is automatic: everybody gets it without a code."]
    }
    assert Voucher.objects.count() == 1


def test_a_limit_below_what_was_used_is_refused_with_what_to_do(staff: Client) -> None:
    made = promotion("OTHER", used=3)

    found = errors(
        staff.post(f"{HERE}promotion/{made.pk}/change/", offer(automatic="", usage_limit="2"))
    )

    assert found["usage_limit"] == ["It was used 3 times already. To end it, switch it off."]


def test_what_was_used_is_switched_off_and_not_deleted(
    staff: Client, network: dict[str, Storefront]
) -> None:
    used, unused = promotion("USED", name="Used"), promotion("UNUSED", name="Unused")
    line = (make_variant(price="10.00"), network["home"], 1)
    redeem(priced(line, codes=["USED"]), reference="order-1", customer=None, email="a@b.example")

    assert staff.post(f"{HERE}promotion/{used.pk}/delete/", {"post": "yes"}).status_code == 403
    voucher = used.vouchers.get()
    assert staff.post(f"{HERE}voucher/{voucher.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.post(f"{HERE}promotion/{unused.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Promotion.objects.all()) == [used]


def test_random_codes_are_made_at_once(staff: Client) -> None:
    made, automatic = promotion("OTHER", name="Letter"), promotion(name="Everybody's")

    staff.post(
        f"{HERE}promotion/",
        {"action": "make_codes", "_selected_action": [made.pk, automatic.pk]},
    )

    codes = made.vouchers.exclude(code="OTHER")
    assert codes.count() == 20
    assert {voucher.usage_limit for voucher in codes} == {1}
    assert all(len(voucher.code) == 12 for voucher in codes)
    assert not automatic.vouchers.exists()


def test_who_may_not_add_vouchers_makes_none(network: dict[str, Storefront]) -> None:
    staff = sign_in_staff(network["galleria"])
    User.objects.update(is_superuser=False)
    seen = Permission.objects.filter(codename__in=["view_promotion", "change_promotion"])
    User.objects.get().user_permissions.set(seen)
    made = promotion("OTHER")

    assert staff.get(f"{HERE}promotion/").status_code == 200
    staff.post(f"{HERE}promotion/", {"action": "make_codes", "_selected_action": [made.pk]})

    assert made.vouchers.count() == 1


def test_prices_that_would_never_hold_are_refused(
    staff: Client, network: dict[str, Storefront]
) -> None:
    apparel, home = network["apparel"], network["home"]
    shirt = make_variant(apparel, price="20.00", title="Shirt")

    found = errors(
        staff.post(
            f"{HERE}storefrontprice/add/",
            {"variant": shirt.pk, "storefront": home.pk, "price": "18"},
        )
    )
    assert found == {"storefront": ["“Shirt” is not sold at Home."]}
    answer = staff.post(
        f"{HERE}storefrontprice/add/",
        {"variant": shirt.pk, "storefront": apparel.pk, "price": "18", "compare_at_price": "18"},
    )
    assert errors(answer) == {"__all__": ["The price before the sale is higher than the price."]}
    staff.post(
        f"{HERE}storefrontprice/add/",
        {"variant": shirt.pk, "storefront": apparel.pk, "price": "18"},
    )
    assert StorefrontPrice.objects.get().price == D(18)

    several = {"variant": shirt.pk, "minimum": "3", "price": "18.00"}
    found = errors(staff.post(f"{HERE}quantitybreak/add/", {**several, "storefront": apparel.pk}))
    assert found == {"price": ["A single one costs 18.00: this has to be lower."]}
    assert staff.post(f"{HERE}quantitybreak/add/", several).status_code == 302
    found = errors(staff.post(f"{HERE}quantitybreak/add/", several))
    assert found == {"__all__": ["There is a price for this number already."]}
    assert QuantityBreak.objects.count() == 1


def test_variants_are_found_for_their_prices_and_not_changed_there(
    staff: Client, network: dict[str, Storefront]
) -> None:
    make_variant(network["apparel"], title="Linen shirt")
    query = {"app_label": "pricing", "model_name": "storefrontprice", "field_name": "variant"}

    found = staff.get("/admin/autocomplete/", {**query, "term": "linen"}).json()

    assert [each["text"] for each in found["results"]] == ["Linen shirt"]
    assert staff.get("/admin/catalogue/variant/add/").status_code == 403
    variant = Variant.objects.get()
    answer = staff.post(f"/admin/catalogue/variant/{variant.pk}/change/", {"price": "1"})
    assert answer.status_code == 403


def test_taxes_are_set_up_by_class_and_country(
    staff: Client, network: dict[str, Storefront]
) -> None:
    standard = tax("DE", "19")
    product = make_variant().product
    rows = {
        "rates-TOTAL_FORMS": "2", "rates-INITIAL_FORMS": "0",
        "rates-0-country": "DE", "rates-0-rate": "7", "rates-0-name": "",
        "rates-1-country": "FR", "rates-1-rate": "5.5", "rates-1-name": "TVA",
    }  # fmt: skip
    reduced = {"name": "Reduced", "slug": "reduced"}

    assert staff.post(f"{HERE}taxclass/add/", {**reduced, **rows}).status_code == 302
    made = TaxClass.objects.get(slug="reduced")
    assert made.rates.count() == 2
    for wrong in ({"rates-0-country": "de"}, {"rates-0-rate": "101"}, {"rates-1-country": "DE"}):
        answer = staff.post(f"{HERE}taxclass/add/", {"name": "X", "slug": "x", **rows, **wrong})
        assert answer.status_code == 200
    assert not TaxClass.objects.filter(slug="x").exists()

    staff.post(f"{HERE}producttax/add/", {"product": product.pk, "tax_class": made.pk})
    assert ProductTax.objects.get().tax_class == made
    home = {"storefront": network["home"].pk, "country": "FR"}
    staff.post(f"{HERE}homecountry/add/", home)
    assert HomeCountry.objects.get().country == "FR"
    assert staff.post(f"{HERE}taxclass/{standard.pk}/delete/", {"post": "yes"}).status_code == 403


def test_redemptions_are_to_look_at(staff: Client) -> None:
    made = Redemption.objects.create(promotion=promotion(), reference="order-1", amount=D(1))

    assert staff.get(f"{HERE}redemption/").status_code == 200
    assert staff.get(f"{HERE}redemption/add/").status_code == 403
    answer = staff.post(f"{HERE}redemption/{made.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "page",
    [
        "promotion", "voucher", "customergroup", "taxclass", "producttax", "homecountry",
        "storefrontprice", "quantitybreak",
    ],
)  # fmt: skip
def test_every_page_opens(staff: Client, page: str) -> None:
    for path in ("", "add/"):
        assert staff.get(f"{HERE}{page}/{path}").status_code == 200


def test_groups_and_offers_name_each_other(staff: Client) -> None:
    ada = User.objects.create_user("ada@example.com")
    answer = staff.post(f"{HERE}customergroup/add/", {"name": "Club", "members": [ada.pk]})
    assert answer.status_code == 302
    club = CustomerGroup.objects.get()
    promotion(name="For the club", groups=[club])

    assert list(club.members.all()) == [ada]
    assert "For the club" in staff.get(f"{HERE}customergroup/").content.decode()


def test_the_categories_of_an_offer_are_chosen_by_name(staff: Client) -> None:
    shirts: Category = CategoryFactory(name="Shirts")

    staff.post(f"{HERE}promotion/add/", offer(categories=[shirts.pk]))

    assert list(Promotion.objects.get().categories.all()) == [shirts]


@pytest.mark.parametrize(
    ("role", "address"),
    [(OWNER, "grace@navy.example"), (MERCHANDISER, "g…@n….example"), (SUPPORT, None)],
)
def test_only_roles_that_see_customers_learn_who_used_an_offer(
    network: dict[str, Storefront], role: str, address: str | None
) -> None:
    # Given an offer that a customer has used, and a group with that customer in it
    grace = User.objects.create_user("grace@navy.example", "x")
    used = Redemption.objects.create(
        promotion=promotion("TEN"), reference="order-1", amount=D(1), customer=grace
    )
    guests = Redemption.objects.create(promotion=used.promotion, reference="order-2", amount=D(1))
    club = CustomerGroup.objects.create(name="Club")
    club.members.add(grace)
    user = User.objects.create_user(f"{role}@example.com".lower(), "x", is_staff=True)
    confirm(user)
    user.groups.add(Group.objects.get(name=role))
    client = sign_in(user, network["galleria"])

    # When all pages that name a customer are opened
    redemptions = f"{HERE}redemption/"
    pages = [
        redemptions,
        f"{redemptions}{used.pk}/change/",
        f"{HERE}customergroup/{club.pk}/change/",
    ]
    answers = [client.get(url) for url in pages]

    # Then
    if address is None:
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        return
    told = [answer.content.decode() for answer in answers]
    assert [address in text for text in told] == [True, True, role == OWNER]
    assert [grace.email in text for text in told] == [role == OWNER] * 3
    found = client.get(redemptions, {"q": grace.email}).context["cl"].result_list
    assert list(found) == ([used] if role == OWNER else [])
    assert client.get(f"{redemptions}{guests.pk}/change/").status_code == 200
    for lookup in ("customer__email", "customer__email__startswith"):
        assert client.get(redemptions, {lookup: "g"}).status_code == 400

    # And who cannot see the members cannot change them, and keeps them
    client.post(pages[2], {"name": "Circle", "members": []})
    club.refresh_from_db()
    assert (club.name, club.members.count()) == ("Circle", 0 if role == OWNER else 1)

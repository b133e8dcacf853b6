"""Ways of delivery, and the command that seeds them."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from accounts.countries import NAMES, country_name, delivery_countries
from orders.models import ShippingMethod, ShippingRate
from orders.shipping import Tariff, weight_of
from shop.pricing.breakdown import Wanted
from tests.carts.helpers import make_shops, make_variant

pytestmark = pytest.mark.django_db


def test_seeding_twice_is_seeding_once_and_keeps_what_staff_changed() -> None:
    call_command("seed_shipping", verbosity=0)
    ShippingMethod.objects.filter(slug="express").update(price="15.00")
    call_command("seed_shipping", verbosity=0)

    assert list(ShippingMethod.objects.offered().values_list("slug", "price")) == [
        ("standard", Decimal("4.90")),
        ("express", Decimal("15.00")),
        ("pick-up", Decimal("0.00")),
    ]


def test_seeds_speak_the_shops_languages_and_older_ones_learn_to() -> None:
    call_command("seed_shipping", verbosity=0)
    ShippingMethod.objects.filter(slug="standard").update(translations={})
    ShippingMethod.objects.filter(slug="express").update(translations={}, name="Courier")
    call_command("seed_shipping", verbosity=0)

    with translation.override("zh-hans"):
        assert [method.name for method in ShippingMethod.objects.offered()] == [
            "标准配送",
            "Courier",
            "到店自取",
        ]


def test_a_method_serves_its_countries_in_either_case_or_all() -> None:
    assert ShippingMethod(countries=["DE", "fr"]).serves("de")
    assert ShippingMethod(countries=["DE", "fr"]).serves("FR")
    assert not ShippingMethod(countries=["DE", "fr"]).serves("gb")
    assert ShippingMethod(countries=[]).serves("gb")


@pytest.mark.parametrize("countries", ["de", {"de": 1}, ["deu"], ["de", 1], [""], ["d3"]])
def test_a_list_of_countries_that_is_none_is_refused(countries: object) -> None:
    method = ShippingMethod(slug="x", original_name="X", price=Decimal(1), countries=countries)
    with pytest.raises(ValidationError) as refusal:
        method.full_clean()
    assert list(refusal.value.message_dict) == ["countries"]


def test_countries_have_names_and_come_in_their_order(settings: pytest.FixtureRequest) -> None:
    assert all(code in NAMES for code, _name in delivery_countries())
    settings.SHOP_COUNTRIES = ["US", "at", "XK"]  # type: ignore[attr-defined]
    assert delivery_countries() == [("at", "Austria"), ("us", "United States"), ("xk", "XK")]
    assert country_name("GB") == "United Kingdom"


def test_in_chinese_countries_come_in_the_order_of_their_sound() -> None:
    with translation.override("zh-hans"):
        names = [name for _code, name in delivery_countries()]

    assert names == [
        "爱尔兰", "爱沙尼亚", "奥地利", "保加利亚", "比利时", "波兰", "丹麦",
        "德国", "法国", "芬兰", "荷兰", "加拿大", "捷克", "克罗地亚",
        "拉脱维亚", "立陶宛", "卢森堡", "罗马尼亚", "马耳他", "美国", "挪威",
        "葡萄牙", "瑞典", "瑞士", "塞浦路斯", "斯洛伐克", "斯洛文尼亚", "西班牙",
        "希腊", "匈牙利", "意大利", "英国", "中国",
    ]  # fmt: skip


def tariff(*rates: Mapping[str, object], **method: object) -> tuple[Tariff, ShippingMethod]:
    """One way of delivery at 4.90 with these rates, for all countries but as `method` says."""
    made = ShippingMethod.objects.create(
        **{"slug": "post", "name": "Post", "price": Decimal("4.90"), **method}
    )
    for rate in rates:
        ShippingRate.objects.create(method=made, **rate)
    return Tariff.load(), made


RATES = (
    {"min_total": "50.00", "price": "0.00"},
    {"min_weight_grams": 10_000, "price": "9.90"},
    {"countries": ["CH"], "price": "14.90"},
    {"countries": ["CH"], "min_total": "200.00", "price": "5.00"},
)


@pytest.mark.parametrize(
    ("country", "weight", "total", "price"),
    [
        ("de", 100, "49.99", "4.90"),
        ("de", 100, "50.00", "0.00"),
        ("de", 9_999, "10.00", "4.90"),
        ("de", 10_000, "10.00", "9.90"),
        ("de", 10_000, "50.00", "0.00"),  # the higher total goes before the weight
        ("ch", 100, "60.00", "14.90"),  # its own price goes before what is free elsewhere
        ("CH", 100, "200.00", "5.00"),
        (None, 100, "10.00", "4.90"),
        (None, 100, "80.00", "0.00"),
    ],
)
def test_the_rate_that_says_most_about_a_parcel_is_its_price(
    country: str | None, weight: int, total: str, price: str
) -> None:
    loaded, method = tariff(*RATES)

    [quote] = loaded.quotes(country, weight=weight, total=Decimal(total))

    assert (quote.method, quote.price) == (method, Decimal(price))


def test_a_method_takes_no_more_than_it_can_carry_and_goes_only_where_it_goes() -> None:
    loaded, _method = tariff(max_weight_grams=2_000, countries=["de"])

    def offered(country: str | None, weight: int) -> int:
        return len(loaded.quotes(country, weight=weight, total=Decimal(10)))

    assert (offered("de", 2_000), offered("de", 2_001), offered("gb", 10)) == (1, 0, 0)
    assert offered(None, 10) == 1


def test_a_list_of_what_it_costs_elsewhere() -> None:
    loaded, method = tariff(*RATES, {"countries": ["no", "GB"], "price": "9.00"})

    listed = loaded.country_prices(method, weight=100, total=Decimal(10))

    assert [(each.countries, each.price) for each in listed] == [
        (("Norway", "United Kingdom"), Decimal("9.00")),
        (("Switzerland",), Decimal("14.90")),
    ]


def test_any_change_of_a_price_gives_the_tariff_another_name() -> None:
    before, method = tariff(*RATES)
    names = {before.digest()}
    ShippingRate.objects.filter(min_total="50.00").update(min_total="60.00")
    names.add(Tariff.load().digest())
    ShippingMethod.objects.update(price="5.00")
    names.add(Tariff.load().digest())
    method.rates.all()[0].delete()
    names.add(Tariff.load().digest())

    assert len(names) == 4
    assert Tariff.load().digest() in names


def test_what_needs_no_delivery_weighs_nothing() -> None:
    shops = make_shops()
    book, card = make_variant(shops["home"]), make_variant(shops["home"])
    book.weight_grams, card.weight_grams, card.requires_shipping = 400, 50, False
    wanted = [
        Wanted(key=1, variant=book, storefront=shops["home"], quantity=3),
        Wanted(key=2, variant=card, storefront=shops["home"], quantity=9),
    ]

    assert weight_of(wanted) == 1200


def test_the_tariff_takes_two_queries_however_long_it_is(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tariff(*RATES * 10)
    with django_assert_num_queries(2):
        Tariff.load().quotes("de", weight=1, total=Decimal(1))


def test_seeds_are_free_from_a_total_on_at_home_and_dearer_far_away() -> None:
    call_command("seed_shipping", verbosity=0)
    loaded = Tariff.load()

    def standard(country: str, weight: int, total: str) -> Decimal:
        quotes = loaded.quotes(country, weight=weight, total=Decimal(total))
        return next(quote.price for quote in quotes if quote.method.slug == "standard")

    assert standard("de", 500, "149.99") == Decimal("4.90")
    assert standard("de", 500, "150.00") == Decimal("0.00")
    assert standard("ch", 500, "150.00") == Decimal("12.90")
    assert standard("us", 12_000, "20.00") == Decimal("49.90")
    assert [x.method.slug for x in loaded.quotes("de", weight=40_000, total=Decimal(1))] == [
        "pick-up"
    ]


@pytest.mark.parametrize("weight", [500, 9_999, 10_000, 31_500])
@pytest.mark.parametrize("country", ["de", "ch", "gb", "no", "ca", "cn", "us"])
def test_what_is_faster_is_dearer_wherever_it_goes_and_whatever_it_weighs(
    country: str, weight: int
) -> None:
    call_command("seed_shipping", verbosity=0)

    quotes = Tariff.load().quotes(country, weight=weight, total=Decimal("20.00"))

    prices = {quote.method.slug: quote.price for quote in quotes}
    assert prices["express"] > prices["standard"]

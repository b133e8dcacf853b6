"""Facets: what an address chooses, what that leaves, and how many another choice would leave."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.catalogue import facets
from shop.catalogue.facets.selection import parameter
from shop.catalogue.facets.shown import in_order
from shop.catalogue.models import Option, Product, Variant
from shop.catalogue.queries import products_on
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory, ProductFactory, VariantFactory


@pytest.fixture
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def shirts(network: dict[str, Storefront]) -> Storefront:
    """Three shirts and a hat.

    field: S red 10, M blue 12 (was 15); linen: M red 30, sold out, L red 40; plain: M red 20;
    hat: no option, 5.
    """
    shop = network["apparel"]
    rows: dict[tuple[str, str], list[tuple[list[str], str, dict[str, Any]]]] = {
        ("Field", "Wick"): [
            (["S", "Red"], "10", {}), (["M", "Blue"], "12", {"compare_at_price": "15"}),
        ],
        ("Linen", "Loom"): [(["M", "Red"], "30", {"tracks_stock": True}), (["L", "Red"], "40", {})],
        ("Plain", "Wick"): [(["M", "Red"], "20", {})],
        ("Hat", ""): [([], "5", {})],
    }  # fmt: skip
    for (title, vendor), variants in rows.items():
        product = ProductFactory(
            title=title, vendor=vendor, variant=None, storefronts=[shop],
            options=["Size", "Colour"] if variants[0][0] else [],
        )  # fmt: skip
        for values, price, more in variants:
            VariantFactory(product=product, option_values=values, price=price, **more)
    return shop


def chosen(query: str, default_sort: str = "newest") -> facets.Selection:
    return facets.read_selection(QueryDict(query), default_sort)


def left(shop: Storefront, query: str) -> list[str]:
    return [product.title for product in chosen(query).apply(products_on(shop))]


ALL = ["Hat", "Plain", "Linen", "Field"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ALL),
        ("size=M", ["Plain", "Linen", "Field"]),
        ("size=M&size=L", ["Plain", "Linen", "Field"]),
        ("size=S&size=L", ["Linen", "Field"]),
        ("size=M&colour=Red", ["Plain", "Linen"]),  # not Field: its M is blue
        ("size=M&colour=Red&available=1", ["Plain"]),  # nor Linen: its M is sold out
        ("available=1", ALL),
        ("sale=1", ["Field"]),
        ("sale=1&size=S", []),
        ("vendor=Wick", ["Plain", "Field"]),
        ("vendor=Wick&vendor=Loom&colour=Red", ["Plain", "Linen", "Field"]),
        ("min=12", ["Plain", "Linen", "Field"]),
        ("min=11&max=20", ["Plain", "Field"]),
        ("max=20&min=11&colour=Red", ["Plain"]),
        ("min=20&max=11", ["Plain", "Field"]),
        ("min=20,00&max=20", ["Plain"]),
        ("sort=price", ["Hat", "Field", "Plain", "Linen"]),
        ("sort=-price", ["Linen", "Plain", "Field", "Hat"]),
        ("sort=name", ["Field", "Hat", "Linen", "Plain"]),
        ("size=XXL&vendor=&min=x&max=-1&available=yes&sale=0&sort=best&nonsense=1", ALL),
        ("min=NaN&max=1e99&sort=%00&size=%00&%00=1&vendor=%00", ALL),
        ("vendor=Nobody", []),
    ],
)
def test_what_an_address_leaves(shirts: Storefront, query: str, titles: list[str]) -> None:
    assert left(shirts, query) == titles
    assert facets.count(products_on(shirts), chosen(query)).total == len(titles)


def test_counts_apply_the_other_facets(shirts: Storefront) -> None:
    counts = facets.count(products_on(shirts), chosen("size=M&colour=Red&vendor=Wick"))

    assert counts == facets.Counts(
        total=1,
        low=Decimal(20),
        high=Decimal(20),
        available=1,
        reduced=0,
        vendors={"Wick": 1, "Loom": 1},
        options={"size": {"S": 1, "M": 1}, "colour": {"Red": 1, "Blue": 1}},
    )


def test_counts_of_everything(shirts: Storefront) -> None:
    assert facets.count(products_on(shirts), chosen("")) == facets.Counts(
        total=4,
        low=Decimal(5),
        high=Decimal(40),
        available=4,
        reduced=1,
        vendors={"Wick": 2, "Loom": 1},
        options={"size": {"S": 1, "M": 3, "L": 1}, "colour": {"Red": 3, "Blue": 1}},
    )


def test_prices_are_those_there_are_whatever_price_is_chosen(shirts: Storefront) -> None:
    counts = facets.count(products_on(shirts), chosen("min=11&max=20&vendor=Wick"))

    assert (counts.total, counts.low, counts.high) == (2, Decimal(10), Decimal(20))


def test_a_sold_out_variant_is_no_offer(shirts: Storefront) -> None:
    counts = facets.count(products_on(shirts), chosen("available=1"))

    assert counts.options["size"] == {"S": 1, "M": 2, "L": 1}
    assert counts.low == Decimal(5)


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("vendor=Wick&size=M&colour=Red&size=L", "?colour=Red&size=L&size=M&vendor=Wick"),
        ("sort=price&sale=1&available=1&max=20.50&min=5.00",
         "?min=5&max=20.5&available=1&sale=1&sort=price"),
        ("min=&max=&sort=newest&size=M&size=M", "?size=M"),
        ("max=1&min=2", "?min=1&max=2"),
    ],
)  # fmt: skip
def test_an_address_has_one_order(shirts: Storefront, query: str, canonical: str) -> None:
    selection = chosen(query)

    assert selection.query() == canonical
    assert facets.is_canonical(QueryDict(query), selection) is (not query)
    again = QueryDict(canonical.removeprefix("?"))
    assert facets.is_canonical(again, facets.read_selection(again))
    assert facets.read_selection(again) == selection


def test_an_option_may_be_called_as_a_facet_is(network: dict[str, Storefront]) -> None:
    product = ProductFactory(options=["Sort"], variant=None)
    VariantFactory(product=product, option_values=["Fine"])

    assert parameter("sort") == "option.sort"
    assert chosen("option.sort=Fine").options == {"sort": ("Fine",)}
    assert chosen("sort=Fine").options == {}
    assert chosen("option.sort=Fine").query() == "?option.sort=Fine"


def test_a_search_is_in_its_own_order_unless_told_otherwise() -> None:
    assert facets.read_selection(QueryDict("sort=newest"), "best").query() == "?sort=newest"
    assert facets.read_selection(QueryDict("sort=best"), "best").query() == ""
    assert facets.read_selection(QueryDict("sort=best")).sort == "newest"


def test_what_is_shown(shirts: Storefront) -> None:
    selection = chosen("size=M&vendor=Wick&min=5&available=1")
    counts = facets.count(products_on(shirts), selection)

    shown = facets.narrowing(counts, selection, "/category/shirts/", [("q", "a b")])

    assert [(facet.name, facet.label) for facet in shown.facets] == [
        ("size", "Size"), ("colour", "Colour"), ("vendor", "Vendor"),
    ]  # fmt: skip
    assert [(c.value, c.count, c.chosen) for c in shown.facets[0].choices] == [
        ("S", 1, False), ("M", 2, True),
    ]  # fmt: skip
    assert [(each.label, each.url) for each in shown.chosen] == [
        ("Size: M", "/category/shirts/?q=a+b&vendor=Wick&min=5&available=1"),
        ("Vendor: Wick", "/category/shirts/?q=a+b&size=M&min=5&available=1"),
        ("from €5.00", "/category/shirts/?q=a+b&size=M&vendor=Wick&available=1"),
        ("Available now", "/category/shirts/?q=a+b&size=M&vendor=Wick&min=5"),
    ]
    assert shown.clear_url == "/category/shirts/?q=a+b"
    assert (shown.low_chosen, shown.high_chosen) == ("5", "")
    assert [sort.value for sort in shown.sorts] == ["newest", "price", "-price", "name"]


def test_values_are_in_the_order_one_expects() -> None:
    assert in_order(["XL", "S", "M", "XXS"]) == ["XXS", "S", "M", "XL"]
    assert in_order(["10", "9", "42 cm", "8.5", "7 cm"]) == ["7 cm", "8.5", "9", "10", "42 cm"]
    assert in_order(["Red", "Blue", "蓝"]) == ["Blue", "Red", "蓝"]


def test_counts_of_very_many_are_kept_for_a_while(shirts: Storefront, monkeypatch: Any) -> None:
    def total() -> int:
        return facets.counted(products_on(shirts), chosen(""), "key").total

    # Given few products, which are counted each time
    assert total() == 4
    ProductFactory(storefronts=[shirts])
    assert total() == 5

    # When that counts as many
    monkeypatch.setattr("shop.catalogue.facets.counts.MANY", 5)
    assert total() == 5
    ProductFactory(storefronts=[shirts])

    # Then
    assert total() == 5
    assert facets.counted(products_on(shirts), chosen(""), "other").total == 6
    assert facets.counted(products_on(shirts), chosen("sort=name"), "key").total == 5


@pytest.mark.parametrize(
    ("query", "queries"), [("", 4), ("size=M", 6), ("size=M&colour=Red&vendor=Wick&min=1", 7)]
)
def test_counting_costs_the_same_for_ten_and_two_hundred(
    network: dict[str, Storefront], query: str, queries: int
) -> None:
    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            counts = facets.count(products_on(network["galleria"]), chosen(query))
        return len(captured), counts.total

    def add(numbers: range) -> None:
        build([Made("Wick", (Offer("M", "Red", 5, None, None),)) for _ in numbers], numbers.start)

    add(range(10))
    assert cost() == (queries, 10)
    add(range(10, 200))
    assert cost() == (queries, 200)


# --- Against counting by hand --------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A variant: its size and colour, price, price before, and stock (None: not tracked)."""

    size: str
    colour: str
    price: int
    before: int | None
    stock: int | None

    @property
    def available(self) -> bool:
        return self.stock is None or self.stock > 0

    @property
    def reduced(self) -> bool:
        return self.before is not None and self.before > self.price


@dataclass(frozen=True)
class Made:
    vendor: str
    offers: tuple[Offer, ...]


def build(catalogue: list[Made], start: int = 0) -> None:
    products = Product.objects.bulk_create(
        Product(slug=f"made-{start + n}", original_title=f"Made {n}", vendor=made.vendor)
        for n, made in enumerate(catalogue)
    )
    Option.objects.bulk_create(
        Option(product=product, original_name=name, position=position)
        for product in products
        for position, name in enumerate(("Size", "Colour"), 1)
    )
    Variant.objects.bulk_create(
        Variant(
            product=product,
            option_values=[offer.size, offer.colour],
            original_title=f"{offer.size} / {offer.colour}",
            price=offer.price,
            compare_at_price=offer.before,
            tracks_stock=offer.stock is not None,
            stock=offer.stock or 0,
        )
        for product, made in zip(products, catalogue, strict=True)
        for offer in made.offers
    )


OFFERS = st.builds(
    Offer,
    st.sampled_from("SML"),
    st.sampled_from(["Red", "Blue"]),
    st.sampled_from([5, 10, 20]),
    st.sampled_from([None, 10, 15]),
    st.sampled_from([None, 0, 3]),
)
CATALOGUES = st.lists(
    st.builds(
        Made,
        st.sampled_from(["", "Wick", "Loom"]),
        st.lists(
            OFFERS, min_size=1, max_size=4, unique_by=lambda offer: (offer.size, offer.colour)
        ).map(tuple),
    ),
    min_size=1,
    max_size=7,
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "size": st.lists(st.sampled_from("SML"), max_size=2),
        "colour": st.lists(st.sampled_from(["Red", "Blue"]), max_size=2),
        "vendor": st.lists(st.sampled_from(["Wick", "Loom"]), max_size=2),
        "min": st.sampled_from([["6"], ["10"]]),
        "max": st.sampled_from([["10"], ["19"]]),
        "available": st.just(["1"]),
        "sale": st.just(["1"]),
    },
)

type Test = Callable[[Made, Offer], bool]


def by_hand(catalogue: list[Made], asked: dict[str, list[str]]) -> facets.Counts:
    there = {offer.size for made in catalogue for offer in made.offers}
    there |= {offer.colour for made in catalogue for offer in made.offers}
    tests: dict[str, Test] = {}
    if sizes := there & set(asked.get("size", [])):
        tests["size"] = lambda _made, offer: offer.size in sizes
    if colours := there & set(asked.get("colour", [])):
        tests["colour"] = lambda _made, offer: offer.colour in colours
    if vendors := asked.get("vendor"):
        tests["vendor"] = lambda made, _offer: made.vendor in vendors
    low, high = int(asked.get("min", ["0"])[0]), int(asked.get("max", ["99"])[0])
    tests["price"] = lambda _made, offer: low <= offer.price <= high
    if "available" in asked:
        tests["available"] = lambda _made, offer: offer.available
    if "sale" in asked:
        tests["sale"] = lambda _made, offer: offer.reduced

    def offers(*without: str) -> list[tuple[int, Made, Offer]]:
        return [
            (n, made, offer)
            for n, made in enumerate(catalogue)
            for offer in made.offers
            if all(test(made, offer) for name, test in tests.items() if name not in without)
        ]

    def numbers(without: str, test: Test) -> int:
        return len({n for n, made, offer in offers(without) if test(made, offer)})

    def values(without: str, value: Callable[[Made, Offer], str]) -> dict[str, int]:
        found: dict[str, set[int]] = {}
        for n, made, offer in offers(without):
            found.setdefault(value(made, offer), set()).add(n)
        return {name: len(products) for name, products in found.items() if name}

    options = {
        "size": values("size", lambda _made, offer: offer.size),
        "colour": values("colour", lambda _made, offer: offer.colour),
    }
    prices_there = [offer.price for _n, _made, offer in offers("price")]
    return facets.Counts(
        total=numbers("", lambda _made, _offer: True),
        low=Decimal(min(prices_there)) if prices_there else None,
        high=Decimal(max(prices_there)) if prices_there else None,
        available=numbers("available", lambda _made, offer: offer.available),
        reduced=numbers("sale", lambda _made, offer: offer.reduced),
        vendors=values("vendor", lambda made, _offer: made.vendor),
        options={name: counts for name, counts in options.items() if counts},
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(catalogue=CATALOGUES, asked=CHOICES)
def test_counts_are_those_counted_by_hand(
    network: dict[str, Storefront], catalogue: list[Made], asked: dict[str, list[str]]
) -> None:
    query = QueryDict(mutable=True)
    for name, values in asked.items():
        query.setlist(name, list(values))
    with transaction.atomic():
        build(catalogue)
        products = products_on(network["galleria"])
        selection = facets.read_selection(query)

        counts = facets.count(products, selection)

        assert counts == by_hand(catalogue, asked)
        assert selection.apply(products).count() == counts.total
        transaction.set_rollback(True)

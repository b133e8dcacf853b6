"""The Store API's catalogue: what a storefront sells, the same for everyone who asks."""

from typing import Any

import pytest
from django.test import override_settings

from shop.api.base.models import PublishableKey
from shop.catalogue.models import Category, Product, ProductImage, Tag
from shop.collections.models import Collection, CollectionProduct
from shop.pricing.models import StorefrontPrice
from shop.storefronts.models import Storefront
from tests.factories import CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt(shops: dict[str, Storefront]) -> Product:
    clothing = CategoryFactory(name="Clothing")
    shirts = CategoryFactory(name="Shirts", parent=clothing)
    product: Product = ProductFactory(
        slug="shirt",
        title="Field Shirt",
        description="<p>Soft &amp; warm.</p>",
        vendor="Weavers",
        category=shirts,
        attributes={"Material": "Cotton"},
        storefronts=[shops["apparel"]],
        options=["Size"],
        variant=None,
    )
    product.tags.add(Tag.objects.create(name="new"))
    for size, price, before in [("S", "40.00", None), ("M", "45.50", "60.00")]:
        VariantFactory(
            product=product,
            option_values=[size],
            price=price,
            compare_at_price=before,
            stock=3,
            sku=f"SH-{size}",
        )
    return product


@pytest.fixture
def ring(shops: dict[str, Storefront]) -> Product:
    product: Product = ProductFactory(slug="ring", title="Ring", storefronts=[shops["jewelry"]])
    return product


def handles(answer: Any) -> list[str]:
    return [product["handle"] for product in answer.body["products"]]


def test_the_region_is_where_the_shop_delivers_to(call: Any) -> None:
    with override_settings(SHOP_COUNTRIES=["DE", "CN"], SHOP_CURRENCY="EUR"):
        listed = call("GET", "/store/regions")
        germany = {"id": "de", "iso_2": "de", "name": "Germany", "display_name": "Germany"}
        assert listed.status == 200
        assert listed.body["regions"][0]["id"] == "reg_eur"
        assert listed.body["regions"][0]["currency_code"] == "eur"
        assert germany in listed.body["regions"][0]["countries"]
        one = call("GET", "/store/regions/reg_eur")
    assert one.body == {"region": listed.body["regions"][0]}
    assert call("GET", "/store/regions/reg_usd").status == 404


def test_languages_are_asked_for_by_a_header(call: Any, shirt: Product) -> None:
    assert [each["code"] for each in call("GET", "/store/locales").body["locales"]] == [
        "en",
        "zh-hans",
    ]
    shirt.translations = {"zh-hans": {"title": "衬衫"}}
    shirt.save()
    told = call("GET", "/store/products", x_medusa_locale="zh-Hans")
    assert told.body["products"][0]["title"] == "衬衫"
    assert told.headers["Content-Language"] == "zh-hans"
    assert (
        call("GET", "/store/products", x_medusa_locale="tlh").body["products"][0]["title"]
        == "Field Shirt"
    )


def test_a_product_has_every_field_that_pages_read(
    call: Any, shirt: Product, shops: dict[str, Storefront]
) -> None:
    answer = call("GET", "/store/products?handle=shirt", shop="apparel")
    assert {name: answer.body[name] for name in ("count", "limit", "offset")} == {
        "count": 1,
        "limit": 50,
        "offset": 0,
    }
    told = answer.body["products"][0]
    small, _medium = shirt.variants.order_by("pk")
    option = shirt.options.get()
    assert told["id"] == f"prod_{shirt.pk}"
    assert told["description"] == "Soft & warm."
    assert told["material"] == "Cotton"
    assert told["metadata"] == {"Material": "Cotton", "vendor": "Weavers"}
    assert told["images"] == [{"id": f"img_card_{shirt.pk}", "url": told["thumbnail"], "rank": 0}]
    assert told["thumbnail"].startswith(f"http://{shops['apparel'].domain}/pictures/share/")
    assert told["collection"] is None
    assert told["collection_id"] is None
    assert told["type"]["value"] == "Shirts"
    assert [tag["value"] for tag in told["tags"]] == ["new"]
    assert told["options"] == [
        {
            "id": f"opt_{option.pk}",
            "title": "Size",
            "values": [
                {"id": f"optval_{option.pk}_1", "value": "S"},
                {"id": f"optval_{option.pk}_2", "value": "M"},
            ],
        }
    ]
    first, second = told["variants"]
    assert first["options"] == [
        {"id": f"vopt_{small.pk}_{option.pk}", "option_id": f"opt_{option.pk}", "value": "S"}
    ]
    assert (first["manage_inventory"], first["allow_backorder"]) == (True, False)
    assert first["inventory_quantity"] == 3
    assert first["images"] == []
    assert first["calculated_price"]["calculated_amount"] == 40
    assert first["calculated_price"]["original_amount"] == 40
    assert first["calculated_price"]["calculated_price"]["price_list_type"] is None
    assert second["calculated_price"]["calculated_amount"] == 45.5
    assert second["calculated_price"]["original_amount"] == 60
    assert second["calculated_price"]["currency_code"] == "eur"
    assert second["calculated_price"]["calculated_price"]["price_list_type"] == "sale"


def test_a_picture_of_a_variant_is_named_by_both(call: Any, shirt: Product) -> None:
    small = shirt.variants.first()
    image = ProductImage.objects.create(product=shirt, variant=small, file="products/s.svg")
    ProductImage.objects.create(product=shirt, source_url="https://elsewhere.example/x.png")
    told = call("GET", "/store/products").body["products"][0]
    assert [each["id"] for each in told["images"]] == [f"img_{image.pk}"]
    assert told["images"][0]["url"] == "http://galleria.example/media/products/s.svg"
    assert [variant["images"] for variant in told["variants"]] == [[{"id": f"img_{image.pk}"}], []]


def test_a_storefronts_own_price_is_told_to_its_key_only(
    call: Any, shirt: Product, shops: dict[str, Storefront]
) -> None:
    small = shirt.variants.order_by("pk")[0]
    StorefrontPrice.objects.create(variant=small, storefront=shops["apparel"], price="33.00")

    def amount(shop: str) -> float:
        told = call("GET", f"/store/products/prod_{shirt.pk}", shop=shop)
        price: float = told.body["product"]["variants"][0]["calculated_price"]["calculated_amount"]
        return price

    assert (amount("apparel"), amount("galleria")) == (33, 40)


def test_a_key_sees_what_its_storefront_sells(call: Any, shirt: Product, ring: Product) -> None:
    assert handles(call("GET", "/store/products", shop="apparel")) == ["shirt"]
    assert sorted(handles(call("GET", "/store/products"))) == ["ring", "shirt"]
    for path in [
        f"/store/products/prod_{ring.pk}",
        f"/store/product-variants/variant_{ring.variants.get().pk}",
    ]:
        assert call("GET", path, shop="apparel").status == 404
        assert call("GET", path, shop="jewelry").status == 200


def test_conditions_are_combined_and_counted_before_the_page(
    call: Any, shirt: Product, ring: Product
) -> None:
    tag, category = shirt.tags.get(), Category.objects.get(name="Clothing")
    autumn = Collection.objects.create(slug="autumn", original_title="Autumn")
    CollectionProduct.objects.create(collection=autumn, product=shirt)
    for query, found in [
        (f"id[0]=prod_{shirt.pk}&id[1]=prod_{ring.pk}&order=title", ["shirt", "ring"]),
        (f"id[0]=prod_{shirt.pk}&handle=ring", []),
        (f"category_id[0]=pcat_{category.pk}", ["shirt"]),
        (f"category_id=pcat_{category.pk}&tag_id[]=ptag_{tag.pk}", ["shirt"]),
        (f"collection_id=pcol_{autumn.pk}", ["shirt"]),
        (f"collection_id[0]=pcol_{autumn.pk}&collection_id[1]=pcol_{autumn.pk}", ["shirt"]),
        ("collection_id=pcol_99999", []),
        ("is_giftcard=true", []),
        ("is_giftcard=false&region_id=reg_eur&order=created_at", ["shirt", "ring"]),
        ("order=-created_at&fields=*variants.calculated_price,+metadata,", ["ring", "shirt"]),
        ("q=field shir", ["shirt"]),
        ("id=nonsense", []),
    ]:
        answer = call("GET", f"/store/products?{query}")
        assert (answer.status, handles(answer)) == (200, found), query
        assert answer.body["count"] == len(found)
    page = call("GET", "/store/products?limit=1&offset=1&order=title")
    assert (handles(page), page.body["count"]) == (["ring"], 2)
    assert handles(call("GET", "/store/products?limit=1&offset=5")) == []
    told = call("GET", "/store/products?handle=shirt").body["products"][0]
    assert told["collection"] == {
        "id": f"pcol_{autumn.pk}",
        "handle": "autumn",
        "title": "Autumn",
    }


@pytest.mark.parametrize(
    "query", ["limit=x", "offset=-1", "order=price", "region_id=reg_usd", "handle=a%00b"]
)
def test_a_query_that_means_nothing_is_refused(call: Any, query: str) -> None:
    answer = call("GET", f"/store/products?{query}")
    assert (answer.status, answer.body["type"]) == (400, "invalid_data")


def test_collections_show_where_something_of_them_is_sold(
    call: Any, shirt: Product, ring: Product
) -> None:
    rows = [
        Collection.objects.create(
            slug=slug, original_title=slug.title(), position=place, is_published=shown
        )
        for place, (slug, shown) in enumerate(
            [("autumn", True), ("gifts", True), ("draft", False), ("empty", True)]
        )
    ]
    for row, product in [(rows[0], shirt), (rows[1], shirt), (rows[1], ring), (rows[2], ring)]:
        CollectionProduct.objects.create(collection=row, product=product)

    def listed(query: str = "", shop: str = "galleria") -> list[str]:
        answer = call("GET", f"/store/collections{query}", shop=shop)
        assert answer.body["count"] >= len(answer.body["collections"])
        return [each["handle"] for each in answer.body["collections"]]

    assert listed() == ["autumn", "gifts"]
    assert listed(shop="jewelry") == ["gifts"]
    assert listed(shop="home") == []
    assert listed("?handle=gifts&limit=100&offset=0&fields=id, handle, title") == ["gifts"]
    assert call("GET", f"/store/collections/pcol_{rows[0].pk}").body["collection"]["title"] == (
        "Autumn"
    )
    for row, shop in [(rows[0], "jewelry"), (rows[2], "galleria"), (rows[3], "galleria")]:
        assert call("GET", f"/store/collections/pcol_{row.pk}", shop=shop).status == 404


def test_categories_are_a_tree(call: Any, shirt: Product) -> None:
    top, sub = Category.objects.order_by("depth")
    listed = call("GET", "/store/product-categories?limit=100&fields=*category_children")
    parent = {"id": f"pcat_{top.pk}", "name": "Clothing", "handle": "clothing"}
    child = {"id": f"pcat_{sub.pk}", "name": "Shirts", "handle": "clothing/shirts"}
    assert listed.body["product_categories"] == [
        {
            **parent,
            "description": "",
            "parent_category_id": None,
            "parent_category": None,
            "category_children": [child],
        },
        {
            **child,
            "description": "",
            "parent_category_id": parent["id"],
            "parent_category": parent,
            "category_children": [],
        },
    ]
    by_handle = call("GET", "/store/product-categories?handle=clothing/shirts")
    assert [each["id"] for each in by_handle.body["product_categories"]] == [child["id"]]
    assert call("GET", "/store/product-categories?handle=none").body["product_categories"] == []
    roots = call("GET", "/store/product-categories?parent_category_id=null").body
    assert [each["handle"] for each in roots["product_categories"]] == ["clothing"]
    one = call("GET", f"/store/product-categories/pcat_{sub.pk}").body["product_category"]
    assert one["parent_category"] == parent
    assert call("GET", f"/store/product-categories/pcat_{sub.pk}", shop="home").status == 404


def test_the_top_categories_come_first(
    call: Any, shirt: Product, shops: dict[str, Storefront]
) -> None:
    # given two categories with something to sell, the first of them in one below it
    ProductFactory(category=CategoryFactory(name="Shoes"), storefronts=[shops["apparel"]])
    # when somebody asks for the categories
    listed = call("GET", "/store/product-categories").body["product_categories"]
    # then none that is below another comes before one of the top
    assert [each["handle"] for each in listed] == ["clothing", "shoes", "clothing/shirts"]
    # and so it is on a page of two
    page = call("GET", "/store/product-categories?limit=2").body
    assert [each["handle"] for each in page["product_categories"]] == ["clothing", "shoes"]
    assert page["count"] == 3


def test_the_number_of_queries_does_not_grow(
    call: Any, shirt: Product, django_assert_max_num_queries: Any
) -> None:
    call("GET", "/store/products")
    for number in range(5):
        more: Product = ProductFactory(options=["Size"], category=shirt.category)
        more.tags.add(shirt.tags.get())
        ProductImage.objects.create(product=more, file=f"products/{number}.svg")
    with django_assert_max_num_queries(10):
        assert call("GET", "/store/products").body["count"] == 6
    call("GET", "/store/product-categories")  # counts anew what has changed
    with django_assert_max_num_queries(2):
        call("GET", "/store/product-categories")
    with django_assert_max_num_queries(3):
        call("GET", "/store/collections")


def test_without_a_key_nothing_is_told_and_nobody_is_asked_who_they_are(
    call: Any, shirt: Product, keys: dict[str, str]
) -> None:
    PublishableKey.objects.filter(token=keys["home"]).first().delete()  # type: ignore[union-attr]
    for key in ["", "pk_wrong", "x" * 10_000, keys["home"], "pk_é"]:
        answer = call("GET", "/store/products", token="nonsense", x_publishable_api_key=key)
        assert (answer.status, answer.body["type"]) == (400, "not_allowed"), key


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
def test_the_catalogue_ignores_who_asks_and_anyone_may_keep_it(
    call: Any, shirt: Product, token: str | None
) -> None:
    for path in [
        "/store/regions",
        "/store/regions/reg_eur",
        "/store/locales",
        "/store/collections",
        "/store/product-categories",
        "/store/products",
        f"/store/products/prod_{shirt.pk}",
        f"/store/product-variants/variant_{shirt.variants.first().pk}",  # type: ignore[union-attr]
    ]:
        answer = call("GET", path, token=token)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        vary = {each.strip().lower() for each in answer.headers["Vary"].split(",")}
        assert {"x-publishable-api-key", "x-medusa-locale", "host"} <= vary
        assert "authorization" not in vary
        assert call("GET", path, if_none_match=answer.headers["ETag"]).status == 304


def test_other_addresses_and_methods_are_refused_in_json(call: Any) -> None:
    for method, path, status in [
        ("GET", "/store/", 404),
        ("GET", "/store/products/", 404),
        ("POST", "/store/nothing", 404),
        ("DELETE", "/auth/nothing", 404),
        ("GET", "/store/products/shirt", 404),
        ("POST", "/store/products", 405),
        ("DELETE", "/store/regions", 405),
    ]:
        answer = call(method, path)
        assert (answer.status, set(answer.body)) == (status, {"type", "message"}), path


def test_scripts_of_a_keys_origins_may_read_the_answers(
    call: Any, shops: dict[str, Storefront]
) -> None:
    key = PublishableKey.objects.create(
        title="x", storefront=shops["home"], origins=["https://home.example"]
    ).token
    preflight = call(
        "OPTIONS", "/store/products", origin="https://home.example", x_publishable_api_key=""
    )
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://home.example"
    assert "x-publishable-api-key" in preflight.headers["Access-Control-Allow-Headers"]
    told = call("GET", "/store/products", origin="https://home.example", x_publishable_api_key=key)
    assert told.headers["Access-Control-Allow-Origin"] == "https://home.example"
    assert "Access-Control-Allow-Credentials" not in told.headers
    for origin, used in [
        ("https://evil.example", key),
        ("https://home.example", None),
        ("null", key),
    ]:
        headers = {"origin": origin} | ({"x_publishable_api_key": used} if used else {})
        assert (
            "Access-Control-Allow-Origin" not in call("GET", "/store/products", **headers).headers
        )


def test_a_key_is_throttled(call: Any, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "key": "2/min"}
    assert [call("GET", "/store/regions").status for _ in range(3)] == [200, 200, 429]
    refused = call("GET", "/store/regions")
    assert refused.body["type"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert call("GET", "/store/regions", shop="home").status == 200

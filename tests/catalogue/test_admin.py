"""What staff can do with the catalogue, and what they are kept from."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalogue.models import Category, Product, ProductImage, Variant
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory, ProductFactory, VariantFactory
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

CATEGORIES = "/admin/catalogue/category/"
PRODUCTS = "/admin/catalogue/product/"


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def addresses() -> list[str]:
    return list(Category.objects.order_by("path").values_list("url_path", flat=True))


def node(name: str, slug: str, below: Category | None = None) -> dict[str, object]:
    return {
        "name": name, "slug": slug, "description": "", "treebeard_position": "sorted-child",
        "treebeard_ref_node": below.pk if below else "",
    }  # fmt: skip


def test_categories_are_added_renamed_and_moved(staff: Client) -> None:
    # Given
    clothing = add_category("Clothing")
    home = add_category("Home")

    # When a category is added below another, and that one is renamed
    added = staff.post(CATEGORIES + "add/", node("Shirts", "shirts", clothing))
    renamed = staff.post(f"{CATEGORIES}{clothing.pk}/change/", node("Wardrobe", "wardrobe"))

    # Then
    assert (added.status_code, renamed.status_code) == (302, 302)
    assert addresses() == ["home", "wardrobe", "wardrobe/shirts"]

    # When it is moved by the form, and its child by drag and drop
    wardrobe = Category.objects.get(slug="wardrobe")
    staff.post(f"{CATEGORIES}{wardrobe.pk}/change/", node("Wardrobe", "wardrobe", home))
    assert addresses() == ["home", "home/wardrobe", "home/wardrobe/shirts"]
    shirts = Category.objects.get(slug="shirts")
    moved = staff.post(
        CATEGORIES + "move/", {"node": shirts.pk, "target": home.pk, "relation": "child"}
    )

    # Then
    assert moved.status_code == 200
    assert addresses() == ["home", "home/shirts", "home/wardrobe"]
    assert Category.objects.find_problems() == ([], [], [], [], [])


def test_a_taken_address_is_refused_by_form_and_by_drag_and_drop(staff: Client) -> None:
    # Given
    clothing, home = add_category("Clothing"), add_category("Home")
    add_category("Shirts", clothing)
    other = add_category("Shirts", home)
    before = addresses()

    # When
    form = staff.post(CATEGORIES + "add/", node("Again", "shirts", clothing))
    move = staff.post(
        CATEGORIES + "move/", {"node": other.pk, "target": clothing.pk, "relation": "child"}
    )

    # Then
    assert form.status_code == 200
    assert "There is a category at “clothing/shirts” already." in form.content.decode()
    assert move.status_code == 400
    assert addresses() == before


def test_the_lists_and_forms_open(staff: Client, network: dict[str, Storefront]) -> None:
    # Given
    category = add_category("Lamps")
    add_category("Below", category)
    product = ProductFactory(title="Copper Lamp", category=category, storefronts=[network["home"]])
    ProductImage.objects.create(product=product, source_url="https://p.example/1.jpg")

    # Then
    for path, text in [
        (CATEGORIES, "Lamps"),
        (CATEGORIES + "?q=below", "lamps/below"),
        (f"{CATEGORIES}{category.pk}/change/", "Lamps"),
        (f"{CATEGORIES}children/{category.pk}/", "Below"),
        (PRODUCTS, "Copper Lamp"),
        (PRODUCTS + "?q=copper", "€10.00"),
        (PRODUCTS + "add/", "Option values"),
        (f"{PRODUCTS}{product.pk}/change/", 'class=\\"drawing\\"'.replace("\\", "")),
        ("/admin/catalogue/tag/", "Tags"),
    ]:
        response = staff.get(path)
        assert response.status_code == 200, path
        assert text in response.content.decode(), path


def test_the_product_list_costs_the_same_for_many(
    staff: Client, network: dict[str, Storefront]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(PRODUCTS).status_code == 200
        return len(captured)

    ProductFactory(storefronts=[network["home"]])
    cost()  # fills the content types' cache
    few = cost()
    for _ in range(9):
        ProductFactory(storefronts=[network["home"]])
    assert cost() == few


def inline(prefix: str, *rows: dict[str, object], initial: int = 0) -> dict[str, object]:
    data: dict[str, object] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": initial,
    }
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def product_form(**changes: object) -> dict[str, object]:
    return {
        "title": "Field Shirt", "slug": "field-shirt", "vendor": "", "category": "",
        "description": "", "attributes": "{}", "is_published": "on",
        **inline("options"), **inline("variants"), **inline("images"), **changes,
    }  # fmt: skip


def variant(values: str, **changes: object) -> dict[str, object]:
    return {"values": values, "price": "10", "stock": "0", "weight_grams": "0", "position": "1",
            **changes}  # fmt: skip


def test_a_product_is_made_with_options_variants_and_a_picture(
    staff: Client, network: dict[str, Storefront], media: Path
) -> None:
    # When
    response = staff.post(
        PRODUCTS + "add/",
        product_form(
            storefronts=[network["apparel"].pk],
            description="<p>Twill<script>x()</script></p>",
            **inline("options", {"name": "Size", "position": 1}, {"name": "Colour", "position": 2}),
            **inline("variants", variant("S / Blue"), variant("M / Blue", sku="F-M", stock="4",
                                                              tracks_stock="on")),
            **inline("images", {"file": SimpleUploadedFile("a.png", b"png"), "alt": "It",
                                "position": 1}),
        ),
    )  # fmt: skip

    # Then
    assert response.status_code == 302, response.context["errors"]
    product = Product.objects.get()
    assert product.description == "<p>Twill</p>"
    assert product.description_text == "Twill"
    assert list(product.variants.values_list("option_values", "title", "sku", "stock")) == [
        (["S", "Blue"], "S / Blue", "", 0),
        (["M", "Blue"], "M / Blue", "F-M", 4),
    ]
    assert (media / str(product.images.get().file.name)).read_bytes() == b"png"


@pytest.mark.parametrize(
    ("forms", "problem"),
    [
        (inline("variants", variant("S"), variant("S")), "Another variant has these values."),
        (inline("variants", variant("S"), variant("M / Blue")), "one value for each option"),
        (inline("variants", variant("S", price="-1")), "A price is zero or more."),
        (inline("images", {"position": 1, "alt": "x"}), "A picture needs a file or an address."),
    ],
)
def test_what_does_not_fit_is_refused(
    staff: Client, forms: dict[str, object], problem: str
) -> None:
    response = staff.post(PRODUCTS + "add/", product_form(**forms))

    assert response.status_code == 200
    assert problem in response.content.decode()
    assert Product.objects.count() == 0


def test_a_picture_that_can_hold_scripts_is_refused(staff: Client, media: Path) -> None:
    file = SimpleUploadedFile("a.svg", b"<svg><script>x()</script></svg>")

    response = staff.post(
        PRODUCTS + "add/", product_form(**inline("images", {"file": file, "position": 1}))
    )

    assert response.status_code == 200
    assert "A picture is one of: avif, gif, jpeg, jpg, png, webp." in response.content.decode()
    assert ProductImage.objects.count() == 0
    assert list(media.iterdir()) == []


def test_a_sku_that_is_taken_is_refused(staff: Client) -> None:
    VariantFactory(sku="F-1")

    response = staff.post(
        PRODUCTS + "add/", product_form(**inline("variants", variant("", sku="F-1")))
    )

    assert response.status_code == 200
    assert "Another variant has this SKU." in response.content.decode()
    assert Variant.objects.filter(sku="F-1").count() == 1
    assert Product.objects.filter(slug="field-shirt").count() == 0

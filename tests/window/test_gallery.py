"""Which picture stands for a variant, and how many of it may be asked for."""

import pytest

from shop.catalogue.models import Product, ProductImage, Variant
from shop.window.gallery import most, picture_of
from tests.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


def make(*combinations: list[str]) -> tuple[Product, list[Variant]]:
    product = ProductFactory(title="Field Shirt", variant=None)
    for place, values in enumerate(combinations, 1):
        VariantFactory(product=product, option_values=values, position=place)
    found = Product.objects.get(pk=product.pk)
    return found, found.variants_list


def add(product: Product, position: int, **facts: object) -> ProductImage:
    return ProductImage.objects.create(
        product=product, position=position, file=f"{position}.jpg", **facts
    )


def test_its_own_picture_goes_first() -> None:
    product, (_small, large) = make(["S", "Indigo"], ["L", "Indigo"])
    add(product, 1, alt="Field Shirt, indigo")
    own = add(product, 2, variant=large)

    assert picture_of(product, large) == own


def test_else_the_one_whose_text_names_an_option_value() -> None:
    product, (indigo, olive, rust) = make(["M", "Indigo"], ["M", "Olive"], ["M", "Rust"])
    first = add(product, 1, alt="Field Shirt, indigo")
    second = add(product, 2, alt="Field Shirt, olive, size M")

    assert picture_of(product, indigo) == first
    assert picture_of(product, olive) == second
    assert picture_of(product, rust) == first


def test_else_that_of_the_variant_it_shares_most_with() -> None:
    product, (one, two, three) = make(["S", "Red"], ["S", "Blue"], ["L", "Blue"])
    add(product, 1, variant=one)
    blue = add(product, 2, variant=two)

    assert picture_of(product, three) == blue


def test_a_word_of_the_title_tells_nothing() -> None:
    product, (shirt, _other) = make(["Shirt"], ["Other"])
    first = add(product, 1, alt="A hanger")
    add(product, 2, alt="Field Shirt")

    assert picture_of(product, shirt) == first


def test_no_picture_at_all() -> None:
    product, (only,) = make([])

    assert picture_of(product, only) is None


@pytest.mark.parametrize(
    ("stocks", "expected"), [([3], 3), ([3, 7], 7), ([None, 7], 99), ([500], 99), ([0], 1)]
)
def test_most_is_what_any_of_them_has_within_the_limit(
    stocks: list[int | None], expected: int
) -> None:
    variants = [Variant(tracks_stock=stock is not None, stock=stock or 0) for stock in stocks]

    assert most(variants, 99) == expected

"""Drawings: the same for the same product, safe under the pages' security policy."""

import re
import xml.etree.ElementTree as ET

import pytest
from django.template import Context, Template

from shop.catalogue.drawing import (
    COLOURS,
    KINDS,
    METALS,
    SHAPES,
    choose_palette,
    draw_file,
    draw_inline,
    guess_kind,
    mix,
)
from shop.catalogue.models import Product, ProductImage

ALL_KINDS = [*KINDS, "parcel"]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Ocean Blue Shirt", "shirt"),
        ("Classic Varsity Top", "tee"),
        ("Striped Skirt and Top", "tee"),
        ("LED High Tops", "shoe"),
        ("Blue Silk Tuxedo", "jacket"),
        ("Black Leather Bag", "bag"),
        ("Bedside Table", "nightstand"),
        ("Wooden Outdoor Table", "table"),
        ("Yellow watering can", "can"),
        ("Clay Plant Pot", "pot"),
        ("Brown Throw Pillows", "cushion"),
        ("Earrings", "earrings"),
        ("Mystery", "parcel"),
        ("", "parcel"),
        ("台灯", "parcel"),
    ],
)
def test_guess_kind(title: str, kind: str) -> None:
    assert guess_kind(title) == kind


def test_a_named_colour_is_used_and_another_is_always_the_same() -> None:
    assert choose_palette("Olive Green Jacket", "x").main == COLOURS["olive"]
    assert choose_palette("Gold ring", "x").metal == METALS["gold"]
    assert choose_palette("Ring", "a") == choose_palette("Ring", "a")
    assert len({choose_palette("Ring", str(seed)).main for seed in range(40)}) > 5


def test_mix() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#123456", "#ffffff", 0) == "#123456"


def test_every_kind_has_a_shape_and_every_shape_a_kind() -> None:
    assert sorted(path.stem for path in SHAPES.iterdir()) == sorted(ALL_KINDS)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_drawing_is_well_formed_and_holds_nothing_active(kind: str) -> None:
    drawing = draw_file(kind, choose_palette("white", kind))

    elements = list(ET.fromstring(drawing).iter())  # noqa: S314 - our own drawing
    names = {element.tag.rpartition("}")[2] for element in elements}
    attributes = {name for element in elements for name in element.attrib}
    assert names <= {"svg", "g", "path", "circle", "ellipse", "rect"}
    assert not attributes & {"style", "class", "id", "href"}
    assert not any(name.startswith("on") for name in attributes)
    assert "$" not in drawing
    assert re.search(r"https?://(?!www\.w3\.org/2000/svg)", drawing) is None


def test_drawings_of_all_kinds_differ() -> None:
    palette = choose_palette("blue", "x")

    assert len({draw_file(kind, palette) for kind in ALL_KINDS}) == len(ALL_KINDS)


def test_a_label_is_escaped() -> None:
    drawing = draw_inline("ring", choose_palette("", "x"), '"><script>')

    assert 'role="img" aria-label="&quot;&gt;&lt;script&gt;"' in drawing


def render(image: ProductImage | None, product: Product | None, size: str) -> str:
    template = Template("{% load catalogue %}{% product_image image product size=size %}")
    return template.render(Context({"image": image, "product": product, "size": size}))


def product(*images: ProductImage) -> Product:
    made = Product(pk=1, slug="lamp", original_title="Copper & Co Lamp")
    made.images_list = list(images)
    return made


def test_a_file_is_shown_as_a_picture() -> None:
    image = ProductImage(pk=1, file="products/lamp.png", original_alt='A "lamp"')

    assert render(image, product(image), "large") == (
        '<img src="/media/products/lamp.png" alt="A &quot;lamp&quot;" width="800" height="800" '
        'loading="eager" decoding="async">'
    )
    assert 'alt="" width="400" height="400" loading="lazy"' in render(image, product(image), "card")


def test_a_remote_address_is_drawn_instead() -> None:
    first = ProductImage(pk=1, source_url="https://p.example/1.jpg", position=1)
    second = ProductImage(
        pk=2, source_url="https://p.example/2.jpg", original_alt="Behind", position=2
    )
    lamp = product(first, second)

    whole, detail = render(first, lamp, "large"), render(second, lamp, "large")
    assert 'aria-label="Copper &amp; Co Lamp"' in whole
    assert 'aria-label="Behind"' in detail
    assert whole.split(">", 1)[0] != detail.split(">", 1)[0]
    assert "p.example" not in whole + detail
    assert 'aria-hidden="true"' in render(first, lamp, "thumb")


def test_without_picture_or_product_there_is_a_parcel() -> None:
    assert render(None, None, "card").startswith('<svg class="drawing"')

"""`manage.py import_products`: what comes in, what stays, what is refused."""

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from shop.catalogue.exchange import importing
from shop.catalogue.models import Category, Product, ProductImage, Tag, Variant
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront
from tests.catalogue.helpers import DATA, plain, product_file
from tests.factories import NetworkFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def run(file: Path, storefront: str = "home") -> str:
    out = StringIO()
    call_command("import_products", str(file), storefront=storefront, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def everything() -> list[object]:
    """All that an import may change, to compare before and after."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            Category, Product, Variant, ProductImage, Tag,
            Product.tags.through, Product.storefronts.through,
        )
    ]  # fmt: skip


def test_clothes_come_in_whole_without_a_category() -> None:
    # Given a file with blank SKUs, trackers and types; when it is imported
    said = run(DATA / "clothes.csv", "apparel")

    # then products, variants, prices and pictures are those of the file
    assert said == "3 products: 3 created, 0 updated, 0 unchanged; 5 variants; 3 images"
    assert list(
        Variant.objects.order_by("product__slug", "position").values_list(
            "product__slug", "option_values", "price", "compare_at_price", "sku", "tracks_stock"
        )
    ) == [
        ("canvas-bag", [], Decimal("30.00"), None, "", False),
        ("harbour-shirt", [], Decimal("50.00"), None, "", False),
        ("letter-cardigan", ["Small"], Decimal("60.00"), None, "", False),
        ("letter-cardigan", ["Medium"], Decimal("60.00"), None, "", False),
        ("letter-cardigan", ["Large"], Decimal("62.50"), None, "", False),
    ]
    cardigan = Product.objects.get(slug="letter-cardigan")
    assert [option.name for option in cardigan.options.all()] == ["Size"]
    assert cardigan.category is None
    assert [shop.slug for shop in cardigan.storefronts.all()] == ["apparel"]
    assert [variant.sellable for variant in cardigan.variants.all()] == [None, None, None]
    assert Product.objects.get(slug="harbour-shirt").description_text == (
        "Cotton shirt with a narrow collar and long sleeves."
    )


def test_house_comes_in_whole_with_categories_tags_and_pictures() -> None:
    # Given a file with types, sale prices, a tracked variant and rows that hold only a picture
    # When it is imported
    said = run(DATA / "house.csv", "home")

    # Then
    assert said == "3 products: 3 created, 0 updated, 0 unchanged; 4 variants; 5 images"
    assert list(Category.objects.values_list("url_path", flat=True)) == ["indoor", "outdoor"]
    assert list(Tag.objects.values_list("name", flat=True)) == [
        "Bedroom", "Copper", "Plants", "Pot", "Wood",
    ]  # fmt: skip
    fence = Product.objects.get(slug="garden-fence")
    assert fence.category == Category.objects.get(name="Outdoor")
    assert fence.description == "<p>Larch, untreated</p>"
    assert fence.vendor == "Rustic"
    variant = fence.variants.get()
    assert (variant.price, variant.compare_at_price) == (Decimal("200.00"), Decimal("300.00"))
    assert (variant.tracks_stock, variant.stock, variant.sellable) == (True, 4, 4)
    assert list(fence.images.values_list("source_url", "position", "alt", "file")) == [
        ("https://pictures.example/fence.jpg", 1, "", ""),
        ("https://pictures.example/fence-back.jpg", 3, "The back", ""),
    ]


def test_the_second_run_changes_nothing() -> None:
    # Given
    run(DATA / "house.csv")
    before = everything()

    # When
    said = run(DATA / "house.csv")

    # Then
    assert said == (
        "3 products: 0 created, 0 updated, 3 unchanged; 4 variants; 5 images (no change)"
    )
    assert everything() == before


def test_another_storefront_is_added_to_those_that_sell_it() -> None:
    # Given
    run(DATA / "house.csv", "home")

    # When
    said = run(DATA / "house.csv", "apparel")

    # Then
    assert said == "3 products: 0 created, 3 updated, 0 unchanged; 4 variants; 5 images"
    pot = Product.objects.get(slug="clay-pot")
    assert [shop.slug for shop in pot.storefronts.all()] == ["apparel", "home"]
    assert Product.objects.count() == 3


def test_what_changed_in_the_file_changes_and_the_rest_stays(file: Path) -> None:
    # Given a product with two variants and two pictures, and one that will stay as it is
    small = plain(
        "tee",
        **{
            "Option1 Name": "Size",
            "Option1 Value": "S",
            "Tags": "new, cotton",
            "Image Src": "https://p.example/1.jpg",
            "Variant SKU": "T-S",
        },
    )
    large = {"Handle": "tee", "Option1 Value": "L", "Variant Price": "13",
             "Image Src": "https://p.example/2.jpg", "Variant SKU": "T-L"}  # fmt: skip
    file.write_bytes(product_file(small, large, plain("mug")))
    run(file)
    kept = Variant.objects.get(title="S")
    mug = Product.objects.get(slug="mug").updated_at

    # When the price falls, L gives way to M with L's SKU, a tag and a picture go
    medium = {"Handle": "tee", "Option1 Value": "M", "Variant Price": "13", "Variant SKU": "T-L"}
    file.write_bytes(
        product_file({**small, "Variant Price": "9", "Tags": "cotton"}, medium, plain("mug"))
    )
    said = run(file)

    # Then
    assert said == (
        "2 products: 0 created, 1 updated, 1 unchanged; 3 variants; 1 images; "
        "1 variants removed; 1 images removed"
    )
    tee = Product.objects.get(slug="tee")
    assert tee.variants.get(title="S") == kept
    assert tee.variants.get(title="S").price == Decimal("9.00")
    assert list(tee.variants.values_list("title", "sku")) == [("S", "T-S"), ("M", "T-L")]
    assert [tag.name for tag in tee.tags.all()] == ["cotton"]
    assert tee.updated_at > tee.created_at
    assert Product.objects.get(slug="mug").updated_at == mug


def test_two_variants_may_swap_their_skus(file: Path) -> None:
    # Given
    file.write_bytes(
        product_file(plain("a", **{"Variant SKU": "1"}), plain("b", **{"Variant SKU": "2"}))
    )
    run(file)

    # When
    file.write_bytes(
        product_file(plain("a", **{"Variant SKU": "2"}), plain("b", **{"Variant SKU": "1"}))
    )
    said = run(file)

    # Then
    assert said.startswith("2 products: 0 created, 2 updated, 0 unchanged")
    assert list(Variant.objects.order_by("product__slug").values_list("sku", flat=True)) == [
        "2",
        "1",
    ]


def test_a_type_with_arrows_is_a_place_in_the_tree(file: Path) -> None:
    # Given a category that is there already
    home = add_category("Home")
    file.write_bytes(product_file(plain(Type="Home > Kitchen > Mugs & Cups")))

    # When
    run(file)

    # Then
    category = Product.objects.get().category
    assert category is not None
    assert category.url_path == "home/kitchen/mugs-cups"
    assert Category.objects.get_root(category) == home


def test_a_blank_type_keeps_the_category_that_staff_chose(file: Path) -> None:
    # Given
    file.write_bytes(product_file(plain()))
    run(file)
    chosen = add_category("Kitchen")
    Product.objects.update(category=chosen)

    # When
    said = run(file)

    # Then
    assert said.endswith("(no change)")
    assert Product.objects.get().category == chosen


@pytest.mark.parametrize(
    ("cells", "published"),
    [
        ({"Published": "true"}, True),
        ({"Published": "FALSE"}, False),
        ({"Published": "true", "Status": "draft"}, False),
        ({"Published": "true", "Status": "active"}, True),
    ],
)
def test_published_and_status(file: Path, cells: dict[str, str], published: bool) -> None:
    file.write_bytes(product_file(plain(**cells)))

    run(file)

    assert Product.objects.get().is_published is published


def test_stock_policy_weight_and_flags(file: Path) -> None:
    # Given
    file.write_bytes(
        product_file(
            plain(
                **{
                    "Variant Inventory Tracker": "shopify",
                    "Variant Inventory Qty": "-3",
                    "Variant Inventory Policy": "continue",
                    "Variant Grams": "250.0",
                    "Variant Requires Shipping": "false",
                    "Variant Taxable": "FALSE",
                    "Variant Barcode": "4006381333931",
                }
            )
        )
    )

    # When
    run(file)

    # Then oversold stock is none, and it may be ordered all the same
    variant = Variant.objects.get()
    assert (variant.tracks_stock, variant.stock, variant.sellable) == (True, 0, None)
    assert (variant.weight_grams, variant.barcode) == (250, "4006381333931")
    assert (variant.requires_shipping, variant.taxable) == (False, False)


def test_a_variants_own_picture_is_linked_to_it(file: Path) -> None:
    # Given two colours with a picture each, and one picture they share
    red = plain(
        "scarf",
        **{
            "Option1 Name": "Colour",
            "Option1 Value": "Red",
            "Image Src": "https://p.example/both.jpg",
            "Variant Image": "https://p.example/red.jpg",
        },
    )
    blue = {"Handle": "scarf", "Option1 Value": "Blue", "Variant Price": "5",
            "Variant Image": "https://p.example/blue.jpg"}  # fmt: skip
    file.write_bytes(product_file(red, blue))

    # When
    run(file)

    # Then
    assert list(ProductImage.objects.values_list("source_url", "variant__title", "position")) == [
        ("https://p.example/both.jpg", None, 1),
        ("https://p.example/red.jpg", "Red", 2),
        ("https://p.example/blue.jpg", "Blue", 3),
    ]


def test_a_byte_order_mark_and_blank_lines_are_fine(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + product_file(plain()) + b"\r\n\r\n")

    assert run(file).startswith("1 products: 1 created")


def test_pictures_of_ours_are_left_alone(file: Path) -> None:
    # Given a product with a picture of ours
    product = ProductFactory(slug="mug", title="Mug")
    ProductImage.objects.create(product=product, file="products/mug.png")
    file.write_bytes(product_file(plain(**{"Image Src": "https://p.example/1.jpg"})))

    # When
    run(file)

    # Then
    assert sorted(product.images.values_list("file", "source_url")) == [
        ("", "https://p.example/1.jpg"), ("products/mug.png", ""),
    ]  # fmt: skip


def test_more_products_than_a_batch_take_few_queries(
    file: Path, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: object
) -> None:
    # Given 1,000 products, imported in batches of 250
    monkeypatch.setattr(importing, "BATCH", 250)
    file.write_bytes(product_file(*(plain(f"mug-{n}", Tags=f"t{n % 7}") for n in range(1000))))

    # When
    with django_assert_max_num_queries(120):  # type: ignore[operator]
        said = run(file)

    # Then
    assert said.startswith("1000 products: 1000 created, 0 updated, 0 unchanged; 1000 variants")
    assert Product.storefronts.through.objects.count() == 1000


S = {"Handle": "mug", "Option1 Value": "S", "Variant Price": "1"}
REFUSED: list[tuple[bytes, str]] = [
    (b"", "the file is empty"),
    (b"\n\n", "the file is empty"),
    (product_file(), "the file has a header, but no products"),
    (b"name,price\nMug,1\n", "line 1: no column “Handle”, “Title”; this is not Shopify's"),
    (b"colour,size\nred,M\n", "line 1: neither Shopify's nor WooCommerce's product CSV"),
    (b"Handle,Title,Title,Variant Price\n", "line 1, column “Title”: the header names it twice"),
    (b"Handle,Title,Variant Price\nmug,Mug\n", "line 2: 2 columns, but the header has 3"),
    (b"Handle,Title,Variant Price\nmug,Mug,1,2\n", "line 2: 4 columns, but the header has 3"),
    (b'Handle,Title,Variant Price\nmug,"Mug,1\n', "line 2: not valid CSV"),
    (b"Handle,Title,Variant Price\nmug,Caf\xe9,1\n", "line 2: not UTF-8 text (byte 0xe9 at"),
    ("Handle,Title".encode("utf-16"), "line 1: no column “Variant Price”; this"),
    (b"PK\x03\x04\x00\x00", "line 1: a zero byte: this is not a CSV file"),
    (product_file(plain(**{"Variant Price": "abc"})), "column “Variant Price”: “abc” is not a"),
    (product_file(plain(**{"Variant Price": "1,299"})), "“1,299” is not a price"),
    (product_file(plain(**{"Variant Price": "NaN"})), "“NaN” is not a price"),
    (product_file(plain(**{"Variant Price": "-1"})), "column “Variant Price”: -1 is negative"),
    (product_file(plain(**{"Variant Price": "1.999"})), "1.999 has more than two decimals"),
    (product_file(plain(**{"Variant Price": "1e12"})), "1e12 is too much"),
    (product_file(plain(**{"Variant Price": ""})), "line 2, column “Variant Price”: missing"),
    (product_file(plain(**{"Variant Compare At Price": "x"})), "“Variant Compare At Price”: “x”"),
    (product_file(plain(**{"Variant Inventory Qty": "1.5"})), "“1.5” is not a whole number"),
    (product_file(plain(**{"Variant Grams": "9999999999"})), "9999999999 is too much"),
    (product_file(plain(Published="maybe")), "“maybe” is none of true, false"),
    (product_file(plain(Status="gone")), "“gone” is none of active, draft, archived"),
    (product_file(plain(**{"Variant Inventory Policy": "x"})), "“x” is none of deny, continue"),
    (product_file(plain(**{"Image Src": "pic.jpg"})), "“pic.jpg” is not an http or https address"),
    (product_file(plain(Title="")), "line 2, column “Title”: missing in the first row of “mug”"),
    (product_file(plain(Title="<b>Mug</b>")), "“<b>Mug</b>” holds HTML; a title is plain text"),
    (product_file(plain(**{"Body (HTML)": "x" * 500_001})),
     "line 2, column “Body (HTML)”: 500001 characters, but 500000 are the limit"),
    (product_file(plain(Vendor="a\0b")), "line 2, column “Vendor”: a zero byte"),
    (product_file(plain(Type="a > " * 40)), "the address of this category would be too long"),
    (product_file(plain(Title="x" * 256)), "line 2, column “Title”: 256 characters, but 255 are"),
    (product_file(plain("", Title="Mug")), "line 2, column “Handle”: missing"),
    (product_file(plain("a b")), "“a b” may hold letters, digits, - and _ only"),
    (product_file(plain(Type="!!!")), "line 2, column “Type”: “!!!” has no letter or digit"),
    (product_file(plain(), plain()), "“Option1 Value”: the only variant of “mug” is on line 2"),
    (product_file(plain(**{"Option1 Name": "Size", "Option1 Value": "S"}), S),
     "line 3, column “Option1 Value”: “S” of “mug” is on line 2 already"),
    (product_file(plain(), S), "“S”, but “mug” has no option 1"),
    (product_file(plain(), plain(Title="Cup")), "line 3, column “Title”: a second title for “mug”"),
    (product_file(plain(), plain("cup"), plain()), "line 4, column “Handle”: “mug” again"),
    (product_file(plain(**{"Option1 Name": "Size", "Option1 Value": ""})), "missing for “Size”"),
    (product_file(plain(**{"Variant SKU": "1"}), plain("cup", **{"Variant SKU": "1"})),
     "line 3, column “Variant SKU”: “1” is on line 2 already"),
    (product_file(plain(**{"Variant SKU": "TAKEN"})),
     "line 2, column “Variant SKU”: “TAKEN” belongs to “Jug” (jug) already"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_a_faulty_file_is_refused_and_nothing_changes(
    file: Path, content: bytes, reason: str
) -> None:
    # Given a catalogue, and a file whose fault comes after rows that are right
    ProductFactory(slug="jug", title="Jug", variant__sku="TAKEN")
    file.write_bytes(content)
    before = everything()

    # When
    with pytest.raises(CommandError) as refusal:
        run(file)

    # Then
    assert reason in str(refusal.value)
    assert str(refusal.value).startswith(f"{file}: ")
    assert str(refusal.value).endswith(". Nothing was imported.")
    assert everything() == before


def test_a_fault_in_a_later_batch_undoes_the_earlier_ones(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(importing, "BATCH", 2)
    rows = [plain(f"mug-{n}", Type="Mugs", Tags="new") for n in range(5)]
    file.write_bytes(product_file(*rows, plain("last", **{"Variant Price": "-1"})))
    before = everything()

    # When
    with pytest.raises(CommandError, match="line 7, column “Variant Price”: -1 is negative"):
        run(file)

    # Then
    assert everything() == before


def test_an_unknown_storefront_is_refused_with_those_there_are() -> None:
    with pytest.raises(CommandError) as refusal:
        run(DATA / "house.csv", "toys")

    assert str(refusal.value) == (
        "There is no storefront “toys”. There are: galleria, apparel, jewelry, home."
    )
    assert Product.objects.count() == 0


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        run(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="Is a directory"):
        run(tmp_path)

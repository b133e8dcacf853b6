"""What is found, in which order, and that no write leaves the index behind; on both databases."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.test.utils import CaptureQueriesContext

from shop.catalogue.models import (
    Category,
    FacetValue,
    Option,
    Product,
    SearchDocument,
    SearchWord,
    Tag,
    Variant,
    VariantValue,
)  # fmt: skip
from shop.catalogue.search import index, search
from shop.catalogue.search.words import Words, distance, likeliest
from shop.storefronts.models import Storefront
from tests.factories import CategoryFactory, NetworkFactory, ProductFactory, VariantFactory

DATA = Path(__file__).parent / "data"


@pytest.fixture
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def shelf(network: dict[str, Storefront]) -> dict[str, Storefront]:
    jewelry, home = network["jewelry"], network["home"]
    ProductFactory(title="Silver Necklace", variant__sku="LS-NCK'1", storefronts=[jewelry])
    ProductFactory(title="Chain Ring", vendor="Necklace House", storefronts=[jewelry])
    gift = ProductFactory(title="Pearl Ring", storefronts=[jewelry])
    gift.tags.add(Tag.objects.create(name="goes with a necklace"))
    ProductFactory(
        title="Velvet Box",
        description="<p>Necklace box. For a necklace.</p>",
        storefronts=[jewelry],
    )
    ProductFactory(title="红灯笼", vendor="灯火", description="手工制作的纸灯", storefronts=[home])
    ProductFactory(title="Carpet", storefronts=[home])
    ProductFactory(title="Berry Bowls", storefronts=[home], category=CategoryFactory(name="Tables"))
    return network


def found(storefront: Storefront, text: str, language: str = "en") -> list[str]:
    return [product.title for product in search(storefront, text, language).products]


IN_ORDER = ["Silver Necklace", "Pearl Ring", "Chain Ring", "Velvet Box"]
"""Title first though it is the oldest; then tag and vendor, the newest first; then description."""


@pytest.mark.parametrize(
    ("text", "titles", "corrected"),
    [
        ("necklace", IN_ORDER, None),
        ("NECKLACE", IN_ORDER, None),
        ("necklaces", IN_ORDER, None),
        ("neckl", IN_ORDER, None),
        ("neckalce", IN_ORDER, "necklace"),
        ("neclace", IN_ORDER, "necklace"),
        ("ring", ["Pearl Ring", "Chain Ring"], None),
        ("necklace pearl", ["Pearl Ring"], None),
        ("the pearl with a necklace", ["Pearl Ring"], None),
        ("silver neckalce", ["Silver Necklace"], "silver necklace"),
        ("ls-nck'1", ["Silver Necklace"], None),
        ("carpet", [], None),
        ("velvet ring", [], None),
        ("qqqqqqqq", [], None),
        ("", [], None),
        ("!?", [], None),
        ("' | & ! ( ) <-> :* \\", [], None),
        ('" OR title:x NEAR(', [], None),
    ],
)
def test_search(
    shelf: dict[str, Storefront], text: str, titles: list[str], corrected: str | None
) -> None:
    result = search(shelf["jewelry"], text, "en")

    assert [product.title for product in result.products] == titles
    assert result.corrected == corrected


@pytest.mark.parametrize(
    "text", ["灯笼", "红灯笼", "灯", "笼", "灯火", "手工", "纸灯", "灯笼 手工"]
)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_chinese_words_are_found_within_a_text(
    shelf: dict[str, Storefront], text: str, language: str
) -> None:
    assert found(shelf["home"], text, language) == ["红灯笼"]


@pytest.mark.parametrize("text", ["笼灯", "火灯", "红 necklace", "金"])
def test_other_chinese_words_are_not(shelf: dict[str, Storefront], text: str) -> None:
    assert found(shelf["home"], text, "zh-hans") == []


def test_english_words_are_found_by_their_stem(shelf: dict[str, Storefront]) -> None:
    for text in ("berries", "berry", "bowl", "bowls", "table", "tables"):
        assert found(shelf["home"], text) == ["Berry Bowls"]


def test_a_whole_word_comes_before_its_beginnings(shelf: dict[str, Storefront]) -> None:
    ProductFactory(title="Toy Car", storefronts=[shelf["home"]])

    assert found(shelf["home"], "car") == ["Toy Car", "Carpet"]
    assert found(shelf["home"], "carp") == ["Carpet"]


def test_a_storefront_finds_what_it_sells(shelf: dict[str, Storefront]) -> None:
    # Given something that only looks like it is sold here
    ProductFactory(title="Necklace", is_published=False, storefronts=[shelf["home"]])
    ProductFactory(title="Necklace", variant=None, storefronts=[shelf["home"]])

    # Then nobody is told of a spelling that finds nothing here
    for text in ("necklace", "neckalce", "LS-NCK'1"):
        assert found(shelf["home"], text) == []
        assert search(shelf["home"], text, "en").corrected is None
    assert found(shelf["galleria"], "neckalce") == IN_ORDER


def test_what_a_search_costs(shelf: dict[str, Storefront], database: str) -> None:
    def cost(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            list(search(shelf["jewelry"], text, "en").products)
        return len(captured)

    before = [cost(text) for text in ("necklace", "neckalce", "qqqqqqqq", "")]
    for _number in range(30):
        ProductFactory(title="Necklace of Pearls", storefronts=[shelf["jewelry"]])

    # Then: is there any, and which; two more for the words like it, and whether those are found
    assert before == [2, 4, 3, 0]
    assert [cost(text) for text in ("necklace", "neckalce", "qqqqqqqq", "")] == before


def derived(database: str) -> list[Any]:
    """All that triggers have written, without the ids that a rebuild gives anew."""
    values = VariantValue.objects.order_by("variant", "value__name")
    rows: list[Any] = list(values.values_list("product", "variant", "value__name", "value__value"))
    # A value that nothing has any more may stay: no list shows it.
    in_use = Q(value="") | Exists(VariantValue.objects.filter(value=OuterRef("pk")))
    labels = FacetValue.objects.filter(in_use).exclude(labels={}).order_by("name", "value")
    rows += labels.values_list("name", "value", "labels")
    if database == "postgresql":
        documents = SearchDocument.objects.order_by("product", "language")
        return rows + list(documents.values_list("product", "language", "vector"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id, language, title, keywords, body FROM catalogue_search text "
            "JOIN catalogue_searchdocument document ON document.id = text.rowid ORDER BY 1, 2"
        )
        return [*rows, *cursor.fetchall()]


def write_in_every_way(shop: Storefront, media: Path) -> None:
    """Import, demo, single rows, many rows at once, renaming, moving and deleting."""
    call_command("import_products", str(DATA / "clothes.csv"), storefront=shop.slug, verbosity=0)
    call_command("import_products", str(DATA / "house.csv"), storefront=shop.slug, verbosity=0)
    call_command("seed_demo", verbosity=0)
    first, second, third, fourth, *_others = Product.objects.order_by("pk")
    first.title = "Renamed"
    first.save()
    Product.objects.filter(pk=second.pk).update(vendor="Somebody Else")
    third.description = "<p>Brand new</p>"
    Product.objects.bulk_update([third], ["description"])
    tag = Tag.objects.create(name="fresh")
    fourth.tags.add(tag)
    fourth.tags.remove(fourth.tags.exclude(pk=tag.pk)[0])
    tag.name = "stale"
    tag.save()
    Category.objects.filter(products__isnull=False).update(name="One Name")
    second.category = None
    second.save()
    variants = list(Variant.objects.filter(product=fourth).order_by("pk"))
    variants[0].sku = "NEW-SKU"
    variants[0].option_values = ["Huge", *variants[0].option_values[1:]]
    variants[0].save()
    Variant.objects.filter(pk=variants[-1].pk).update(product=first, title="moved")
    Option.objects.filter(product=fourth, position=1).update(name="Measure")
    Product.objects.filter(options__isnull=False).latest("pk").options.all().delete()
    Product.objects.filter(tags__isnull=False).latest("pk").delete()
    Variant.objects.filter(product=third).delete()
    Tag.objects.filter(name="cotton").delete()
    translate(first, second, third)


def translate(first: Product, second: Product, third: Product) -> None:
    """Write translations, some of them twice, and take some away again."""
    for product in (first, second, third):
        product.translations = {"zh-hans": {"title": "衬衫", "description": "<p>厚实</p>"}}
        product.save()
    second.translations = {}
    second.save()
    Product.objects.filter(pk=third.pk).update(translations={"zh-hans": {"title": "裤子"}})
    shelved = Category.objects.filter(products__isnull=False)
    shelved.update(translations={"zh-hans": {"name": "衣物"}})
    Category.objects.filter(pk=shelved.latest("pk").pk).update(translations={})
    sized = Product.objects.filter(options__name="Size").latest("pk")
    sized.options.filter(name="Size").update(translations={"zh-hans": {"name": "大小"}})
    sized.options.filter(name="Size").update(translations={"zh-hans": {"name": "尺码"}})
    for variant in sized.variants.all():
        variant.translations = {"zh-hans": {"option_values": ["码", ""]}}
        variant.save()


def test_the_index_is_right_whoever_writes(
    network: dict[str, Storefront], database: str, settings: Any, tmp_path: Path
) -> None:
    # Given
    settings.MEDIA_ROOT = tmp_path
    Storefront.objects.all().delete()
    call_command("seed_demo", verbosity=0)

    # When
    write_in_every_way(Storefront.objects.get(slug="home"), tmp_path)

    # Then what the triggers made of it is what one makes of it that starts anew
    kept = derived(database)
    index.rebuild()
    assert kept == derived(database)
    assert len(kept) > 150
    main = Storefront.objects.get(is_main=True)
    assert "Renamed" in found(main, "renamed")
    assert found(main, "NEW-SKU") == [Variant.objects.get(sku="NEW-SKU").product.title]
    assert FacetValue.objects.filter(name="measure", value="Huge").count() == 1


def test_nothing_derived_outlives_its_product(shelf: dict[str, Storefront], database: str) -> None:
    product = ProductFactory(options=["Size"], variant=None)
    variant = VariantFactory(product=product, option_values=["M"])
    assert VariantValue.objects.filter(variant=variant).exists()

    Product.objects.all().delete()

    assert derived(database) == []


def test_stock_writes_nothing_to_the_index(shelf: dict[str, Storefront], database: str) -> None:
    before = derived(database)

    Variant.objects.update(stock=7, tracks_stock=True)

    assert derived(database) == before


def test_a_lost_trigger_comes_back_with_the_next_migrate(
    shelf: dict[str, Storefront], database: str
) -> None:
    # Given an index that was left behind
    index.uninstall(connection)
    Product.objects.filter(title="Carpet").update(title="Doormat")
    assert found(shelf["home"], "doormat") == []

    # When
    index.after_migrate(using="default")

    # Then
    assert found(shelf["home"], "doormat") == ["Doormat"]
    assert index.install(connection) is False


def test_rebuild_search_makes_all_anew(shelf: dict[str, Storefront], database: str) -> None:
    with index.at_the_end():
        ProductFactory(title="Doormat", storefronts=[shelf["home"]])
        assert found(shelf["home"], "doormat") == []
    assert found(shelf["home"], "doormat") == ["Doormat"]

    before = derived(database)
    call_command("rebuild_search", verbosity=0)
    assert derived(database) == before


@pytest.mark.django_db
def test_words_that_no_product_has_any_more_go_with_a_rebuild() -> None:
    ProductFactory(title="Quincunx").delete()
    assert SearchWord.objects.filter(word="quincunx").exists()

    index.rebuild()

    assert not SearchWord.objects.filter(word="quincunx").exists()


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("", "", 0), ("a", "", 1), ("neckalce", "necklace", 1), ("shrit", "shirt", 1),
     ("ca", "abc", 3), ("kitten", "sitting", 3), ("lamp", "lamp", 0)],
)  # fmt: skip
def test_distance(one: str, other: str, apart: int) -> None:
    assert distance(one, other) == distance(other, one) == apart


def test_likeliest() -> None:
    assert likeliest("shrit", {"shirt", "short", "skirt", "shoe"}, 3) == ["shirt"]
    assert likeliest("shir", {"shirt", "shin"}, 3) == []
    assert likeliest("lampp", {"lamp", "clamp", "camp"}, 1) == ["lamp"]


def test_words() -> None:
    assert Words("The Red-灯笼 of X_y, 1.5 l").all == ("red", "灯笼", "x", "y", "1", "5", "l")
    assert Words("the of").all == ("the", "of")
    assert Words("a b c d e f g h i j k").all == ("b", "c", "d", "e", "f", "g", "h", "i")
    assert Words("lamp 灯笼灯笼 ab1cd vase ox").correctable == ("lamp", "vase")

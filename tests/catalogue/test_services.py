"""Categories and stock."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from treebeard.exceptions import InvalidMoveToDescendant, InvalidPosition

from shop.catalogue.models import Category
from shop.catalogue.services import (
    OutOfStock,
    add_category,
    move_category,
    rename_category,
    take_stock,
)
from tests.factories import NetworkFactory, VariantFactory


def addresses() -> list[str]:
    """All addresses in tree order."""
    return list(Category.objects.order_by("path").values_list("url_path", flat=True))


def tree_is_sound() -> bool:
    return not any(Category.objects.find_problems())


@pytest.fixture
def tree(db: None) -> dict[str, Category]:
    NetworkFactory()
    clothing = add_category("Clothing")
    shirts = add_category("Shirts", clothing)
    linen = add_category("Linen Shirts", shirts)
    home = add_category("Home")
    return {"clothing": clothing, "shirts": shirts, "linen": linen, "home": home}


def test_categories_stand_in_order_with_addresses(tree: dict[str, Category]) -> None:
    add_category("Bags")

    assert addresses() == [
        "bags", "clothing", "clothing/shirts", "clothing/shirts/linen-shirts", "home",
    ]  # fmt: skip
    assert tree_is_sound()


def test_names_in_other_scripts_have_addresses(tree: dict[str, Category]) -> None:
    assert add_category("家居 用品").url_path == "家居-用品"


def test_a_name_without_letters_is_refused(tree: dict[str, Category]) -> None:
    with pytest.raises(ValidationError, match="no letter or digit"):
        add_category("!?")
    assert Category.objects.count() == 4


def test_a_taken_address_is_refused(tree: dict[str, Category]) -> None:
    with pytest.raises(ValidationError, match="“clothing/shirts” already"):
        add_category("SHIRTS!", tree["clothing"])
    with pytest.raises(ValidationError, match="“home” already"):
        rename_category(tree["clothing"], "Home")
    assert addresses() == ["clothing", "clothing/shirts", "clothing/shirts/linen-shirts", "home"]


def test_a_rename_moves_the_addresses_below(tree: dict[str, Category]) -> None:
    # When
    renamed = rename_category(tree["clothing"], "Wardrobe")

    # Then also its place among its siblings is the new name's
    assert renamed.url_path == "wardrobe"
    assert addresses() == ["home", "wardrobe", "wardrobe/shirts", "wardrobe/shirts/linen-shirts"]
    assert tree_is_sound()


def test_the_only_category_can_be_renamed(db: None) -> None:
    only = add_category("Only")

    assert rename_category(only, "Lonely").url_path == "lonely"
    assert move_category(only, None).url_path == "lonely"
    assert addresses() == ["lonely"]


def test_a_move_takes_the_addresses_below_along(tree: dict[str, Category]) -> None:
    move_category(tree["shirts"], tree["home"])

    assert addresses() == ["clothing", "home", "home/shirts", "home/shirts/linen-shirts"]
    assert tree_is_sound()

    move_category(tree["shirts"], None)

    assert addresses() == ["clothing", "home", "shirts", "shirts/linen-shirts"]
    assert tree_is_sound()


def test_a_move_onto_a_taken_address_is_refused(tree: dict[str, Category]) -> None:
    # Given
    other = add_category("Shirts", tree["home"])
    before = addresses()

    # When, by service and by the admin's drag and drop
    with pytest.raises(ValidationError, match="“clothing/shirts” already"):
        move_category(other, tree["clothing"])
    with pytest.raises(InvalidPosition, match="“clothing/shirts” already"):
        Category.objects.move(other, tree["clothing"], "sorted-child")

    # Then
    assert addresses() == before


def test_a_move_into_itself_is_refused(tree: dict[str, Category]) -> None:
    before = addresses()

    with pytest.raises(InvalidMoveToDescendant):
        move_category(tree["clothing"], tree["linen"])
    assert addresses() == before


def test_take_stock_takes_from_tracked_variants_only(db: None) -> None:
    # Given one variant of each kind
    tracked = VariantFactory(stock=5)
    untracked = VariantFactory(stock=3, tracks_stock=False)
    backorder = VariantFactory(stock=2, allows_backorder=True)

    # When
    with transaction.atomic():
        take_stock({tracked.pk: 5, untracked.pk: 50, backorder.pk: 9})

    # Then
    left = []
    for variant in (tracked, untracked, backorder):
        variant.refresh_from_db()
        left.append(variant.stock)
    assert left == [0, 3, 0]


def test_take_stock_names_what_is_left_and_takes_nothing(db: None) -> None:
    # Given
    plenty, few = VariantFactory(stock=9), VariantFactory(stock=2)

    # When
    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        take_stock({plenty.pk: 1, few.pk: 3})

    # Then
    assert (refusal.value.variant_id, refusal.value.available) == (few.pk, 2)
    plenty.refresh_from_db()
    few.refresh_from_db()
    assert (plenty.stock, few.stock) == (9, 2)


def test_take_stock_of_a_variant_that_is_gone(db: None) -> None:
    with pytest.raises(OutOfStock) as refusal, transaction.atomic():
        take_stock({987654: 1})

    assert refusal.value.available == 0


def test_take_stock_refuses_nonsense(transactional_db: None) -> None:
    variant = VariantFactory(stock=2)

    with pytest.raises(RuntimeError, match="needs a transaction"):
        take_stock({variant.pk: 1})
    with pytest.raises(ValueError, match="one or more"), transaction.atomic():
        take_stock({variant.pk: 0})
    variant.refresh_from_db()
    assert variant.stock == 2


def test_take_stock_costs_one_query_a_tracked_variant_and_one_more(
    db: None, django_assert_num_queries: object
) -> None:
    tracked = [VariantFactory(stock=2) for _ in range(3)]
    untracked = [VariantFactory() for _ in range(3)]

    with django_assert_num_queries(4):  # type: ignore[operator]
        take_stock({variant.pk: 1 for variant in [*tracked, *untracked]})


def test_of_eight_buyers_of_the_last_one_exactly_one_gets_it(transactional_db: None) -> None:
    """Real threads with connections of their own: row locks are what is tested."""
    # Given
    last = VariantFactory(stock=1)
    start = threading.Barrier(8)
    results: list[str] = []

    def buy() -> None:
        start.wait()
        try:
            with transaction.atomic():
                take_stock({last.pk: 1})
            results.append("bought")
        except OutOfStock as refusal:
            results.append(f"{refusal.available} left")
        finally:
            connection.close()

    # When
    threads = [threading.Thread(target=buy) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then
    assert sorted(results) == ["0 left"] * 7 + ["bought"]
    last.refresh_from_db()
    assert last.stock == 0


def test_two_orders_of_the_same_things_in_opposite_order_do_not_deadlock(
    transactional_db: None,
) -> None:
    # Given
    one, two = VariantFactory(stock=100), VariantFactory(stock=100)
    start = threading.Barrier(4)
    problems: list[Exception] = []

    def buy(quantities: dict[int, int]) -> None:
        start.wait()
        try:
            for _ in range(10):
                with transaction.atomic():
                    take_stock(quantities)
        except Exception as problem:  # noqa: BLE001 - handed to the test
            problems.append(problem)
        finally:
            connection.close()

    # When
    orders = [{one.pk: 1, two.pk: 1}, {two.pk: 1, one.pk: 1}] * 2
    threads = [threading.Thread(target=buy, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then
    assert problems == []
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.stock, two.stock) == (60, 60)

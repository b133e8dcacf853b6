"""Categories."""

import pytest
from django.core.exceptions import ValidationError
from treebeard.exceptions import InvalidMoveToDescendant, InvalidPosition

from shop.catalogue.models import Category
from shop.catalogue.services import add_category, move_category, rename_category
from tests.factories import NetworkFactory


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

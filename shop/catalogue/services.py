"""Writes to the catalogue: categories. Stock is shop.stock's."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from shop.storefronts.models import Storefront

from .models import Category


def lock_tree() -> None:
    """Let one transaction at a time change the category tree.

    The main storefront's row stands for the tree: it always exists, and paths are made from what
    is already there, which no row lock within the tree could guard. Orders can be placed on it
    meanwhile: rows that point at it are not held up.
    """
    main = Storefront.objects.select_for_update(no_key=True).filter(is_main=True)
    list(main.values_list("pk"))


def category_slug(name: str) -> str:
    """The slug of a category's name. Raises ValidationError where nothing is left of it."""
    slug = slugify(name, allow_unicode=True)[:120].strip("-_")
    if not slug:
        problem = _("“%(name)s” has no letter or digit for an address.")
        raise ValidationError(problem % {"name": name})
    return slug


@transaction.atomic
def add_category(name: str, parent: Category | None = None, description: str = "") -> Category:
    """Add a category below `parent`, or at the top.

    Raises ValidationError where the parent already has a category with that address.
    """
    lock_tree()
    slug = category_slug(name)
    _refuse_taken(slug, parent)
    fields = {"name": name, "slug": slug, "description": description}
    made: Category = (
        Category.objects.add_child(parent, fields) if parent else Category.objects.add_root(fields)
    )
    return made


@transaction.atomic
def rename_category(category: Category, name: str) -> Category:
    """Give a category another name; its address and those below it follow.

    Raises ValidationError where a sibling has that address.
    """
    lock_tree()
    category = Category.objects.get(pk=category.pk)
    slug = category_slug(name)
    parent = Category.objects.get_parent(category)
    _refuse_taken(slug, parent, but=category)
    category.name, category.slug = name, slug
    category.save()
    return _place(category, parent)


@transaction.atomic
def move_category(category: Category, parent: Category | None) -> Category:
    """Put a category, with all below it, under another parent, or at the top.

    Raises ValidationError where the parent already has a category with that address, and
    treebeard's InvalidMoveToDescendant for a move into itself.
    """
    lock_tree()
    category = Category.objects.get(pk=category.pk)
    _refuse_taken(category.slug, parent, but=category)
    return _place(category, parent)


def _place(category: Category, parent: Category | None) -> Category:
    """Put a category below its parent, where its name belongs among the siblings."""
    if parent is None:
        Category.objects.move(category, Category.objects.get_first_root_node(), "sorted-sibling")
    else:
        Category.objects.move(category, Category.objects.get(pk=parent.pk), "sorted-child")
    placed: Category = Category.objects.get(pk=category.pk)
    return placed


def _refuse_taken(slug: str, parent: Category | None, but: Category | None = None) -> None:
    address = f"{parent.url_path}/{slug}" if parent else slug
    if Category.objects.filter(url_path=address).exclude(pk=but.pk if but else None).exists():
        raise ValidationError(_("There is a category at “%(path)s” already.") % {"path": address})

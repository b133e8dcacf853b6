"""Writes to the catalogue: categories, and the stock that orders take."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils.text import slugify
from django.utils.translation import gettext as _

from shop.storefronts.models import Storefront

from .models import Category, Variant


class OutOfStock(Exception):
    """Fewer of a variant are left than were asked for. Nothing may be kept: roll back."""

    def __init__(self, variant_id: int, available: int) -> None:
        super().__init__(f"variant {variant_id}: {available} left")
        self.variant_id = variant_id
        self.available = available


def take_stock(quantities: Mapping[int, int]) -> None:
    """Take so many of each variant (id: quantity) from stock, all or none.

    Each is one UPDATE guarded by what is left, in primary-key order so that two orders never wait
    for each other crosswise. Untracked variants are left alone; one that allows backorder goes
    down to zero and no further.

    Call it inside a transaction. Raises OutOfStock, upon which the caller must roll back;
    RuntimeError outside a transaction; ValueError for a quantity below 1.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("take_stock needs a transaction: half an order must not keep its stock.")
    if any(quantity < 1 for quantity in quantities.values()):
        raise ValueError("Only quantities of one or more can be taken.")
    tracks = dict(Variant.objects.filter(pk__in=quantities).values_list("pk", "tracks_stock"))
    for pk in sorted(quantities):
        if tracks.get(pk) is False:
            continue
        quantity = quantities[pk]
        taken = (
            Variant.objects.filter(pk=pk)
            .filter(Q(stock__gte=quantity) | Q(allows_backorder=True) | Q(tracks_stock=False))
            .update(
                stock=Case(
                    When(tracks_stock=False, then=F("stock")),
                    When(stock__gte=quantity, then=F("stock") - quantity),
                    default=Value(0),
                )
            )
        )
        if not taken:
            left = Variant.objects.filter(pk=pk).values_list("stock", flat=True).first()
            raise OutOfStock(pk, left or 0)


def lock_tree() -> None:
    """Let one transaction at a time change the category tree.

    The main storefront's row stands for the tree: it always exists, and paths are made from what
    is already there, which no row lock within the tree could guard.
    """
    list(Storefront.objects.select_for_update().filter(is_main=True).values_list("pk"))


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

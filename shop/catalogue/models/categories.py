"""The tree of categories."""

from typing import Any

from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from treebeard.exceptions import InvalidPosition
from treebeard.mp_tree import MP_Node, MP_NodeManager

from shop.translated.fields import (
    TranslatedCharField,
    TranslatedModel,
    TranslatedTextField,
    translations_constraint,
)

CHILD_POSITIONS = {"first-child", "last-child", "sorted-child"}


class CategoryManager(MP_NodeManager):
    """Keeps addresses right wherever the tree is changed: code, admin form, drag and drop."""

    def move(self, node: "Category", target: "Category", pos: str | None = None) -> None:
        """Move a node with its descendants; their addresses follow.

        Raises InvalidPosition where the address it would get is taken.
        """
        parent = target if pos in CHILD_POSITIONS else self.get_parent(target)
        address = f"{parent.url_path}/{node.slug}" if parent else node.slug
        if self.filter(url_path=address).exclude(pk=node.pk).exists():
            raise InvalidPosition(
                _("There is a category at “%(path)s” already.") % {"path": address}
            )
        with transaction.atomic():
            super().move(node, target, pos)
            Category.objects.get(pk=node.pk).save()
        node.refresh_from_db()


class Category(TranslatedModel, MP_Node):
    """A node of the category tree; `url_path` is its address, `clothing/shirts`."""

    name = TranslatedCharField(_("name"), max_length=120)
    original_name: str
    slug = models.SlugField(_("slug"), max_length=120, allow_unicode=True)
    url_path = models.CharField(_("address"), max_length=500, unique=True, editable=False)
    description = TranslatedTextField(_("description"), blank=True)
    original_description: str

    node_order_by = ("original_name",)

    objects = CategoryManager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [translations_constraint("category")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the address that slug and place in the tree give, and correct those below."""
        before, self.url_path = self.url_path, self.address()
        super().save(*args, **kwargs)
        if before and before != self.url_path:
            below = Category.objects.filter(path__startswith=self.path, depth__gt=self.depth)
            below.update(url_path=Concat(Value(self.url_path), Substr("url_path", len(before) + 1)))

    def address(self) -> str:
        """What `url_path` has to be."""
        if self.depth == 1:
            return self.slug
        parent = Category.objects.only("url_path").get(path=self.path[: -self.steplen])
        return f"{parent.url_path}/{self.slug}"

    @cached_property
    def children_list(self) -> list["Category"]:
        """The nodes right below; set by `queries.categories_on`, which leaves out empty ones."""
        return list(Category.objects.get_children(self))

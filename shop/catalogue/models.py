"""Categories, products, variants, prices and stock."""

from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower, Substr
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from treebeard.exceptions import InvalidPosition
from treebeard.mp_tree import MP_Node, MP_NodeManager

from shop.storefronts.models import Storefront

from .derived import FacetValue, SearchDocument, SearchWord, VariantValue
from .text import plain_text
from .uploads import ProductFile

__all__ = [
    "Category", "FacetValue", "Option", "Product", "ProductFile", "ProductImage", "SearchDocument",
    "SearchWord", "Tag", "Variant", "VariantValue",
]  # fmt: skip

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


class Category(MP_Node):
    """A node of the category tree; `url_path` is its address, `clothing/shirts`."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=120, allow_unicode=True)
    url_path = models.CharField(_("address"), max_length=500, unique=True, editable=False)
    description = models.TextField(_("description"), blank=True)

    node_order_by = ("name",)

    objects = CategoryManager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

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


class Tag(models.Model):
    """A free word that staff put on products."""

    name = models.CharField(_("name"), max_length=255, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """What a shopper looks at. What they buy is one of its variants."""

    slug = models.SlugField(_("slug"), max_length=255, unique=True, allow_unicode=True)
    title = models.CharField(_("title"), max_length=255)
    description = models.TextField(
        _("description"), blank=True, help_text=_("HTML, cleaned on import")
    )
    description_text = models.TextField(blank=True, editable=False)
    vendor = models.CharField(_("vendor"), max_length=255, blank=True)
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="products", verbose_name=_("tags"))
    storefronts = models.ManyToManyField(
        Storefront,
        blank=True,
        related_name="products",
        verbose_name=_("sold on"),
        help_text=_("The main storefront sells everything, whether named here or not."),
    )
    attributes = models.JSONField(
        _("attributes"),
        default=dict,
        blank=True,
        help_text=_('Facts to show: {"Material": "Wool"}'),
    )
    is_published = models.BooleanField(_("published"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(fields=["is_published", "-created_at", "-id"], name="product_newest"),
            models.Index(Lower("title"), F("id"), name="product_name"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the words of the description, which search looks at."""
        self.description_text = plain_text(self.description)
        super().save(*args, **kwargs)

    @cached_property
    def variants_list(self) -> list["Variant"]:
        """All variants in their order; `queries` fetch those of many products at once."""
        return list(self.variants.all())

    @cached_property
    def images_list(self) -> list["ProductImage"]:
        """All images in their order; `queries` fetch those of many products at once."""
        return list(self.images.all())

    @property
    def first_image(self) -> "ProductImage | None":
        """The picture that stands for the product."""
        return self.images_list[0] if self.images_list else None

    @property
    def cheapest(self) -> "Variant | None":
        """The variant with the lowest price, one that can be bought where there is any."""
        sellable = [variant for variant in self.variants_list if not variant.is_sold_out]
        return min(sellable or self.variants_list, key=lambda variant: variant.price, default=None)

    @property
    def from_price(self) -> Decimal | None:
        """The lowest price; None for a product without variants."""
        return self.cheapest.price if self.cheapest else None

    @property
    def price_varies(self) -> bool:
        """Whether some variant costs more than the cheapest."""
        return any(variant.price != self.from_price for variant in self.variants_list)

    @property
    def compare_at_price(self) -> Decimal | None:
        """The cheapest variant's price before the sale; None where it is not on sale."""
        cheapest = self.cheapest
        return cheapest.compare_at_price if cheapest and cheapest.is_on_sale else None

    @property
    def is_sold_out(self) -> bool:
        """Whether no variant can be bought."""
        return all(variant.is_sold_out for variant in self.variants_list)


class Option(models.Model):
    """A way in which a product's variants differ: Size, Colour."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="options")
    name = models.CharField(_("name"), max_length=255)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ("product_id", "position")
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="one_option_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


def variant_title(option_values: list[str]) -> str:
    """Option values as one line of text: Small / Blue."""
    return " / ".join(option_values)


class Variant(models.Model):
    """What is sold: one combination of option values, with its price and stock.

    `option_values` holds one value for each of the product's options, in their order; together
    with the product it is the variant's identity. A product without options has one variant with
    an empty list. `available` and `reduced` are `not is_sold_out` and `is_on_sale`, worked out by
    the database, for queries.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    option_values = models.JSONField(_("option values"), default=list, blank=True)
    title = models.CharField(
        _("title"),
        max_length=800,
        blank=True,
        editable=False,
        help_text=_("The option values, joined: Small / Blue. Empty for a single variant."),
    )
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    barcode = models.CharField(_("barcode"), max_length=64, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    compare_at_price = models.DecimalField(
        _("compare-at price"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("The price before the sale; shown struck through when it is higher."),
    )
    tracks_stock = models.BooleanField(
        _("tracks stock"),
        default=False,
        help_text=_("Off: always sellable, whatever the stock says."),
    )
    stock = models.PositiveIntegerField(_("stock"), default=0)
    reserved = models.PositiveIntegerField(
        _("reserved"),
        default=0,
        editable=False,
        help_text=_("Promised to orders that are not settled yet; still in stock."),
    )
    allows_backorder = models.BooleanField(_("allows backorder"), default=False)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    requires_shipping = models.BooleanField(_("requires shipping"), default=True)
    taxable = models.BooleanField(_("taxable"), default=True)
    available = models.GeneratedField(
        expression=models.ExpressionWrapper(
            Q(tracks_stock=False) | Q(allows_backorder=True) | Q(stock__gt=F("reserved")),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    reduced = models.GeneratedField(
        expression=models.Case(
            models.When(compare_at_price__gt=F("price"), then=Value(True)), default=Value(False)
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("product_id", "position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "title"],
                name="one_variant_of_a_combination",
                violation_error_message=_("Another variant has these option values."),
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=~Q(sku=""),
                name="sku_unique_when_set",
                violation_error_message=_("Another variant has this SKU."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=Decimal(0)),
                name="price_not_negative",
                violation_error_message=_("A price is zero or more."),
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=Decimal(0)),
                name="compare_at_price_not_negative",
                violation_error_message=_("A compare-at price is zero or more."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(reserved__lte=F("stock")) | Q(allows_backorder=True) | Q(tracks_stock=False)
                ),
                name="no_more_reserved_than_in_stock",
                violation_error_message=_("More than that is promised to orders being paid now."),
            ),
        ]
        indexes = [
            models.Index(F("product"), F("available").desc(), F("price"), name="variant_cheapest")
        ]

    def __str__(self) -> str:
        return f"{self.product} ({self.title})" if self.title else str(self.product)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the title that the option values give."""
        self.title = variant_title(self.option_values)
        super().save(*args, **kwargs)

    @property
    def image(self) -> "ProductImage | None":
        """The picture of this variant, else the product's first."""
        own = (image for image in self.product.images_list if image.variant_id == self.pk)
        return next(own, self.product.first_image)

    @property
    def sellable(self) -> int | None:
        """How many a shopper may buy now; None where nothing limits it."""
        limited = self.tracks_stock and not self.allows_backorder
        return self.stock - self.reserved if limited else None

    @property
    def is_sold_out(self) -> bool:
        """Whether not even one can be bought."""
        return self.sellable == 0

    @property
    def is_on_sale(self) -> bool:
        """Whether the compare-at price is higher than the price."""
        return self.compare_at_price is not None and self.compare_at_price > self.price


class ProductImage(models.Model):
    """A picture of a product: a file of ours, or the address of one that was never fetched."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    variant = models.ForeignKey(
        Variant,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="images",
        help_text=_("Set when the picture shows one variant only."),
    )
    file = models.FileField(_("file"), upload_to="products/", blank=True)
    source_url = models.URLField(_("address it came from"), max_length=2000, blank=True)
    alt = models.CharField(_("alternative text"), max_length=512, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("product_id", "position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=~(Q(file="") & Q(source_url="")),
                name="image_has_a_file_or_an_address",
                violation_error_message=_("A picture needs a file or an address."),
            )
        ]

    def __str__(self) -> str:
        return self.alt or str(self.product)

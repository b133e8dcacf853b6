"""Categories, products, variants, prices and stock."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from shop.storefronts.models import Storefront


class Category(MP_Node):
    """A node of the category tree; `url_path` is its address, `clothing/shirts`."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=120, allow_unicode=True)
    url_path = models.CharField(_("address"), max_length=500, unique=True, editable=False)
    description = models.TextField(_("description"), blank=True)

    node_order_by = ("name",)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


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
    description = models.TextField(_("description"), blank=True, help_text=_("HTML, cleaned on import"))
    vendor = models.CharField(_("vendor"), max_length=255, blank=True)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="products",
        verbose_name=_("category"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="products", verbose_name=_("tags"))
    storefronts = models.ManyToManyField(
        Storefront, blank=True, related_name="products", verbose_name=_("sold on"),
        help_text=_("The main storefront sells everything, whether named here or not."),
    )
    attributes = models.JSONField(
        _("attributes"), default=dict, blank=True, help_text=_('Facts to show: {"Material": "Wool"}')
    )
    is_published = models.BooleanField(_("published"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("-created_at", "-pk")
        indexes = [models.Index(fields=["is_published", "-created_at", "-id"], name="product_newest")]

    def __str__(self) -> str:
        return self.title


class Option(models.Model):
    """A way in which a product's variants differ: Size, Colour."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="options")
    name = models.CharField(_("name"), max_length=255)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ("product", "position")
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="one_option_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is sold: one combination of option values, with its price and stock.

    `option_values` holds one value for each of the product's options, in their order; together
    with the product it is the variant's identity. A product without options has one variant with
    an empty list.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    option_values = models.JSONField(_("option values"), default=list, blank=True)
    title = models.CharField(
        _("title"), max_length=800, blank=True, editable=False,
        help_text=_("The option values, joined: Small / Blue. Empty for a single variant."),
    )
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    barcode = models.CharField(_("barcode"), max_length=64, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    compare_at_price = models.DecimalField(
        _("compare-at price"), max_digits=12, decimal_places=2, null=True, blank=True,
        help_text=_("The price before the sale; shown struck through when it is higher."),
    )
    tracks_stock = models.BooleanField(
        _("tracks stock"), default=False, help_text=_("Off: always sellable, whatever the stock says.")
    )
    stock = models.PositiveIntegerField(_("stock"), default=0)
    allows_backorder = models.BooleanField(_("allows backorder"), default=False)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    requires_shipping = models.BooleanField(_("requires shipping"), default=True)
    taxable = models.BooleanField(_("taxable"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("product", "position", "pk")
        constraints = [
            models.UniqueConstraint(fields=["product", "title"], name="one_variant_of_a_combination"),
            models.UniqueConstraint(fields=["sku"], condition=~Q(sku=""), name="sku_unique_when_set"),
            models.CheckConstraint(condition=Q(price__gte=Decimal(0)), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=Decimal(0)),
                name="compare_at_price_not_negative",
            ),
        ]
        indexes = [models.Index(F("product"), F("price"), name="variant_price")]

    def __str__(self) -> str:
        return f"{self.product} ({self.title})" if self.title else str(self.product)

    @property
    def sellable(self) -> int | None:
        """How many a shopper may buy now; None where nothing limits it."""
        return self.stock if self.tracks_stock and not self.allows_backorder else None

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
        Variant, models.SET_NULL, null=True, blank=True, related_name="images",
        help_text=_("Set when the picture shows one variant only."),
    )
    file = models.FileField(_("file"), upload_to="products/", blank=True)
    source_url = models.URLField(_("address it came from"), max_length=2000, blank=True)
    alt = models.CharField(_("alternative text"), max_length=512, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("product", "position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=~(Q(file="") & Q(source_url="")), name="image_has_a_file_or_an_address"
            )
        ]

    def __str__(self) -> str:
        return self.alt or str(self.product)

"""What the Store API says about the catalogue, field by field, for the schema.

The format is that of Medusa v2's Store API; docs/store-api.md says what is left out.
"""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.shapes import Region
from shop.api.base.shapes import Page


class Locale(serializers.Serializer[object]):
    """A language the shop speaks."""

    code = serializers.CharField()
    name = serializers.CharField()


class Collection(serializers.Serializer[object]):
    """Products that staff put together."""

    id = serializers.CharField()
    handle = serializers.CharField()
    title = serializers.CharField()


class Named(serializers.Serializer[object]):
    """A category beside its own entry."""

    id = serializers.CharField()
    name = serializers.CharField()
    handle = serializers.CharField()


class Category(Named):
    """A category that has products on this storefront; `handle` is its path, `a/b`."""

    description = serializers.CharField(allow_blank=True)
    parent_category_id = serializers.CharField(allow_null=True)
    parent_category = Named(allow_null=True)
    category_children = Named(many=True)


class Image(serializers.Serializer[object]):
    """A picture."""

    id = serializers.CharField()
    url = serializers.CharField()
    rank = serializers.IntegerField()


class PictureId(serializers.Serializer[object]):
    """Which of the product's pictures shows a variant."""

    id = serializers.CharField()


class PriceKind(serializers.Serializer[object]):
    """Whether a price is a sale's."""

    id = serializers.CharField()
    price_list_type = serializers.CharField(allow_null=True, help_text="`sale`, or null.")


class Price(serializers.Serializer[object]):
    """What a variant costs on this storefront, in major units."""

    id = serializers.CharField()
    calculated_amount = serializers.FloatField()
    original_amount = serializers.FloatField()
    currency_code = serializers.CharField()
    is_calculated_price_tax_inclusive = serializers.BooleanField()
    calculated_price = PriceKind()


class VariantOption(serializers.Serializer[object]):
    """One of the values that make a variant."""

    id = serializers.CharField()
    option_id = serializers.CharField()
    value = serializers.CharField()


class Variant(serializers.Serializer[object]):
    """What is bought."""

    id = serializers.CharField()
    product_id = serializers.CharField()
    title = serializers.CharField()
    sku = serializers.CharField(allow_null=True)
    barcode = serializers.CharField(allow_null=True)
    manage_inventory = serializers.BooleanField()
    allow_backorder = serializers.BooleanField()
    inventory_quantity = serializers.IntegerField(allow_null=True)
    weight = serializers.IntegerField(allow_null=True, help_text="Grams.")
    variant_rank = serializers.IntegerField()
    options = VariantOption(many=True)
    images = PictureId(many=True)
    calculated_price = Price()


class OptionValue(serializers.Serializer[object]):
    """A value an option may have."""

    id = serializers.CharField()
    value = serializers.CharField()


class Option(serializers.Serializer[object]):
    """A way in which variants differ."""

    id = serializers.CharField()
    title = serializers.CharField()
    values = OptionValue(many=True)


class Tag(serializers.Serializer[object]):
    """A word that staff put on products."""

    id = serializers.CharField()
    value = serializers.CharField()


class ProductType(serializers.Serializer[object]):
    """What kind of thing a product is: the name of its category."""

    id = serializers.CharField()
    value = serializers.CharField()


@extend_schema_field({"type": "object", "additionalProperties": True})
class Metadata(serializers.JSONField):
    """Facts about a product, by name."""


class Product(serializers.Serializer[object]):
    """What a shopper looks at."""

    id = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_null=True)
    handle = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    is_giftcard = serializers.BooleanField()
    discountable = serializers.BooleanField()
    thumbnail = serializers.CharField(allow_null=True)
    images = Image(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    collection_id = serializers.CharField(allow_null=True)
    collection = Collection(allow_null=True)
    categories = Named(many=True)
    tags = Tag(many=True)
    type = ProductType(allow_null=True)
    material = serializers.CharField(allow_null=True)
    origin_country = serializers.CharField(allow_null=True)
    weight = serializers.IntegerField(allow_null=True)
    length = serializers.IntegerField(allow_null=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    options = Option(many=True)
    variants = Variant(many=True)
    metadata = Metadata()


class Regions(serializers.Serializer[object]):
    """All regions: one."""

    regions = Region(many=True)


class OneRegion(serializers.Serializer[object]):
    """A region."""

    region = Region()


class Locales(serializers.Serializer[object]):
    """All languages."""

    locales = Locale(many=True)


class Collections(Page):
    """Collections."""

    collections = Collection(many=True)


class OneCollection(serializers.Serializer[object]):
    """A collection."""

    collection = Collection()


class Categories(Page):
    """Categories."""

    product_categories = Category(many=True)


class OneCategory(serializers.Serializer[object]):
    """A category."""

    product_category = Category()


class Products(Page):
    """Products."""

    products = Product(many=True)


class OneProduct(serializers.Serializer[object]):
    """A product."""

    product = Product()


class OneVariant(serializers.Serializer[object]):
    """A variant."""

    variant = Variant()

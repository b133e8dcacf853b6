"""What the database derives from the catalogue by itself, for search and facets.

Triggers (`search/postgresql.sql`, `search/sqlite.py`) keep these rows right whoever writes to the
catalogue, and delete them with the variant or product; Python only reads them.
`manage.py rebuild_search` makes them anew.
"""

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class FacetValue(models.Model):
    """One value of an option, of whichever product: size, M. The name is in lower case.

    `labels`: what it is called in other languages, {"zh-hans": "…"}, as the product says that was
    written last. A blank value stands for the option itself, where its name is translated.
    """

    name = models.CharField(max_length=100)
    value = models.CharField(max_length=200)
    labels = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "value"], name="one_facet_value_of_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class VariantValue(models.Model):
    """That a variant has this value; its product beside it, so that counting needs no join."""

    variant = models.ForeignKey("catalogue.Variant", models.DO_NOTHING, related_name="values")
    product = models.ForeignKey("catalogue.Product", models.DO_NOTHING, related_name="+")
    value = models.ForeignKey(FacetValue, models.DO_NOTHING, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "value"], name="one_of_a_variants_values")
        ]
        indexes = [models.Index(fields=["value", "product"], name="value_products")]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.value_id}"


class ListChange(models.Model):
    """That something in a category changed which its list counts: products, prices, what is left.

    Only ever added, so that writers do not wait for each other. The rows of a category, taken
    together, are the version of its list: see `tallies`.
    """

    category_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["category_id", "id"], name="list_changes")]

    def __str__(self) -> str:
        return f"{self.category_id}: {self.pk}"


class Tally(models.Model):
    """What was counted of a category on a storefront, and the version of the list it was.

    `total`: products; `details`: all that facets count, which only the category's own page needs.
    """

    storefront_id = models.BigIntegerField()
    category_id = models.BigIntegerField()
    total = models.PositiveIntegerField(default=0)
    version = models.CharField(max_length=80, blank=True)
    counted_at = models.DateTimeField()
    details = models.JSONField(default=dict)
    details_version = models.CharField(max_length=80, blank=True)
    detailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront_id", "category_id"], name="one_tally_of_a_category"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category_id} on {self.storefront_id}: {self.total}"


class SearchDocument(models.Model):
    """What search knows of a product in one language.

    The original's language is blank. Others are there where the product or its category is
    translated, and hold what its page then shows, and the original title.

    `vector` is PostgreSQL's: weight A is the title, B vendor, category and tags, C the
    description; a whole SKU is one lexeme that begins with "=". On SQLite the texts are in the
    FTS5 table, in the row with the document's id.
    """

    product = models.ForeignKey(
        "catalogue.Product", models.DO_NOTHING, related_name="documents", db_index=False
    )
    language = models.CharField(max_length=12, blank=True)
    vector = SearchVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "language"], name="one_search_document_of_a_language"
            )
        ]
        indexes = [GinIndex(fields=["vector"], name="search_vector")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.language}"


class SearchWord(models.Model):
    """A word of a title, vendor, category or tag: what a typing error may have meant."""

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        indexes = [
            GistIndex(fields=["word"], opclasses=["gist_trgm_ops"], name="search_word_trigrams")
        ]

    def __str__(self) -> str:
        return self.word

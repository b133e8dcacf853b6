"""Which documents a search in a language looks at."""

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from shop.catalogue.models import SearchDocument


def in_the_words_of(language: str, documents: str = "", product: str = "product") -> Q:
    """The condition for one document a product: the language's, else the original's.

    documents: how the query gets to the documents; product: how it gets to their product.
    """
    original = Q((f"{documents}language", ""))
    if language == settings.LANGUAGE_CODE:
        return original
    own = SearchDocument.objects.filter(product=OuterRef(product), language=language)
    return Q((f"{documents}language", language)) | original & Q(~Exists(own))

"""Search: `search()` and `suggest()`, whichever database stands behind them.

PostgreSQL's full text search and trigrams in production, SQLite's FTS5 in the demo. Both keep
their index by triggers (`index`), so that no write can leave it behind.
"""

from dataclasses import dataclass
from itertools import islice, product

from django.db import connection
from django.db.models import QuerySet

from shop.catalogue.models import Product
from shop.catalogue.queries import products_on
from shop.storefronts.models import Storefront

from . import postgresql, sqlite
from .words import Words, likeliest

MEANINGS_TRIED = 3
"""Other spellings that are tried where nothing has the words as they were typed."""


@dataclass(frozen=True)
class Found:
    """What a search found. `products`: the likeliest first.

    `corrected`: what was searched for instead, because nothing has the words of the text as they
    stand; None where they were found, or nothing near them either.
    """

    products: QuerySet[Product]
    corrected: str | None = None


def search(storefront: Storefront, text: str, language: str) -> Found:
    """Products sold here that have every word of the text, or words that begin with it.

    Case, plural and the like do not matter; title counts more than vendor, category and tags, and
    these more than the description; a whole SKU finds its product. Where nothing is found, words
    that look like typing errors are replaced. `language` is a code as in settings.LANGUAGES.

    One query to know that something is found, at most five more where nothing is.
    """
    engine = postgresql if connection.vendor == "postgresql" else sqlite
    words = Words(text.strip())
    if not words.all:
        return Found(Product.objects.none())
    here = products_on(storefront)
    found = engine.matching(here, words, language)
    if found.exists() or not words.correctable:
        return Found(found)
    similar = engine.similar(words.correctable)
    meant = {
        word: near
        for word in words.correctable
        if (near := likeliest(word, set(similar.get(word, ())), MEANINGS_TRIED))
    }
    if meant:
        for choice in islice(product(*meant.values()), MEANINGS_TRIED):
            other = words.replaced(dict(zip(meant, choice, strict=True)))
            instead = engine.matching(here, other, language)
            if instead.exists():
                return Found(instead, corrected=other.text)
    return Found(found)

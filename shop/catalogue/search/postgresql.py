"""Search by PostgreSQL's full text index, and typing errors by its trigrams."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import (
    CombinedSearchQuery,
    SearchQuery,
    SearchRank,
)
from django.db import connection
from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from shop.catalogue.models import Product
from shop.translated.fields import in_language

from .documents import in_the_words_of
from .words import Words, is_unspaced

STEMMING = {"en": "english", "zh-hans": "english"}
"""By language, how PostgreSQL finds the stem of a word in Latin letters; else it stands as it is.

The documents hold English stems; in Chinese texts, what is in Latin letters is English.
"""
WEIGHTS = [0.0, 0.1, 0.4, 1.0]
"""What a word counts in D (nothing there), the description, vendor and tags, and the title."""
NEIGHBOURS = 40
"""Words most like an unknown one that are looked at."""


class _Lexeme(SearchQuery):
    """A query for one lexeme, exactly as it is."""

    template = "%(expressions)s::tsquery"

    def __init__(self, lexeme: str) -> None:
        quoted = lexeme.replace("\\", "\\\\").replace("'", "''")
        super().__init__(f"'{quoted}'", search_type="raw")


type _Query = SearchQuery | CombinedSearchQuery


def _term(word: str, config: str, weights: str, *, begins: bool = False) -> SearchQuery:
    marks = ("*" if begins else "") + weights
    term = f"{word}:{marks}" if marks else word
    return SearchQuery(term, config=config, search_type="raw")


def _word(word: str, language: str, weights: str) -> _Query:
    if is_unspaced(word):
        pairs = [word[at : at + 2] for at in range(len(word) - 1)]
        if not pairs:
            return _term(word, "simple", weights, begins=True)
        phrase = " <-> ".join(f"{pair}:{weights}" if weights else pair for pair in pairs)
        return SearchQuery(phrase, config="simple", search_type="raw")
    stem = STEMMING.get(language, "simple")
    # The whole word beside its beginnings, so that “car” ranks above “carpet”.
    return (
        _term(word, stem, weights)
        | _term(word, stem, weights, begins=True)
        | _term(word, "simple", weights, begins=True)
    )


def _query(words: Words, language: str, weights: str = "") -> _Query:
    return reduce(and_, (_word(word, language, weights) for word in words.all))


def matching(products: QuerySet[Product], words: Words, language: str) -> QuerySet[Product]:
    """The products that have all words, the likeliest first.

    In front: the SKU, then the whole text in the title, all words in the title, all in title,
    vendor, category and tags, then the rest; among equals by rank, then the newest.
    """
    query = _query(words, language)
    sku = _Lexeme(f"={words.text.lower()}")
    heard = in_the_words_of(language, "documents__", "pk")
    return (
        products.filter(heard, documents__vector=or_(query, sku))
        .alias(shown_title=in_language("title", language))
        .annotate(
            place=Case(
                When(documents__vector=sku, then=Value(0)),
                When(shown_title__icontains=words.text, then=Value(1)),
                When(documents__vector=_query(words, language, "A"), then=Value(2)),
                When(documents__vector=_query(words, language, "AB"), then=Value(3)),
                default=Value(4),
                output_field=IntegerField(),
            ),
            rank=SearchRank(F("documents__vector"), query, weights=WEIGHTS),
        )
        .order_by("place", "-rank", "-created_at", "-pk")
    )


def similar(words: Iterable[str]) -> Mapping[str, set[str]]:
    """For each word the known ones most like it, itself among them if it is known. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.word, near.word FROM unnest(%s::text[]) AS asked (word), LATERAL ("
            "SELECT known.word FROM catalogue_searchword known "
            "ORDER BY known.word <-> asked.word LIMIT %s) AS near",
            [list(words), NEIGHBOURS],
        )
        found: dict[str, set[str]] = {}
        for asked, near in cursor.fetchall():
            found.setdefault(asked, set()).add(near)
    return found

"""Search by SQLite's FTS5 with trigrams, for the demo."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from shop.catalogue.models import Product, SearchDocument, Variant
from shop.translated.fields import in_language

from .documents import in_the_words_of
from .words import Words, is_unspaced

NEIGHBOURS = 100
"""Titles most like an unknown word whose words are looked at."""
_TRIGRAM = 3
_ENDINGS = re.compile(r"(?<=\w{4})(?:ies|y|ing|ed)$|(?<=ss|ch|sh|xx)es$|(?<=\w\w[^su])s$")


def _stem(word: str) -> str:
    """A beginning that its other forms have too: necklaces, necklace; berry, berries."""
    return word if is_unspaced(word) else _ENDINGS.sub("", word)


def _having(words: Iterable[str], columns: tuple[str, ...]) -> RawSQL:
    """The documents, by id, with all words somewhere in these columns.

    The index knows nothing of a word of one or two letters: those it is read for.
    """
    long, clauses, values = [], [], []
    for word in map(_stem, words):
        if len(word) >= _TRIGRAM:
            long.append(f'"{word}"')
        else:
            clauses.append("(" + " OR ".join(f"{column} LIKE %s" for column in columns) + ")")
            values += [f"%{word}%"] * len(columns)
    if long:
        clauses.insert(0, "catalogue_search MATCH %s")
        values.insert(0, f"{{{' '.join(columns)}}} : ({' AND '.join(long)})")
    return RawSQL(f"SELECT rowid FROM catalogue_search WHERE {' AND '.join(clauses)}", values)  # noqa: S608, S611 - values are parameters


def matching(products: QuerySet[Product], words: Words, language: str) -> QuerySet[Product]:
    """The products that have all words, the likeliest first, as `postgresql.matching` has them.

    Among equals the newest first: FTS5's own rank would cost too much for each.
    """
    documents = SearchDocument.objects.filter(in_the_words_of(language))

    def having(*columns: str) -> QuerySet[SearchDocument, Any]:
        return documents.filter(pk__in=_having(words.all, columns)).values("product")

    in_title = having("title")
    in_keywords = having("title", "keywords")
    anywhere = having("title", "keywords", "body")
    skus = Variant.objects.filter(sku__iexact=words.text).values("product")
    return (
        products.filter(Q(pk__in=anywhere) | Q(pk__in=skus))
        .alias(shown_title=in_language("title", language))
        .annotate(
            place=Case(
                When(pk__in=skus, then=Value(0)),
                When(shown_title__icontains=words.text, then=Value(1)),
                When(pk__in=in_title, then=Value(2)),
                When(pk__in=in_keywords, then=Value(3)),
                default=Value(4),
                output_field=IntegerField(),
            )
        )
        .order_by("place", "-created_at", "-pk")
    )


def similar(words: Iterable[str]) -> Mapping[str, set[str]]:
    """For each word, words of titles, vendors and tags that are most like it. A query for each."""
    found: dict[str, set[str]] = {}
    for word in words:
        trigrams = {word[at : at + _TRIGRAM] for at in range(len(word) - _TRIGRAM + 1)}
        asked = " OR ".join(f'"{trigram}"' for trigram in sorted(trigrams))
        with connection.cursor() as cursor:
            # Of two swapped letters in a short word no trigram is left: its beginning may be.
            cursor.execute(
                "SELECT title, keywords FROM (SELECT title, keywords FROM catalogue_search "
                "WHERE catalogue_search MATCH %s ORDER BY bm25(catalogue_search) LIMIT %s) "
                "UNION ALL SELECT * FROM (SELECT title, keywords FROM catalogue_search "
                "WHERE title LIKE %s OR keywords LIKE %s LIMIT %s)",
                [
                    f"{{title keywords}} : ({asked})",
                    NEIGHBOURS,
                    *[f"%{word[:2]}%"] * 2,
                    NEIGHBOURS,
                ],
            )
            rows = cursor.fetchall()
        texts = " ".join(f"{title} {keywords}" for title, keywords in rows)
        found[word] = set(re.findall(r"[^\W_]+", texts.lower()))
    return found

"""Translations in product files: beside a column, one for each language, `Title (zh-hans)`."""

from collections.abc import Iterable, Mapping
from typing import Any

from shop.translated.fields import other_languages

from .reading import Row

type Said = dict[str, dict[str, Any]]
"""Texts by language, then by field; a blank one says that there is none."""


def column_in(column: str, language: str) -> str:
    """The column that holds a column's translations."""
    return f"{column} ({language})"


def columns_in(columns: Iterable[str], languages: Iterable[str]) -> tuple[str, ...]:
    """The columns for all translations of these, language by language."""
    return tuple(column_in(column, language) for language in languages for column in columns)


def with_translations(names: Mapping[str, str], translated: Iterable[str]) -> dict[str, str]:
    """The names of a format's columns, with those of the translations of some of them."""
    columns = set(translated)
    return dict(names) | {
        column_in(name, language).casefold(): column_in(column, language)
        for language in other_languages()
        for name, column in names.items()
        if column in columns
    }


def languages_of(row: Row, column: str) -> list[tuple[str, str]]:
    """The languages that the file has this column in, with the name of that column."""
    return [
        (language, name)
        for language in other_languages()
        if (name := column_in(column, language)) in row.cells
    ]

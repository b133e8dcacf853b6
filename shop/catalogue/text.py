"""Descriptions: cleaned HTML, and the words in it."""

import html
import re

import nh3

from shop.translated.fields import Translations, merged

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "s",
    "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_BLOCK_END = re.compile(r"<(?:br|hr|/(?:p|li|h\d|tr|td|th|blockquote))\b[^>]*>", re.IGNORECASE)


def clean_html(source: str) -> str:
    """HTML that is safe to show: text structure only, no style, script, form or picture."""
    return nh3.clean(
        source, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}
    ).strip()


def plain_text(source: str) -> str:
    """The words of an HTML text, blanks and entities resolved, for search and summaries."""
    spaced = _BLOCK_END.sub(" ", source)
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def with_plain_text(translations: Translations) -> Translations:
    """The translations of a product, with the words of its descriptions beside these."""
    words = {
        language: {"description_text": plain_text(texts.get("description", ""))}
        for language, texts in translations.items()
    }
    return merged(translations, words)

"""Finds text in templates that no translator ever sees."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

SPOKEN = frozenset({"alt", "aria-label", "aria-description", "placeholder", "title", "summary"})
"""Attributes that people read or hear."""
SILENT = frozenset({"script", "style", "svg"})
ALLOWED = frozenset({"Galleria", "Sandbox Pay", "· Sandbox Pay"})
"""What is the same in every language."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = "\x00"  # stands for what a template puts there
_SKIPPED = {"comment": "endcomment", "verbatim": "endverbatim"}
_TRANSLATED = {"blocktranslate": "endblocktranslate", "blocktrans": "endblocktrans"}


def without_code(source: str) -> str:
    """A template with its tags, and all that is translated, taken out; lines stay lines."""
    out, until = [], ""
    for token in Lexer(source).tokenize():
        command = token.contents.split()[:1] if token.token_type is TokenType.BLOCK else []
        if until:
            until = "" if command == [until] else until
            text = ""
        elif command and command[0] in _SKIPPED | _TRANSLATED:
            until = (_SKIPPED | _TRANSLATED)[command[0]]
            text = _CODE
        else:
            text = token.contents if token.token_type is TokenType.TEXT else _CODE
        out.append(text)
    return "".join(out)


class _Reader(HTMLParser):
    """Collects what a page would say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def literals(name: str, source: str) -> Iterator[str]:
    """The words of a template that are not translated. name: its file name."""
    code = without_code(source)
    if Path(name).suffix == ".html":
        reader = _Reader()
        reader.feed(code.replace(f"<{_CODE}", "<p").replace(f"</{_CODE}", "</p"))
        reader.close()
        texts = reader.found
    else:
        texts = [code]
    for text in texts:
        for part in text.split(_CODE):
            words = " ".join(part.split())
            if _WORD.search(words) and words not in ALLOWED:
                yield words

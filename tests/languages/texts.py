"""Finds the texts that code and templates hand to gettext, and what a .po file says of them.

Without GNU gettext, so that it runs everywhere: Python by its syntax tree, templates by Django's
own `templatize`, as makemessages does.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("shop", "carts", "orders", "accounts", "templates")
"""Whose texts are in locale/; sessionsync has its own, with a test of its own."""
TEMPLATES = frozenset({".html", ".txt", ".xml"})
PLACEHOLDER = re.compile(r"%\(\w+\)0?\d*[a-z]|%0?\d*[a-z]|%%|\{\w*\}")
_TEXTS = {
    "_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1,
    "ngettext": 2, "ngettext_lazy": 2,
}  # fmt: skip
_WITH_CONTEXT = {"pgettext": 1, "pgettext_lazy": 1, "npgettext": 2, "npgettext_lazy": 2}


@dataclass(frozen=True)
class Text:
    """One text to translate. plural: its second form, where it is counted."""

    text: str
    plural: str = ""
    context: str = ""

    def __str__(self) -> str:
        return f"{self.context}: {self.text}" if self.context else self.text


@dataclass(frozen=True)
class Said:
    """What a .po file says of a text: its translation, and whether that is in doubt."""

    translation: str
    fuzzy: bool


def sources() -> list[Path]:
    """All files of ours that may hold texts."""
    return [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in TEMPLATES | {".py"}
        and not {"migrations", "static"} & set(path.parts)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]


def texts_of(path: Path) -> set[Text]:
    """The texts of one file. Raises SyntaxError for Python that is none."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return set(_in_python(ast.parse(source)))
    return set(_in_python(_calls_in_template(source)))


def _in_python(tree: ast.AST) -> Iterator[Text]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        given = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
        if name in _TEXTS and given[:1] and isinstance(given[0], str):
            yield Text(given[0], _plural(given[1:], _TEXTS[name]))
        elif name in _WITH_CONTEXT and len(given) > 1 and isinstance(given[1], str):
            yield Text(given[1], _plural(given[2:], _WITH_CONTEXT[name]), str(given[0]))


def _plural(given: Sequence[object], forms: int) -> str:
    return str(given[0]) if forms == 2 and given and given[0] is not None else ""


_CALL = re.compile(r"\b(?:_|n?p?gettext)\((?=\s*u?['\"])")
_LITERAL = r"\s*u?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*"
_FIRST, _MORE = re.compile(_LITERAL), re.compile(rf",{_LITERAL}")


def _calls_in_template(source: str) -> ast.AST:
    """The calls that `templatize` writes in place of tags, among what is no Python at all."""
    code = templatize(source)
    calls = []
    for call in _CALL.finditer(code):
        found = _FIRST.match(code, call.end())
        given = []
        while found:
            given.append(found[1])
            found = _MORE.match(code, found.end())
        calls.append(f"{call[0]}{', '.join(given)})")
    return ast.parse("\n".join(calls))


def read_po(po: str) -> dict[Text, Said]:
    """A .po file's texts. A counted text says its only form, as in Chinese."""
    found = {}
    for entry in re.split(r"\n\n+", po.strip())[1:]:
        fields: dict[str, str] = {}
        name, fuzzy = "", False
        for line in entry.splitlines():
            if line.startswith("#"):
                fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            keyword, quote, text = line.partition('"')
            name = keyword.strip() or name
            fields[name] = fields.get(name, "") + str(ast.literal_eval(quote + text))
        text = Text(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
        found[text] = Said(fields.get("msgstr", fields.get("msgstr[0]", "")), fuzzy)
    return found


def complaints(wanted: Iterable[Text], po: dict[Text, Said]) -> list[str]:
    """What is wrong with a .po file that should have just these texts; empty where all is well."""
    wanted = set(wanted)
    found = [f"not in the file: {text}" for text in wanted - set(po)]
    found += [f"nobody says this any more: {text}" for text in set(po) - wanted]
    for text, said in po.items():
        if not said.translation:
            found.append(f"not translated: {text}")
            continue
        if said.fuzzy:
            found.append(f"in doubt: {text}")
        if set(PLACEHOLDER.findall(said.translation)) != set(
            PLACEHOLDER.findall(text.plural or text.text)
        ):
            found.append(f"other placeholders: {text} → {said.translation}")
        if re.findall(r"<[^>]+>", said.translation) != re.findall(r"<[^>]+>", text.text):
            found.append(f"other tags: {text} → {said.translation}")
        if text.text.startswith("\n") != said.translation.startswith("\n"):
            found.append(f"other line ends: {text}")
    return sorted(found)

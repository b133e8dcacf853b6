"""sessionsync's words in each of its languages: all there, all compiled, none in doubt."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

import sessionsync

ROOT = Path(sessionsync.__file__).parent
FUNCTIONS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_END = "\x04"  # between a context and its text, in gettext's own catalogues
LANGUAGES = ["en", "zh_Hans"]


def messages_of_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if node.func.id in WITH_CONTEXT:
            yield CONTEXT_END.join(map(str, texts[:2]))
        elif node.func.id in FUNCTIONS and texts:
            yield str(texts[0])


def messages_of_template(source: str) -> Iterator[str]:
    """Every literal in what makemessages would hand to xgettext."""
    for call in re.findall(r"gettext\((u?'[^']*'|u?\"[^\"]*\")", templatize(source)):
        yield str(ast.literal_eval(call))
    for call in re.findall(r"\b_\((u?'[^']*'|u?\"[^\"]*\")\)", templatize(source)):
        yield str(ast.literal_eval(call))


def messages() -> set[str]:
    found = set[str]()
    for path in ROOT.rglob("*.py"):
        if "migrations" not in path.parts:
            found |= set(messages_of_python(path.read_text()))
    for path in ROOT.rglob("*.html"):
        found |= set(messages_of_template(path.read_text()))
    return found


def catalogue(po: str) -> dict[str, str]:
    """A .po file's texts and their translations; a plural counts by its first form."""
    found = {}
    for entry in re.split(r"\n\n+", po.strip())[1:]:
        fields = dict[str, str]()
        name = ""
        for line in entry.splitlines():
            keyword, quoted, text = line.partition('"')
            if line.startswith("#"):
                continue
            name = keyword.strip() or name
            fields[name] = fields.get(name, "") + str(ast.literal_eval(quoted + text))
        context = f"{fields['msgctxt']}{CONTEXT_END}" if "msgctxt" in fields else ""
        found[context + fields["msgid"]] = fields.get("msgstr", fields.get("msgstr[0]", ""))
    return found


def po_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def test_the_sources_are_read_as_makemessages_reads_them() -> None:
    assert {"Session sync", "Did you send this?", "To: %(path)s"} <= messages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    texts = catalogue(po_file(language).read_text())
    assert set(texts) == messages()
    assert [text for text, translation in texts.items() if not translation] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_in_doubt(language: str) -> None:
    assert "fuzzy" not in po_file(language).read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders(language: str) -> None:
    placeholder = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
    for text, translation in catalogue(po_file(language).read_text()).items():
        assert set(placeholder.findall(translation)) == set(placeholder.findall(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_compiled_is_what_was_written(language: str) -> None:
    with po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, translation in catalogue(po_file(language).read_text()).items():
        context, _, bare = text.rpartition(CONTEXT_END)
        said = compiled.pgettext(context, bare) if context else compiled.gettext(bare)
        if said == bare != translation:  # a text with a plural is found by a number only
            said = compiled.ngettext(bare, bare, 1)
        assert said == translation

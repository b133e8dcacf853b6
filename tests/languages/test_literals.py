"""No template says a word that is not translated."""

from pathlib import Path

import pytest

from tests.languages.literals import literals
from tests.languages.texts import ROOT, sources

FOR_MACHINES = {"robots.txt", "index.xml", "pages.xml"}
TEMPLATES = [
    path for path in sources() if path.suffix in {".html", ".txt"} and path.name not in FOR_MACHINES
]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_all_text_is_translated(path: Path) -> None:
    assert list(literals(path.name, path.read_text(encoding="utf-8"))) == []


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 50


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ price }} each</p>", ["each"]),
        ('<img alt="A lamp" src="a.png">', ["A lamp"]),
        ('<button aria-label="{{ name }} now">×</button>', ["now"]),
        ("<p>{% if a %}Yes{% else %}{% translate 'No' %}{% endif %}</p>", ["Yes"]),
        ("<p>{% translate 'Hello' %}: {{ name }} · 3 × 4</p>", []),
        ("<p>{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}</p>", []),
        ("{# A remark #}{% comment %}Another{% endcomment %}<script>let a = 1</script>", []),
        ('<a class="button" href="/cart/" data-x="words">→</a>', []),
        ('<{{ tag }} class="x">{{ name }}</{{ tag }}>', []),
        ("<svg><title>Bag</title></svg><p>Galleria</p>", []),
    ],
)
def test_seeded_words_are_noticed(source: str, found: list[str]) -> None:
    assert list(literals("page.html", source)) == found


def test_a_mails_plain_text_is_read_whole() -> None:
    source = "{% load i18n %}Dear {{ name }},\n{% translate 'thank you.' %}\nYours\n"

    assert list(literals("mail.txt", source)) == ["Dear", "Yours"]

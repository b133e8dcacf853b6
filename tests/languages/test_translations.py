"""Every text of the shop is translated, none is in doubt, and what was written is what runs."""

import gettext
import re
from pathlib import Path

import pytest
import unfold
from django.utils import translation

from tests.languages.texts import ROOT, Said, Text, complaints, read_po, sources, texts_of

LANGUAGES = ["zh_Hans"]
CONTEXT_END = "\x04"  # between a context and its text, in gettext's compiled catalogues
HELP = "`make messages` collects the texts; translate those it lists, and run it again"


def po_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def texts() -> set[Text]:
    return set[Text]().union(*map(texts_of, sources()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_in_doubt_or_left_over(
    texts: set[Text], language: str
) -> None:
    found = complaints(texts, read_po(po_file(language).read_text(encoding="utf-8")))

    assert found == [], HELP


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_compiled_is_what_was_written(language: str) -> None:
    with po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    written = read_po(po_file(language).read_text(encoding="utf-8"))
    for text, said in ((text, said) for text, said in written.items() if said.translation):
        key = f"{text.context}{CONTEXT_END}{text.text}" if text.context else text.text
        got = compiled.ngettext(key, text.plural, 1) if text.plural else compiled.gettext(key)
        assert got == said.translation, HELP


def test_texts_are_found_where_they_are(texts: set[Text]) -> None:
    assert {
        Text("One cart for all our shops"),  # {% translate %}
        Text("Welcome"),  # _("…") in a template
        Text("%(count)s product", "%(count)s products"),  # {% blocktranslate count %}
        Text("From %(name)s"),  # {% blocktranslate with %}
        Text("voucher codes"),  # gettext_lazy
        Text("Name", context="sort order"),  # pgettext
    } <= texts
    assert len(texts) > 700


def test_what_the_admins_theme_says_is_translated_as_well() -> None:
    # given the templates of a package that speaks no Chinese
    templates = (Path(unfold.__file__).parent / "templates").rglob("*.html")
    texts = set[Text]().union(*map(texts_of, templates))

    # when
    with translation.override("zh-hans"):
        left = {each.text for each in texts if each.text and not each.plural
                and translation.gettext(each.text) == each.text}  # fmt: skip

    # then
    assert left == set(), "shop/staff/unfold_words.py"
    assert len(texts) > 100


def test_gettext_goes_by_no_name_that_nobody_looks_for() -> None:
    # makemessages and texts_of know these calls by their names
    renamed = re.compile(r"\bp?n?p?gettext(?:_lazy)? as (?!_\b)\w+")

    found = {
        path.relative_to(ROOT): renamed.findall(path.read_text(encoding="utf-8"))
        for path in sources()
        if path.suffix == ".py"
    }

    assert {path: names for path, names in found.items() if names} == {}
    assert renamed.search("from x import gettext_lazy as lazy")
    assert not renamed.search("from x import gettext_lazy as _, ngettext")


PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
NEW = _("A text that nobody has translated")
TWO = ngettext("%(n)s parcel", "%(n)s parcels", 2) + pgettext("of a ship", "Port " "side")
"""
TEMPLATE = """{% load i18n %}{# {% translate "hidden" %} #}
<p title="{% translate "It's “here”" %}">{% blocktranslate trimmed count n=2 %}
  {{ n }} thing
{% plural %}
  {{ n }} things
{% endblocktranslate %}{% include "x.html" with label=_("Label") %}</p>
"""


def test_a_seeded_text_is_noticed(tmp_path: Path) -> None:
    # given a module and a template with texts that the .po file does not have
    (tmp_path / "new.py").write_text(PYTHON)
    (tmp_path / "new.html").write_text(TEMPLATE)
    po = read_po(po_file("zh_Hans").read_text(encoding="utf-8"))

    # when
    seeded = texts_of(tmp_path / "new.py") | texts_of(tmp_path / "new.html")

    # then each is named
    assert seeded == {
        Text("A text that nobody has translated"),
        Text("%(n)s parcel", "%(n)s parcels"),
        Text("Port side", context="of a ship"),
        Text("It's “here”"),
        Text("%(n)s thing", "%(n)s things"),
        Text("Label"),
    }
    more = set(complaints(set(po) | seeded, po)) - set(complaints(set(po), po))
    assert more == {f"not in the file: {text}" for text in seeded}


@pytest.mark.parametrize(
    ("text", "said", "complaint"),
    [
        (Text("Sale"), Said("", fuzzy=False), "not translated"),
        (Text("Sale"), Said("特价", fuzzy=True), "in doubt"),
        (Text("From %(name)s"), Said("来自 %(nmae)s", fuzzy=False), "other placeholders"),
        (Text("%d of it"), Said("都是", fuzzy=False), "other placeholders"),
        (Text("<b>Now</b>"), Said("<b>现在", fuzzy=False), "other tags"),
        (Text("\nNow"), Said("现在", fuzzy=False), "other line ends"),
    ],
)
def test_a_seeded_mistake_in_a_translation_is_noticed(
    text: Text, said: Said, complaint: str
) -> None:
    good = {Text("Cart"): Said("购物车", fuzzy=False)}

    found = complaints({Text("Cart"), text}, good | {text: said})

    assert [each.partition(":")[0] for each in found] == [complaint]
    assert complaints({Text("Cart")}, good) == []
    assert complaints(set(), good) == ["nobody says this any more: Cart"]


def test_a_po_file_is_read_with_all_its_forms() -> None:
    po = """
msgid ""
msgstr "Language: zh_Hans"

#, fuzzy, python-format
msgid ""
"Two\\n"
"lines"
msgstr "两\\n行"

msgctxt "a \\"context\\""
msgid "%(n)s one"
msgid_plural "%(n)s many"
msgstr[0] "%(n)s 个"
"""

    assert read_po(po) == {
        Text("Two\nlines"): Said("两\n行", fuzzy=True),
        Text("%(n)s one", "%(n)s many", 'a "context"'): Said("%(n)s 个", fuzzy=False),
    }

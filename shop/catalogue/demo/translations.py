"""What the demo says in other languages: a folder each, with the originals' slugs and words."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from shop.catalogue.text import with_plain_text
from shop.translated.fields import Translations, other_languages, tidy

HERE = Path(__file__).parent


class Speech:
    """The demo in one language."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        words = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
        self.options: dict[str, str] = words["options"]
        self.values: dict[str, str] = words["values"]
        self.categories: dict[str, str] = words["categories"]
        self.detail: str = words["pictures"]["detail"]
        self.comma: str = words["pictures"]["comma"]

    @cached_property
    def products(self) -> dict[str, dict[str, Any]]:
        """Texts by slug."""
        found: dict[str, dict[str, Any]] = {}
        for file in self._folder.glob("*.toml"):
            if file.stem != "words":
                found |= tomllib.loads(file.read_text(encoding="utf-8"))
        return found


def speeches() -> dict[str, Speech]:
    """The demo in each other language that it speaks."""
    return {
        language: Speech(HERE / language)
        for language in other_languages()
        if (HERE / language).is_dir()
    }


class Translator:
    """Translations of the demo's rows, as `translations` holds them."""

    def __init__(self) -> None:
        self._speeches = speeches()

    def product(self, slug: str) -> Translations:
        """Title, description and attributes."""
        said = {}
        for language, speech in self._speeches.items():
            facts = speech.products.get(slug, {})
            said[language] = {**facts, "description": facts.get("description", "").strip()}
        return with_plain_text(said)

    def category(self, name: str) -> Translations:
        """The name of one level of the tree."""
        return self._named("categories", name)

    def option(self, name: str) -> Translations:
        """The name of an option."""
        return self._named("options", name)

    def _named(self, kind: str, name: str) -> Translations:
        return tidy(
            {
                language: {"name": getattr(speech, kind).get(name, "")}
                for language, speech in self._speeches.items()
            }
        )

    def values(self, values: list[str]) -> Translations:
        """The values of a variant; a measure is the same in every language."""
        return tidy(
            {
                language: {"option_values": [speech.values.get(value, "") for value in values]}
                for language, speech in self._speeches.items()
            }
        )

    def picture(self, slug: str, value: str, *, detail: bool) -> Translations:
        """What a picture shows: the product, in this colour or metal, or a detail of it."""
        said = {}
        for language, speech in self._speeches.items():
            title = speech.products.get(slug, {}).get("title", "")
            what = speech.values.get(value, value) or (speech.detail if detail else "")
            said[language] = {
                "alt": speech.comma.join(filter(None, [title, what])) if title else ""
            }
        return tidy(said)

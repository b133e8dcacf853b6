"""What an import did, or would do."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from .languages import Said
from .reading import CsvProblem

KEPT = 200
"""Problems and changed products that a report names; it counts all."""
DETAILS = 12
"""Changes of one product that a report names."""


@dataclass
class Change:
    """What is new about one product."""

    slug: str
    title: str
    is_new: bool
    details: list[str] = field(default_factory=list)

    def note(self, what: str, before: Any = None, after: Any = None) -> None:
        """Add a line: what, and from which value to which."""
        if len(self.details) < DETAILS:
            values = (
                f": {_shown(before)} → {_shown(after)}" if (before, after) != (None, None) else ""
            )
            self.details.append(what + values)
        elif len(self.details) == DETAILS:
            self.details.append("…")

    def note_translations(self, of: str, before: Said, after: Said) -> None:
        """Add a line for each text that is translated otherwise now; `of`: what it is a part of."""
        for language in sorted({*before, *after}):
            old, new = before.get(language, {}), after.get(language, {})
            for name in sorted({*old, *new} - {"description_text"}):
                if old.get(name) != new.get(name):
                    what = f"{of}, {language}" if of else f"{name}, {language}"
                    self.note(what, old.get(name), new.get(name))


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return Truncator(str(value)).chars(60)


@dataclass
class Report:
    """What an import did, in numbers, and in words for the first of them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    variants: int = 0
    images: int = 0
    variants_removed: int = 0
    images_removed: int = 0
    skipped: int = 0
    problems: list[CsvProblem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def products(self) -> int:
        """All products of the file that are right."""
        return self.created + self.updated + self.unchanged

    @property
    def changed_nothing(self) -> bool:
        """Whether the catalogue was already as the file has it."""
        return self.created == self.updated == 0

    def skip(self, problem: CsvProblem) -> None:
        """Count a product that is left out, and why."""
        self.skipped += 1
        if len(self.problems) < KEPT:
            self.problems.append(problem)

    def add_changes(self, changes: list[Change]) -> None:
        """Keep the first of them."""
        self.changes += changes[: KEPT - len(self.changes)]

    def __str__(self) -> str:
        parts = [
            f"{self.products} products: {self.created} created, {self.updated} updated, "
            f"{self.unchanged} unchanged",
            f"{self.variants} variants",
            f"{self.images} images",
        ]
        for number, what in (
            (self.variants_removed, "variants removed"),
            (self.images_removed, "images removed"),
            (self.skipped, "left out"),
        ):
            if number:
                parts.append(f"{number} {what}")
        return "; ".join(parts) + (" (no change)" if self.changed_nothing else "")

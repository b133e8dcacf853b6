"""The facets as a page shows them: choices in a sensible order, each with its count and links."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from shop.catalogue.money import format_money
from shop.catalogue.wording import option_label

from .counts import Counts
from .selection import Labels, Selection, parameter

OPTIONS_SHOWN = 6
"""Options that a page offers: those that most of its products have."""
CHOICES_SHOWN = 40
"""Values of one facet that a page offers: those with the most products, and the chosen ones."""
SIZES = {
    size: rank
    for rank, size in enumerate(
        ["xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "2xl", "xxxl", "3xl", "4xl", "5xl"]
    )
}
SORT_NAMES = {
    "best": gettext_lazy("Best match"),
    "newest": gettext_lazy("Newest"),
    "price": gettext_lazy("Price, low to high"),
    "-price": gettext_lazy("Price, high to low"),
    "name": pgettext_lazy("sort order", "Name"),
}
_DIGITS = re.compile(r"(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen; `count` is the number of products there would be."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A facet with its choices; `name` is its parameter in the address."""

    name: str
    label: str
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Chosen:
    """Something that is chosen, in words, and the address without it."""

    label: str
    url: str


@dataclass(frozen=True)
class Narrowing:
    """All that `_facets.html` shows. `kept`: parameters of the page that the form carries along.

    `low`, `high`: the prices there are. `clear_url`: the address with nothing chosen.
    """

    facets: Sequence[Facet]
    available: Choice
    reduced: Choice
    low: Decimal | None
    high: Decimal | None
    selection: Selection
    sorts: Sequence[Choice]
    chosen: Sequence[Chosen]
    clear_url: str
    kept: Sequence[tuple[str, str]]
    total: int

    @property
    def low_chosen(self) -> str:
        """The chosen lowest price, as an input takes it."""
        return dict(self.selection.pairs()).get("min", "")

    @property
    def high_chosen(self) -> str:
        """The chosen highest price, as an input takes it."""
        return dict(self.selection.pairs()).get("max", "")


def narrowing(
    counts: Counts, selection: Selection, path: str, kept: Sequence[tuple[str, str]] = ()
) -> Narrowing:
    """What a page at `path` shows of these counts, with this selection."""
    names = sorted(
        counts.options.keys() | selection.options.keys(),
        key=lambda name: (-sum(counts.options.get(name, {}).values()), name),
    )
    words = _Words({**selection.labels, **counts.labels})
    offered = [name for name in names if name in selection.options]
    offered += [name for name in names if name not in offered][: OPTIONS_SHOWN - len(offered)]
    facets = [
        _facet(
            parameter(name),
            words.option(name),
            counts.options.get(name, {}),
            chosen,
            partial(words.value, name),
        )
        for name in sorted(offered, key=names.index)
        for chosen in [selection.options.get(name, ())]
    ]
    facets.append(_facet("vendor", _("Vendor"), counts.vendors, selection.vendors))
    return Narrowing(
        facets=[
            facet
            for facet in facets
            if len(facet.choices) > 1 or any(choice.chosen for choice in facet.choices)
        ],
        available=Choice("1", _("Available now"), counts.available, selection.available),
        reduced=Choice("1", _("On sale"), counts.reduced, selection.reduced),
        low=counts.low,
        high=counts.high,
        selection=selection,
        sorts=[
            Choice(sort, str(label), counts.total, sort == selection.sort)
            for sort, label in SORT_NAMES.items()
            if sort != "best" or selection.default_sort == "best"
        ],
        chosen=[
            Chosen(_in_words(name, value, words), path + selection.without(name, value).query(kept))
            for name, value in selection.pairs()
            if name != "sort"
        ],
        clear_url=path + Selection().query(kept),
        kept=kept,
        total=counts.total,
    )


class _Words:
    """What options and their values are called in the active language."""

    def __init__(self, labels: Labels) -> None:
        language = get_language()
        known = labels if language != settings.LANGUAGE_CODE else {}
        self._known = {key: said[language] for key, said in known.items() if language in said}

    def option(self, name: str) -> str:
        """An option's name as a heading."""
        return self._known.get((name, "")) or option_label(name)

    def value(self, name: str, value: str) -> str:
        """A value of that option."""
        return self._known.get((name, value), value)


def _facet(
    name: str,
    label: str,
    counts: dict[str, int],
    chosen: Sequence[str],
    word: Callable[[str], str] = str,
) -> Facet:
    most = sorted(counts, key=lambda value: (-counts[value], value))[:CHOICES_SHOWN]
    return Facet(
        name,
        label,
        [
            Choice(value, word(value), counts.get(value, 0), value in chosen)
            for value in in_order({*most, *chosen})
        ],
    )


def in_order(values: Iterable[str]) -> list[str]:
    """Values as one expects them: S, M, L; 8, 9, 10; else by the alphabet."""
    return sorted(values, key=_place)


def _place(value: str) -> tuple[int, tuple[tuple[float, str], ...]]:
    lower = value.lower()
    if lower in SIZES:
        return 0, ((SIZES[lower], ""),)
    parts = _DIGITS.split(lower)
    return 1, tuple(
        (float(p), "") if _DIGITS.fullmatch(p) else (float("inf"), p) for p in parts if p
    )


def _in_words(name: str, value: str, words: _Words) -> str:
    if name == "min":
        return _("from %(price)s") % {"price": format_money(Decimal(value))}
    if name == "max":
        return _("up to %(price)s") % {"price": format_money(Decimal(value))}
    if name == "available":
        return _("Available now")
    if name == "sale":
        return _("On sale")
    if name == "vendor":
        return _("%(facet)s: %(value)s") % {"facet": _("Vendor"), "value": value}
    option = name.removeprefix("option.")
    shown = {"facet": words.option(option), "value": words.value(option, value)}
    return _("%(facet)s: %(value)s") % shown

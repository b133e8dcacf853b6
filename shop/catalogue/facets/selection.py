"""What is chosen, from an address and back into one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.translation import get_language

from shop.catalogue.models import FacetValue, Product, Variant, VariantValue
from shop.translated.fields import in_language

SORTS = ("best", "newest", "price", "-price", "name")
"""Orders, as the address names them; "best" is the order in which a search found them."""
RESERVED = frozenset({"q", "page", "vendor", "min", "max", "available", "sale", "sort"})
"""What an address may not call an option: one that has such a name is "option.vendor" there."""
VALUES_READ = 60
"""Values of one kind in an address that are looked at."""
_LARGEST_PRICE = Decimal("9999999999.99")


type Labels = dict[tuple[str, str], dict[str, str]]
"""What options (with a blank value) and their values are called in other languages."""


def parameter(option: str) -> str:
    """The name of an option's parameter in an address."""
    return f"option.{option}" if option in RESERVED else option


@dataclass(frozen=True)
class Selection:
    """What is chosen. `options`: values by the option's name in lower case; `sort`: one of SORTS.

    `low` and `high`: prices in the network's currency. `value_ids`: those of the options' values;
    `labels`: what they are called elsewhere.
    """

    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vendors: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    available: bool = False
    reduced: bool = False
    sort: str = "newest"
    default_sort: str = "newest"
    value_ids: Mapping[str, list[int]] = field(default_factory=dict)
    labels: Labels = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether all products are shown, in the order they always come in."""
        return not self.pairs()

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return any(name != "sort" for name, _value in self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """The selection as parameters of an address, in the one order that addresses have."""
        found = [
            (parameter(name), value)
            for name, values in sorted(self.options.items())
            for value in sorted(values)
        ]
        found += [("vendor", vendor) for vendor in sorted(self.vendors)]
        found += [("min", _plain(self.low))] if self.low is not None else []
        found += [("max", _plain(self.high))] if self.high is not None else []
        found += [("available", "1")] * self.available + [("sale", "1")] * self.reduced
        return found + ([("sort", self.sort)] if self.sort != self.default_sort else [])

    def variants(self, without: str = "") -> QuerySet[Variant]:
        """The variants that all facets but one allow; an option is left out by its name."""
        found = Variant.objects.order_by()
        for name, ids in self.value_ids.items():
            if name != without:
                has = VariantValue.objects.filter(variant=OuterRef("pk"), value__in=ids)
                found = found.filter(Exists(has))
        return found.filter(self.offer())

    def offer(self, *, price: bool = True, available: bool = True, reduced: bool = True) -> Q:
        """The condition on a variant's price, availability and sale, or on some of these."""
        asked = Q()
        if price and self.low is not None:
            asked &= Q(price__gte=self.low)
        if price and self.high is not None:
            asked &= Q(price__lte=self.high)
        if available and self.available:
            asked &= Q(available=True)
        if reduced and self.reduced:
            asked &= Q(reduced=True)
        return asked

    def apply(self, products: QuerySet[Product]) -> QuerySet[Product]:
        """The products that are chosen, in the order that is chosen."""
        if self.vendors:
            products = products.filter(vendor__in=self.vendors)
        if self.value_ids or self.offer():
            products = products.filter(Exists(self.variants().filter(product=OuterRef("pk"))))
        if self.sort == "newest":
            return products.order_by("-created_at", "-pk")
        if self.sort == "name":
            return products.order_by(Lower(in_language("title", get_language())), "pk")
        if self.sort in {"price", "-price"}:
            shown = Variant.objects.filter(product=OuterRef("pk")).order_by("-available", "price")
            order = F("shown").asc() if self.sort == "price" else F("shown").desc()
            return products.annotate(shown=Subquery(shown.values("price")[:1])).order_by(
                order, "-created_at", "-pk"
            )
        return products

    def without(self, name: str, value: str) -> "Selection":
        """The selection with one choice taken back; `name` as in the address."""
        left = [pair for pair in self.pairs() if pair != (name, value)]
        chosen = {name for name, _value in left}
        return replace(
            self,
            options={
                option: kept
                for option, values in self.options.items()
                if (kept := tuple(v for v in values if (parameter(option), v) in left))
            },
            vendors=tuple(vendor for vendor in self.vendors if ("vendor", vendor) in left),
            low=self.low if "min" in chosen else None,
            high=self.high if "max" in chosen else None,
            available="available" in chosen,
            reduced="sale" in chosen,
        )

    def query(self, before: Iterable[tuple[str, str]] = ()) -> str:
        """The query string, `?` in front, after these other parameters; empty where all is."""
        pairs = [*before, *self.pairs()]
        return f"?{urlencode(pairs)}" if pairs else ""


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_selection(query: QueryDict, default_sort: str = "newest") -> Selection:
    """The selection that an address names; what it does not understand is left out.

    No query, or one where the address has parameters that may be options.
    """

    def values(name: str) -> list[str]:
        return [v for v in dict.fromkeys(query.getlist(name)) if v and "\x00" not in v][
            :VALUES_READ
        ]

    names = {
        _option(parameter): parameter
        for parameter in list(query)[:VALUES_READ]
        if parameter not in RESERVED and "\x00" not in parameter
    }
    asked = {name: values(parameter) for name, parameter in names.items()}
    found = FacetValue.objects.none()
    if any(asked.values()):
        every = [value for several in asked.values() for value in several]
        found = FacetValue.objects.filter(name__in=asked, value__in=["", *every]).order_by("value")
    options: dict[str, tuple[str, ...]] = {}
    ids: dict[str, list[int]] = {}
    labels: Labels = {}
    for each in found:
        if each.value == "":
            labels[each.name, ""] = each.labels
        elif each.value in asked[each.name]:
            options[each.name] = (*options.get(each.name, ()), each.value)
            ids.setdefault(each.name, []).append(each.pk)
            labels[each.name, each.value] = each.labels
    low, high = _price(query.get("min", "")), _price(query.get("max", ""))
    if low is not None and high is not None and low > high:
        low, high = high, low
    sort = query.get("sort", "")
    return Selection(
        options=options,
        vendors=tuple(values("vendor")),
        low=low,
        high=high,
        available=query.get("available") == "1",
        reduced=query.get("sale") == "1",
        sort=sort if sort in SORTS and (sort != "best" or default_sort == "best") else default_sort,
        default_sort=default_sort,
        value_ids=ids,
        labels=labels,
    )


def _option(parameter: str) -> str:
    name = parameter.removeprefix("option.")
    return name if name in RESERVED else parameter


def _price(text: str) -> Decimal | None:
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= _LARGEST_PRICE:
        return None
    return amount.quantize(Decimal("0.01"))


def is_canonical(query: QueryDict, selection: Selection) -> bool:
    """Whether the address names its filters as our own links do: none blank, in their order."""
    known = {name for name, _value in selection.pairs()} | (RESERVED - {"q", "page"})
    said = [(n, v) for n, several in query.lists() if n in known for v in several]
    return said == selection.pairs()

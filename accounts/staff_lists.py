"""What staff's lists may be filtered by: what they offer, and nothing else.

Django's admin takes `?<field>__startswith=` for any field of a list's model. A row or no row then
tells, letter by letter, what no page of the admin shows: the text of a mail with somebody's link,
a password's hash, an order's key.
"""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model
from django.http import HttpRequest

DATE_PARTS = ("year", "month", "day")
DATES_END = 9999
"""The first number too high for a part of a date: Django looks one year ahead."""


class OnlyOwnFilters:
    """The first base of every class in the admin; see `StaffSite.register`.

    `linked_by` names what links on other pages of ours filter a list by.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether the list itself, its calendar or a link of ours asks for this."""
        admin: Any = self
        day, _mark, part = lookup.rpartition("__")
        if day and day == admin.date_hierarchy and part in DATE_PARTS:
            return value.isdecimal() and len(value) <= 4 and int(value) < DATES_END
        own = {*getattr(self, "linked_by", ())}
        for each in admin.get_list_filter(request):
            own.update(_parameters(admin.model, each))
        above: Any = super()  # ModelAdmin: this class is put before it
        return lookup in own and bool(above.lookup_allowed(lookup, value, request))


def _parameters(model: type[Model], list_filter: Any) -> Iterator[str]:
    """What one of a list's filters may put into the address."""
    if isinstance(list_filter, type):
        yield str(cast("type[SimpleListFilter]", list_filter).parameter_name)
        return
    path = list_filter if isinstance(list_filter, str) else list_filter[0]
    yield path
    yield from (f"{path}__{lookup}" for lookup in ("exact", "isnull", "gte", "lt"))
    field: Any = get_fields_from_path(model, path)[-1]
    if field.is_relation:
        yield f"{path}__{field.target_field.name}__exact"

"""The audit trail in the admin: to read, by trail, person, session or request."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from . import trail
from .models import Entry

PROBLEMS = {
    "gap": gettext_lazy("Entry %d is missing."),
    "edited": gettext_lazy("Entry %d was edited."),
    "swapped": gettext_lazy("Entry %d stood in another place."),
    "unlinked": gettext_lazy("Entry %d does not follow the one before it."),
    "cut": gettext_lazy("From entry %d on, the trail was cut off."),
    "rewritten": gettext_lazy("Entry %d is not the one that was written."),
}


class ReadOnly:
    """Nothing may be added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


SHORT = 8
"""Characters of an order's reference that tell orders apart. The whole of it would open one."""


class ShortReference:
    """Rows that name an order by its reference: shown, and found, by the beginning of it only.

    Staff who may not see orders see these, and must not be able to try out the rest of it.
    """

    search_fields: tuple[str, ...] = ("=reference_start",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows with what they are found by."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        named: QuerySet[Any] = rows.annotate(reference_start=Left("reference", SHORT))
        return named

    @display(description=gettext_lazy("order"))  # type: ignore[untyped-decorator]
    def order(self, row: Any) -> str:
        """As much of its reference as tells orders apart."""
        return str(row.short_reference)


def trail_url(name: str) -> str:
    """The page of one trail, for staff."""
    return f"{reverse('admin:audit_entry_changelist')}?trail={name}"


@admin.register(Entry)
class EntryAdmin(ReadOnly, ModelAdmin):
    """Entries, newest first; those of one trail in their order, with what its chain says."""

    list_display = ("at", "action", "who", "how", "channel", "storefront", "details", "of_trail")
    list_filter = ("action", "kind", "how", "channel", "storefront", "at")
    search_fields = ("=trail", "=session", "=request_id", "=action")
    linked_by = ("trail",)
    search_help_text = gettext_lazy("A whole trail, session, request or action")
    ordering = ("-at", "-pk")
    date_hierarchy = "at"
    list_per_page = 100
    show_full_result_count = False
    list_before_template = "audit/admin/chain.html"
    fieldsets = (
        (None, {"fields": ("at", "action", "details", "of_trail", "seq")}),
        (
            gettext_lazy("Who"),
            {
                "fields": (
                    "kind", "how", "channel", "customer_id", "storefront", "session", "request_id",
                )
            },
        ),
        (gettext_lazy("Chain"), {"fields": ("prev_hash", "hash")}),
    )  # fmt: skip

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """One trail is read from its beginning."""
        return ("seq",) if "trail" in request.GET else ("-at", "-pk")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say of one trail whether it is as it was written."""
        context = dict(extra_context or {})
        if name := request.GET.get("trail"):
            length = trail.head(name).length
            text = ngettext(
                "%d entry, as it was written.", "%d entries, as they were written.", length
            )
            context["chain_sound"] = text % length
            context["chain_breaks"] = [
                PROBLEMS[each.problem] % each.seq for each in trail.verify(name)
            ]
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @display(description=gettext_lazy("who"), ordering="kind")  # type: ignore[untyped-decorator]
    def who(self, entry: Entry) -> str:
        """Kind, account and session."""
        account = f"#{entry.customer_id}" if entry.customer_id else ""
        return " ".join(filter(None, (entry.kind, account, entry.session[:10])))

    @display(description=gettext_lazy("facts"))  # type: ignore[untyped-decorator]
    def details(self, entry: Entry) -> SafeString:
        """What changed."""
        facts = json.dumps(entry.facts, ensure_ascii=False, sort_keys=True)
        return format_html('<code class="break-all">{}</code>', facts)

    @display(description=gettext_lazy("trail"))  # type: ignore[untyped-decorator]
    def of_trail(self, entry: Entry) -> SafeString:
        """Leads to all of it."""
        label = _("%(trail)s, %(number)d") % {"trail": entry.trail[:8], "number": entry.seq}
        return format_html('<a href="{}">{}</a>', trail_url(entry.trail), label)

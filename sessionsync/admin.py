"""Sessions in the admin: what they are, and how the handshakes go. Nothing can be changed there.

Works with Django's own admin and, where it is installed, with Unfold.
"""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessionsync import store
from sessionsync.fingerprints import fingerprint
from sessionsync.models import Session
from sessionsync.operations import stats, trace
from sessionsync.operations.charts import charts
from sessionsync.operations.outcomes import MEANINGS
from sessionsync.operations.trace import Trace, minted_at

ModelAdmin: Any = (
    import_string("unfold.admin.ModelAdmin") if apps.is_installed("unfold") else admin.ModelAdmin
)
SPANS = {24: gettext_lazy("day"), 7 * 24: gettext_lazy("week"), 30 * 24: gettext_lazy("month")}
"""Hours that the charts may show, and what they are called."""


@admin.register(Session)
class SessionAdmin(ModelAdmin):
    """Sessions by fingerprint, without their data, and without a link that would hold a key."""

    list_display = ("fingerprint", "state", "leads_to", "signed_in", "minted", "used_at")
    list_display_links = None
    list_filter = ("state",)
    ordering = ("-key",)
    actions = None
    show_full_result_count = False
    change_list_template = "sessionsync/admin/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: only a browser begins a session."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Never: `manage.py sessionsync prune` deletes what is over."""
        return False

    @admin.display(description=gettext_lazy("session"))
    def fingerprint(self, session: Session) -> str:
        """The name by which operators know it."""
        return fingerprint(session.key)

    @admin.display(description=gettext_lazy("leads to"))
    def leads_to(self, session: Session) -> str:
        """The session it became."""
        return fingerprint(session.successor) if session.successor else ""

    @admin.display(description=gettext_lazy("signed in"), boolean=True)
    def signed_in(self, session: Session) -> bool:
        """Whether a customer is signed in; who that is, the customer's page says."""
        return bool(session.principal)

    @admin.display(description=gettext_lazy("minted"), ordering="key")
    def minted(self, session: Session) -> datetime:
        """When its token was minted."""
        return minted_at(session.key)

    def get_urls(self) -> list[URLPattern]:
        """The list and the page with the charts; no page of one session, whose address is a key."""
        view = self.admin_site.admin_view(self.overview)
        name = "sessionsync_session_overview"
        lists = [url for url in super().get_urls() if str(url.name).endswith("_changelist")]
        return [path("overview/", view, name=name), *lists]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Charts of the last day, week or month (`hours`), and the way of one shopper (`who`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        hours, who = _hours(request.GET.get("hours", "")), request.GET.get("who", "").strip()[:100]
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Session sync"),
            "opts": self.opts,
            "spans": [(number, name, number == hours) for number, name in SPANS.items()],
            "hours": hours,
            "who": who,
        }
        try:
            found = stats.report(hours)
            context |= {
                "whole": found.whole,
                "median": found.whole.quantile(0.5),
                "late": found.whole.quantile(0.95),
                "charts": charts(found),
            }
        except store.StoreUnavailable:
            context["redis_away"] = True
        if who:
            context |= _trace(who)
        return TemplateResponse(request, "sessionsync/admin/overview.html", context)


def _hours(text: str) -> int:
    return next((number for number in SPANS if text == str(number)), 24)


def _trace(who: str) -> dict[str, Any]:
    try:
        found = trace.trace(who)
    except trace.NothingNamed:
        return {"nothing_named": True}
    return {"trace": found, "hops": _hops(found)}


def _hops(found: Trace) -> list[dict[str, Any]]:
    return [
        {
            "entry": entry,
            "at": trace.moment(entry.at),
            "took": float(entry.took) if entry.took else None,
            "meaning": entry.why or MEANINGS.get((entry.hop, entry.outcome), ""),
        }
        for entry in found.hops
    ]

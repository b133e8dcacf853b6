"""Anomalies in the admin: what was found, and the word of whoever has looked into it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from accounts.models import User
from orders.auditing import services
from orders.auditing.models import Anomaly


class IsOpen(admin.SimpleListFilter):
    """Open ones first: they are what there is to do."""

    title = _("looked into")
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Open or closed."""
        return [("no", _("Open")), ("yes", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those that were chosen."""
        if self.value() is None:
            return queryset
        return queryset.filter(closed_at__isnull=self.value() == "no")


class AnomalyForm(forms.ModelForm[Anomaly]):
    """A note closes it."""

    class Meta:
        model = Anomaly
        fields = ("note",)
        help_texts = {"note": _("What it was. With a note the anomaly is closed.")}

    def clean_note(self) -> str:
        """Something must be said."""
        note = str(self.cleaned_data["note"]).strip()
        if not note:
            raise forms.ValidationError(_("Please say what it was."))
        return note


@admin.register(Anomaly)
class AnomalyAdmin(ModelAdmin):
    """What audits have found."""

    form = AnomalyForm
    list_display = ("found_at", "order", "kind", "message", "closed_at", "closed_by")
    list_filter = (IsOpen, "kind")
    list_select_related = ("order", "closed_by")
    search_fields = ("order__number", "message", "note")
    fields = (
        "order", "kind", "message", "evidence", "found_at", "seen_at", "note", "closed_at",
        "closed_by",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All but the note; and that, too, once it is closed."""
        fixed = tuple(name for name in self.fields if name != "note")
        return (*fixed, "note") if obj is not None and obj.closed_at else fixed

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Audits find them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was found stays."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may close them."""
        return request.user.has_perm("auditing.close_anomaly")

    def save_model(
        self, request: HttpRequest, obj: Anomaly, form: forms.ModelForm[Anomaly], change: bool
    ) -> None:
        """Close it, by whoever wrote the note."""
        if isinstance(request.user, User):
            services.close(obj, by=request.user, note=obj.note)


def open_badge(request: HttpRequest) -> int | None:
    """How many nobody has looked into, for the sidebar."""
    return services.open_count() or None

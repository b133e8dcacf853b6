"""Webhooks in the admin: who is told, what was told, and telling it once more."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm, MultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from orders.webhooks import services
from orders.webhooks.models import Delivery, Endpoint, Event


class EndpointForm(ModelForm[Endpoint]):
    """An endpoint, its events to be ticked."""

    events = MultipleChoiceField(
        label=_("Events"),
        choices=Event.choices,
        required=False,
        widget=CheckboxSelectMultiple,
        help_text=_("None ticked: all of them."),
    )

    class Meta:
        model = Endpoint
        fields = ("title", "url", "events", "is_active", "secret")


@admin.register(Endpoint)
class EndpointAdmin(ModelAdmin):
    """Who is told."""

    form = EndpointForm
    list_display = ("title", "url", "is_active", "failing_since")
    list_filter = ("is_active",)
    search_fields = ("title", "url")
    readonly_fields = ("failing_since", "created_at")

    def save_model(
        self, request: HttpRequest, obj: Endpoint, form: ModelForm[Endpoint], change: bool
    ) -> None:
        """Save; switched on again, it has a clean slate."""
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data and obj.is_active:
            services.switch_on(obj)


@admin.register(Delivery)
class DeliveryAdmin(ModelAdmin):
    """What was told; nobody writes here."""

    list_display = ("created_at", "event", "endpoint", "order", "state", "status", "attempts")
    list_filter = ("state", "event", "endpoint")
    list_select_related = ("endpoint", "order")
    search_fields = ("order__number", "event_id")
    date_hierarchy = "created_at"
    actions = ("send_again",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All of them."""
        return tuple(field.name for field in Delivery._meta.fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Events happen; nobody makes them up."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They stay as long as their order."""
        return False

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Send the chosen events once more, each with its own id."""
        sent = 0
        for delivery in rows:
            try:
                services.replay(delivery)
            except services.StillOpen:
                messages.warning(
                    request, _("%(event)s is on its way already.") % {"event": delivery}
                )
            else:
                sent += 1
        if sent:
            text = ngettext("%(n)d event is sent again.", "%(n)d events are sent again.", sent)
            messages.success(request, text % {"n": sent})

"""Publishable keys in the admin: who calls the Store API for which storefront, and no longer."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from .models import PublishableKey


@admin.register(PublishableKey)
class PublishableKeyAdmin(ModelAdmin[PublishableKey]):
    """A key is made and revoked; it is never another key."""

    list_display = ("title", "storefront", "token", "created_at", "revoked_at")
    list_filter = ("storefront",)
    list_select_related = ("storefront",)
    search_fields = ("title", "token")
    fields = ("title", "storefront", "origins", "token", "created_at", "revoked_at")
    readonly_fields = ("token", "created_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PublishableKey]) -> None:
        """Refuse them from now on; the rows stay, to tell who had them."""
        revoked = 0
        for key in queryset.filter(revoked_at=None):
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
            self.log_change(request, key, "Revoked")
            revoked += 1
        told = ngettext("%(n)s key was revoked.", "%(n)s keys were revoked.", revoked)
        self.message_user(request, told % {"n": revoked})

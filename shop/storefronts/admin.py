"""Storefronts in the admin."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from .forms import StorefrontForm
from .models import Storefront
from .services import make_main


@admin.register(Storefront)
class StorefrontAdmin(ModelAdmin):
    """Names, domains, themes and languages; which site is main is changed by an action."""

    form = StorefrontForm
    list_display = ("name", "domain", "is_main", "theme", "language", "position")
    search_fields = ("name", "slug", "domain")
    prepopulated_fields = {"slug": ["name"]}
    actions = ("make_main_site",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Storefront | None = None
    ) -> tuple[str, ...]:
        """Where a main site exists, only the action moves that role."""
        return ("is_main",) if Storefront.objects.filter(is_main=True).exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Storefront | None = None) -> bool:
        """The main site stays."""
        return (obj is None or not obj.is_main) and super().has_delete_permission(request, obj)

    @admin.action(description=_("Make this the main site"), permissions=["change"])
    def make_main_site(self, request: HttpRequest, queryset: QuerySet[Storefront]) -> None:
        """Give the role of the meeting point to the one site that was chosen."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one site only."), messages.ERROR)
            return
        made = make_main(chosen[0])
        self.message_user(request, _("%(name)s is the main site now.") % {"name": made})

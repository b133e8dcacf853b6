"""Accounts and groups in the admin."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from accounts import queries
from accounts.forms.admin import AccountChangeForm, AccountCreationForm, NewPasswordForm
from accounts.models import User
from accounts.services import devices, emails, factors

# Secrets and what belongs to an account are not for lists of their own.
admin.site.unregister([Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Groups of staff with the same permissions."""


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Customers and staff.

    Nobody is deleted here, as orders would keep the person's name: `anonymise_customer` erases it
    everywhere.
    """

    form = AccountChangeForm
    add_form = AccountCreationForm
    change_password_form = NewPasswordForm
    list_display = (
        *("email", "first_name", "last_name", "confirmed", "second_factor"),
        *("is_staff", "is_active", "date_joined"),
    )
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    readonly_fields = ("address_book", "last_login", "date_joined", "erased_at")
    actions = ("sign_out_everywhere", "turn_second_factor_off")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Name"), {"fields": ("first_name", "last_name", "phone", "address_book")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined", "erased_at")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Accounts, with what the list says of how they sign in."""
        found: QuerySet[User] = queries.with_sign_in_facts(super().get_queryset(request))
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; see the class."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; a changed address is to be confirmed anew, and the old one forgotten."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            emails.follow(obj)

    @admin.display(description=_("address confirmed"), boolean=True, ordering="is_confirmed")
    def confirmed(self, user: User) -> bool:
        """Whether they have shown that the address is theirs."""
        return bool(getattr(user, "is_confirmed", False))

    @admin.display(description=_("second factor"), boolean=True, ordering="has_factor")
    def second_factor(self, user: User) -> bool:
        """Whether signing in asks them for more than a password."""
        return bool(getattr(user, "has_factor", False))

    @admin.display(description=_("addresses"))
    def address_book(self, user: User) -> str:
        """The customer's addresses, which are theirs to change."""
        lines = (
            (", ".join(filter(None, (a.first_name, a.last_name, a.address_1, a.city, a.country))),)
            for a in queries.addresses_of(user)
        )
        return format_html_join(mark_safe("<br>"), "{}", lines) or "–"

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """End all their sessions and API tokens."""
        ended = sum(devices.end_all(user) for user in chosen)
        text = ngettext("%d session was ended.", "%d sessions were ended.", ended) % ended
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=_("Turn the second factor off"), permissions=["change"])
    def turn_second_factor_off(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """For somebody who has lost phone and recovery codes, and has shown who they are."""
        storefront = request.storefront  # type: ignore[attr-defined]
        site_url = f"{request.scheme}://{request.get_host()}"
        turned = [
            user
            for user in chosen
            if factors.turn_off(user, storefront=storefront, site_url=site_url)
        ]
        for user in turned:
            self.log_change(request, user, "second factor turned off")
        text = ngettext(
            "%d account needs only its password now; its owner has been told.",
            "%d accounts need only their passwords now; their owners have been told.",
            len(turned),
        )
        self.message_user(request, text % len(turned), messages.SUCCESS)

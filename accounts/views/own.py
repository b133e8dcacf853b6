"""The account's own pages: what one may see and change about oneself."""

import json
import re

from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import letters, queries
from accounts.forms.addresses import AddressForm, NameForm
from accounts.forms.places import ProvinceForm
from accounts.models import Address, User
from accounts.services import addresses, devices, personal_data
from accounts.services.personal_data import Person
from shop.storefronts.middleware import StorefrontRequest
from shop.storefronts.queries import all_storefronts


class AccountRequest(StorefrontRequest):
    """A request of somebody who is signed in, for type checkers."""

    user: User


@require_safe
def overview(request: AccountRequest) -> HttpResponse:
    """The account's first page."""
    return render(request, "account/overview.html", {"facts": queries.overview(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def name(request: AccountRequest) -> HttpResponse:
    """How the shop calls them."""
    form = NameForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your name is saved."))
        return HttpResponseRedirect(reverse("accounts:overview"), status=303)
    return render(request, "account/name.html", {"form": form})


# The address book.


@require_safe
def address_book(request: AccountRequest) -> HttpResponse:
    """All addresses."""
    context = {"addresses": queries.addresses_of(request.user), "most": addresses.MOST_ADDRESSES}
    return render(request, "account/addresses.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def address(request: AccountRequest, pk: int | None = None) -> HttpResponse:
    """Add an address, or change one of their own. Anybody else's does not exist."""
    found = get_object_or_404(Address, pk=pk, customer=request.user) if pk else None
    initial = {} if found else _first_guess(request.user)
    form = AddressForm(request.POST or None, instance=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if found:
                addresses.change_address(found, **form.cleaned_data)
            else:
                addresses.add_address(request.user, **form.cleaned_data)
        except addresses.TooManyAddresses:
            form.add_error(None, _("Your address book is full. Please remove an address first."))
        except Address.DoesNotExist:
            form.add_error(None, _("This address was removed meanwhile."))
        else:
            messages.success(request, _("The address is saved."))
            return HttpResponseRedirect(reverse("accounts:addresses"), status=303)
    return render(request, "account/address.html", {"form": form, "address": found})


def _first_guess(user: User) -> dict[str, object]:
    is_first = not user.addresses.exists()
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_default_shipping": is_first,
        "is_default_billing": is_first,
    }


@never_cache
@require_safe
def province(request: StorefrontRequest) -> HttpResponse:
    """For htmx, also at the checkout: the field for the province, as `country_code` has it.

    `prefix`: of the address's fields, where a page has two of them.
    """
    prefix = request.GET.get("prefix", "")
    if not re.fullmatch(r"[a-z]{1,20}", prefix):
        prefix = ""
    name = f"{prefix}-country_code" if prefix else "country_code"
    form = ProvinceForm(prefix=prefix or None, initial={"country_code": request.GET.get(name, "")})
    return render(request, "account/_province.html", {"field": form["province"]})


@require_POST
def remove_address(request: AccountRequest, pk: int) -> HttpResponse:
    """Remove one of their own addresses."""
    addresses.remove_address(get_object_or_404(Address, pk=pk, customer=request.user))
    messages.success(request, _("The address is removed. Orders keep what they were sent to."))
    return HttpResponseRedirect(reverse("accounts:addresses"), status=303)


# Where they are signed in.


@require_safe
def signed_in_places(request: AccountRequest) -> HttpResponse:
    """Where, since when and with what they are signed in."""
    names = {storefront.slug: storefront.name for storefront in all_storefronts()}
    found = devices.signed_in(request.user, request.session.session_key)
    context = {"places": [(device, names.get(device.site, "")) for device in found]}
    return render(request, "account/devices.html", context)


@require_POST
def end_place(request: AccountRequest, device: str) -> HttpResponse:
    """Sign out in one place, which may be this one."""
    here = devices.signed_in(request.user, request.session.session_key)[:1]
    if any(found.is_this and found.id == device for found in here):
        logout(request)
        messages.success(request, _("You are signed out."))
        return HttpResponseRedirect("/", status=303)
    try:
        devices.end(request.user, device)
    except devices.UnknownDevice:
        messages.info(request, _("You were not signed in there any more."))
    else:
        messages.success(request, _("You are signed out there, on all of our sites."))
    return HttpResponseRedirect(reverse("accounts:devices"), status=303)


@require_POST
def end_all_places(request: AccountRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    devices.end_all(request.user)
    logout(request)
    messages.success(request, _("You are signed out everywhere."))
    return HttpResponseRedirect("/", status=303)


# Their data.


@require_safe
def my_data(request: AccountRequest) -> HttpResponse:
    """What can be had and what can be deleted."""
    return render(request, "account/data.html")


@require_safe
def download(request: AccountRequest) -> HttpResponse:
    """Everything about them, as JSON."""
    found = personal_data.export_all(Person(request.user))
    body = json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    response = HttpResponse(body + "\n", content_type="application/json; charset=utf-8")
    day = timezone.now().date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="my-data-{day}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: AccountRequest) -> HttpResponse:
    """Delete the account, once they have said so on a page that tells what that means."""
    problems: list[str] = []
    if request.method == "POST":
        address = request.user.email
        try:
            personal_data.erase_all(Person(request.user))
        except personal_data.StaffAccount:
            problems = [_("You work here: please ask an administrator to close your account.")]
        except personal_data.NotYet as refusal:
            problems = [outcome.kept for outcome in refusal.outcomes]
        else:
            letters.send(
                letters.account_erased(),
                to=address,
                storefront=request.storefront,
                site_url=f"{request.scheme}://{request.get_host()}",
            )
            logout(request)
            messages.success(request, _("Your account is deleted. Thank you for your visits."))
            return HttpResponseRedirect("/", status=303)
    return render(request, "account/delete.html", {"problems": problems})

"""The orders of whoever is signed in, and claiming those they made as a guest."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.own import AccountRequest
from orders import claims
from orders.models import Order
from shop.audit.actors import actor_of

ON_A_PAGE = 20


@require_safe
def own_orders(request: AccountRequest) -> HttpResponse:
    """Their orders, the newest first. Three queries, however many there are."""
    orders = Order.objects.filter(customer=request.user).select_related("storefront")
    page = Paginator(orders.order_by("-placed_at", "-pk"), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "account/orders.html", {"page": page})


@require_POST
def send_claim_links(request: AccountRequest) -> HttpResponse:
    """Mail links for orders made as a guest. The answer is the same whether there are any."""
    try:
        claims.send_links(
            request.user,
            storefront=request.storefront,
            site_url=f"{request.scheme}://{request.get_host()}",
        )
    except claims.TooManyLinks:
        messages.error(request, _("We have sent you several mails already. Please wait an hour."))
    else:
        messages.success(
            request,
            _(
                "If there are orders that you made as a guest with your address, a mail is on its "
                "way: follow the link in it to add them."
            ),
        )
    return HttpResponseRedirect(reverse("orders:own_orders"), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: AccountRequest, key: str) -> HttpResponse:
    """Show what a mailed link would add to the account, and add it when they say so."""
    try:
        if request.method == "POST":
            return _accept(request, key)
        found = claims.orders_of(key, request.user)
    except claims.LinkRefused:
        return render(request, "account/claim.html", {"orders": None}, status=410)
    return render(request, "account/claim.html", {"orders": found})


def _accept(request: AccountRequest, key: str) -> HttpResponse:
    added = len(claims.accept(key, request.user, by=actor_of(request)))
    messages.success(
        request,
        ngettext(
            "%(count)d order is in your account now.",
            "%(count)d orders are in your account now.",
            added,
        )
        % {"count": added},
    )
    return HttpResponseRedirect(reverse("orders:own_orders"), status=303)

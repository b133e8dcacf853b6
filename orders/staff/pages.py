"""The pages on which staff confirm a deed: what will happen, the form, and one button."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from orders.models import Order
from orders.staff.deeds import DEEDS, REFUSALS, Deed, sentence
from orders.staff.forms import DeedForm
from shop.audit.actors import actor_of


class DeedsAdmin(ModelAdmin):  # type: ignore[misc]
    """Adds the deeds to the admin of orders."""

    change_form_template = "admin/orders/order_page.html"

    def get_urls(self) -> list[URLPattern]:
        """A page for each deed, beside the order's own."""
        own = path(
            "<int:pk>/do/<slug:slug>/", self.admin_site.admin_view(self.deed), name="orders_deed"
        )
        return [own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The order, with what can be done with it by whoever looks."""
        order = self.get_object(request, object_id)
        deeds = [each for each in DEEDS if order and each.makes_sense(order)]
        allowed = [each for each in deeds if request.user.has_perm(each.permission)]
        more = {**(extra_context or {}), "deeds": allowed}
        response: HttpResponse = super().change_view(request, object_id, form_url, more)
        return response

    def deed(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        """Ask, or do it."""
        deed = next((each for each in DEEDS if each.slug == slug), None)
        if deed is None:
            raise Http404
        if not (self.has_view_permission(request) and request.user.has_perm(deed.permission)):
            raise PermissionDenied
        order = get_object_or_404(Order.objects.select_related("storefront"), pk=pk)
        form = deed.form(request.POST if request.method == "POST" else None, order=order)
        if request.method == "POST" and form.is_valid():
            try:
                if form.is_confirmed():
                    done = deed.carry_out(order, form, actor_of(request))
                    _write_down(request, order, deed)
                    messages.success(request, done)
                    return HttpResponseRedirect(_page_of(order))
            except REFUSALS as refusal:
                form.add_error(None, sentence(refusal))
        elif not deed.makes_sense(order):
            messages.warning(request, _("This cannot be done with the order as it is now."))
            return HttpResponseRedirect(_page_of(order))
        return self._ask(request, order, deed, form)

    def _ask(
        self, request: HttpRequest, order: Order, deed: Deed, form: DeedForm
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{order.number}: {deed.label}",
            "opts": self.model._meta,
            "order": order,
            "order_url": _page_of(order),
            "deed": deed,
            "told": deed.told(order),
            "form": form,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/orders/deed.html", context, status=status)


def _page_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def _write_down(request: HttpRequest, order: Order, deed: Deed) -> None:
    """The admin's own history, beside the audit trail that the services write."""
    LogEntry.objects.create(
        user_id=request.user.pk or 0,
        content_type=ContentType.objects.get_for_model(Order),
        object_id=str(order.pk),
        object_repr=order.number,
        action_flag=CHANGE,
        change_message=str(deed.label),
    )

"""Import and export in the admin: a look at what would change, then the word to go ahead."""

import io
import logging
import tempfile
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from shop.audit.actors import actor_of
from shop.catalogue.models import ProductFile
from shop.storefronts.models import Storefront

from .exporting import Export, export_products
from .formats import SHOPIFY, WOOCOMMERCE
from .importing import OnError, import_products
from .reading import CsvProblem
from .reports import Report

LARGEST = 10 * 1024 * 1024
"""Bytes of a file for the admin; the command takes larger ones."""
KEPT = timedelta(days=1)
"""How long a file waits for the word to go ahead."""
IN_MEMORY = 4 * 1024 * 1024
LONGEST_NUMBER = 19
"""Digits of the largest key that a database gives."""

logger = logging.getLogger("shop.catalogue")

FORMATS = [(SHOPIFY, "Shopify"), (WOOCOMMERCE, "WooCommerce")]
ENCODINGS = [("", _("Unicode (UTF-8 or UTF-16)")), ("windows-1252", "Windows-1252")]


class ImportForm(forms.Form):
    """A file, and what to do with it."""

    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget)
    storefront = forms.ModelChoiceField(
        Storefront.objects.all(), label=_("Who sells it"), widget=UnfoldAdminSelectWidget
    )
    format_name = forms.ChoiceField(
        choices=[("", _("Told by the header")), *FORMATS],
        label=_("Format"), required=False, widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    encoding = forms.ChoiceField(
        choices=ENCODINGS, label=_("Encoding"), required=False, widget=UnfoldAdminSelectWidget
    )
    on_error = forms.ChoiceField(
        choices=[
            ("stop", _("Import nothing")),
            ("skip", _("Leave out the products that are wrong")),
        ],
        label=_("When something is wrong"), initial="stop", widget=UnfoldAdminRadioSelectWidget,
    )  # fmt: skip

    def clean_file(self) -> "UploadedFile[Any]":
        """No larger than the admin takes."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            problem = _("Larger than %s MB; use the command import_products.")
            raise forms.ValidationError(problem % (LARGEST // 1024**2))
        return file


class ExportForm(forms.Form):
    """Whose products, and how to write them."""

    storefront = forms.ModelChoiceField(
        Storefront.objects.all(), label=_("Storefront"), widget=UnfoldAdminSelectWidget
    )
    format_name = forms.ChoiceField(
        choices=FORMATS, label=_("Format"), widget=UnfoldAdminSelectWidget
    )


class ExchangeAdmin(ModelAdmin):  # type: ignore[misc]
    """Adds the page to the admin of products.

    An import takes the permissions to add, change and delete products, because it may do all of
    it; an export the one to view them.
    """

    actions_list = ("exchange",)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may import."""
        return bool(
            self.has_add_permission(request)
            and self.has_change_permission(request)
            and self.has_delete_permission(request)
        )

    def get_urls(self) -> list[URLPattern]:
        """The page's parts beside the pages of products."""
        views = {"import": self.preview_import, "confirm": self.confirm_import,
                 "export": self.export}  # fmt: skip
        own = [
            path(f"exchange/{name}/", self.admin_site.admin_view(view), name=f"exchange_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    @action(description=_("Import and export"), url_path="exchange", permissions=["view"])  # type: ignore[untyped-decorator]
    def exchange(self, request: HttpRequest) -> HttpResponse:
        """The page with both forms."""
        return self._page(request)

    def preview_import(self, request: HttpRequest) -> HttpResponse:
        """Say what the file would change, and keep it until the next step."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, form)
        facts = form.cleaned_data
        upload = facts.pop("file")
        ProductFile.objects.filter(uploaded_at__lt=timezone.now() - KEPT).delete()
        kept = ProductFile(
            staff_id=request.user.pk or 0, name=upload.name[:255], content=upload.read(), **facts
        )
        try:
            report = _import(request, kept, dry_run=True)
        except CsvProblem as problem:
            form.add_error("file", str(problem))
            return self._page(request, form)
        kept.save()
        return self._page(request, form, report=report, kept=kept)

    def confirm_import(self, request: HttpRequest) -> HttpResponseBase:
        """Import the file that was looked at."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:catalogue_product_exchange")
        number = request.POST.get("file", "")
        known = number.isdecimal() and len(number) <= LONGEST_NUMBER
        kept = get_object_or_404(ProductFile, pk=int(number) if known else 0, staff=request.user.pk)
        try:
            report = _import(request, kept, dry_run=False)
        except CsvProblem as problem:
            messages.error(request, gettext("Nothing was imported: %s") % problem)
            return redirect("admin:catalogue_product_exchange")
        logger.info("products imported", extra={"file": kept.name, "report": str(report)})
        kept.delete()
        messages.success(request, in_words(report))
        for left_out in report.problems[:20]:
            messages.warning(request, gettext("Left out: %s") % left_out)
        return redirect("admin:catalogue_product_changelist")

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The file, complete before the first byte is sent."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ExportForm(request.GET)
        if not form.is_valid():
            return self._page(request, export_form=form)
        shop, format_name = form.cleaned_data["storefront"], form.cleaned_data["format_name"]
        report = Export()
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
        base = request.build_absolute_uri("/").replace(request.get_host(), _host(request, shop))
        file.writelines(export_products(shop, format_name, report, base=base))
        file.seek(0)
        for slug, reason in report.left_out[:20]:
            left_out = gettext("Left out of the file: %(product)s: %(reason)s")
            messages.warning(request, left_out % {"product": slug, "reason": reason})
        return FileResponse(
            file, as_attachment=True, filename=f"{shop.slug}-{format_name}.csv",
            content_type="text/csv; charset=utf-8",
        )  # fmt: skip

    def _page(
        self,
        request: HttpRequest,
        form: ImportForm | None = None,
        export_form: ExportForm | None = None,
        **facts: Any,
    ) -> HttpResponse:
        report = facts.get("report")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import and export"),
            "opts": self.opts,
            "form": form or ImportForm(),
            "export_form": export_form or ExportForm(),
            "may_import": self.has_import_permission(request),
            "import_url": reverse("admin:exchange_import"),
            "confirm_url": reverse("admin:exchange_confirm"),
            "export_url": reverse("admin:exchange_export"),
            "summary": in_words(report) if report else "",
            **facts,
        }
        failed = bool((form and form.errors) or (export_form and export_form.errors))
        status = 422 if failed else 200
        return TemplateResponse(request, "catalogue/admin/exchange.html", context, status=status)


def _host(request: HttpRequest, shop: Storefront) -> str:
    """The storefront's host, with the port of this request."""
    _name, _colon, port = request.get_host().partition(":")
    return f"{shop.domain}:{port}" if port else str(shop.domain)


def _import(request: HttpRequest, kept: ProductFile, *, dry_run: bool) -> Report:
    on_error: OnError = "skip" if kept.on_error == "skip" else "stop"
    return import_products(
        io.BytesIO(kept.content),
        kept.storefront,
        format_name=kept.format_name,
        encoding=kept.encoding,
        on_error=on_error,
        dry_run=dry_run,
        by=actor_of(request),
        file_name=kept.name,
    )


def in_words(report: Report) -> str:
    """The numbers of an import, in the language of who reads them."""
    parts = [
        ngettext("%d product new", "%d products new", report.created) % report.created,
        ngettext("%d changed", "%d changed", report.updated) % report.updated,
        ngettext("%d unchanged", "%d unchanged", report.unchanged) % report.unchanged,
    ]
    if report.variants_removed:
        number = report.variants_removed
        parts.append(ngettext("%d variant removed", "%d variants removed", number) % number)
    if report.images_removed:
        number = report.images_removed
        parts.append(ngettext("%d image removed", "%d images removed", number) % number)
    if report.skipped:
        parts.append(ngettext("%d left out", "%d left out", report.skipped) % report.skipped)
    return ", ".join(parts)

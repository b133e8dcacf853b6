"""A product file between the preview of an import and the word to go ahead."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductFile(models.Model):
    """A file that staff have looked at in the admin; deleted when imported, or after a day.

    In the database, because the next request may reach another machine.
    """

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    storefront = models.ForeignKey("storefronts.Storefront", models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=255)
    content = models.BinaryField()
    format_name = models.CharField(_("format"), max_length=20, blank=True)
    encoding = models.CharField(_("encoding"), max_length=40, blank=True)
    on_error = models.CharField(_("when something is wrong"), max_length=10)
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("product file")
        verbose_name_plural = _("product files")

    def __str__(self) -> str:
        return self.name

"""The schema of the Store API, and a page to read and try it: the same whoever asks."""

from django.conf import settings
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

PUBLIC_SECONDS = 60
# Swagger UI writes style attributes; its scripts are files of our own like any other.
DOCS_CSP: dict[str, list[str]] = {
    **settings.SECURE_CSP,
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}
public = method_decorator(cache_control(public=True, max_age=PUBLIC_SECONDS), name="dispatch")


@public
class Schema(SpectacularAPIView):
    """The schema as OpenAPI 3.1: YAML, or JSON with `?format=json`."""

    urlconf = "shop.api.urls"


@public
@method_decorator(csp_override(DOCS_CSP), name="dispatch")
class Docs(TemplateView):
    """Every call with its fields, to be tried with a key of one's own.

    The page of drf-spectacular itself hands the visitor's CSRF token to a script that is the same
    for all; ours has nothing that is anybody's.
    """

    template_name = "api/docs.html"

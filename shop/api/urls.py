"""All addresses of the Store API; none ends in a slash, and none is sent anywhere else."""

from django.urls import include, path, re_path

from shop.api import pages
from shop.api.base.views import UnknownAddress

urlpatterns = [
    path("api/schema/", pages.Schema.as_view(), name="api-schema"),
    path("api/docs/", pages.Docs.as_view(), name="api-docs"),
    path("store/", include("shop.window.api.urls")),
    path("store/", include("orders.api.urls")),
    path("", include("accounts.api.urls")),
    re_path(r"^(store|auth)/.*$", UnknownAddress.as_view()),
]

"""All addresses of the Store API; none ends in a slash, and none is sent anywhere else."""

from django.urls import include, path, re_path

from shop.api.base.views import UnknownAddress

urlpatterns = [
    path("store/", include("shop.window.api.urls")),
    path("", include("accounts.api.urls")),
    re_path(r"^(store|auth)/.*$", UnknownAddress.as_view()),
]

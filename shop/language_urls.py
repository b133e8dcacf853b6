"""The pages that search engines find: each has an address in every language, /zh-hans/product/…."""

from django.urls import include, path

urlpatterns = [
    path("", include("shop.catalogue.urls")),
    path("", include("shop.collections.urls")),
]

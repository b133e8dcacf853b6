"""The shop's addresses, with those for signing in with another service."""

from django.urls import include, path

from accounts.entrance_urls import service_urls
from shop.urls import handler429, urlpatterns

__all__ = ["handler429"]

PROTOCOL = "allauth.socialaccount.providers.openid_connect"
urlpatterns = [path("account/", include(service_urls(PROTOCOL))), *urlpatterns]

"""The addresses of the shop; the same on every storefront, but for the admin."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from sessionsync.metrics import metrics
from shop.ops.media import upload
from shop.ops.metrics import scrapers_only

# For django-allauth, whose limits answer with it.
handler429 = "accounts.views.guards.too_many_requests"

urlpatterns: list[URLPattern | URLResolver] = [
    # On the main site only: shop.ops.middleware.AdminGateMiddleware.
    path("admin/", admin.site.urls),
    path("sessionsync/", include("sessionsync.urls")),
    path("metrics", scrapers_only(metrics)),
    path("account/", include("accounts.urls")),
    path("account/", include("accounts.entrance_urls")),
    path("", include("shop.api.urls")),
    path("", include("carts.urls")),
    path("", include("orders.urls")),
    path("", include("orders.payment.urls")),
    path("", include("shop.language_urls")),
    path("", include("shop.window.urls")),
    path("", include("shop.storefronts.urls")),
]

if settings.DEMO:
    urlpatterns += [re_path(r"^media/(?P<path>.*)$", upload)]

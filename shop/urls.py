"""The addresses of the shop; the same on every storefront, but for the admin."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.static import serve

urlpatterns: list[URLPattern | URLResolver] = [
    # On the main site only: shop.ops.middleware.AdminGateMiddleware.
    path("admin/", admin.site.urls),
    path("sessionsync/", include("sessionsync.urls")),
    path("", include("carts.urls")),
    path("", include("orders.urls")),
    path("", include("shop.catalogue.urls")),
]

if settings.DEMO:
    # In production the web server in front serves uploads (deploy/).
    urlpatterns += [re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT})]

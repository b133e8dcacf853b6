"""Addresses for browsers' picture elements, crawlers and designers."""

from django.urls import path

from shop.window import views

app_name = "window"

urlpatterns = [
    path("pictures/<int:pk>/<slug:digest>/<int:width>.webp", views.rendition, name="rendition"),
    path("pictures/share/<slug:language>.png", views.share, name="share"),
    path("pictures/share/<slug:language>/<str:slug>.png", views.share, name="share_product"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("sitemap-pages.xml", views.sitemap_pages, name="sitemap_pages"),
    path("sitemap-products-<int:number>.xml", views.sitemap_products, name="sitemap_products"),
    path("styleguide/", views.styleguide, name="styleguide"),
]

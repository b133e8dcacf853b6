"""Addresses of the shop window, the same on every storefront."""

from django.urls import path

from . import views

app_name = "catalogue"

urlpatterns = [
    path("", views.home, name="home"),
    path("category/<path:url_path>/", views.category, name="category"),
    path("product/<str:slug>/", views.product, name="product"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
]

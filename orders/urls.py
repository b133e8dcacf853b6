"""Checkout and orders, at the same addresses on every storefront."""

from django.urls import path

from orders import views

app_name = "orders"

urlpatterns = [
    path("checkout/", views.checkout, name="checkout"),
    path("orders/<slug:token>/", views.order, name="order"),
]

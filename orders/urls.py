"""Checkout and orders, at the same addresses on every storefront."""

from django.urls import include, path

from orders import views

app_name = "orders"

urlpatterns = [
    path("account/orders/", include("orders.account_urls")),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/<slug:token>/", views.order, name="order"),
]

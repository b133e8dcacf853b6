"""The cart's addresses, the same on every storefront."""

from django.urls import path

from carts import views

app_name = "carts"

urlpatterns = [
    path("cart/", views.cart, name="cart"),
    path("cart/lines/", views.add, name="add"),
    path("cart/lines/<int:pk>/", views.line, name="line"),
    path("cart/voucher/", views.voucher, name="voucher"),
    path("cart/notices/", views.dismiss, name="dismiss"),
]

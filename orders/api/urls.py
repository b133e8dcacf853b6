"""The addresses of carts, checkout and orders, below /store/."""

from django.urls import path

from orders.api import carts

urlpatterns = [
    path("carts/<str:id>", carts.OneCart.as_view()),
]

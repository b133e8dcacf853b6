"""Addresses of what comes after an order; a part of `orders.urls`."""

from django.urls import path

from orders import aftersale_views

urlpatterns = [
    path("orders/find/", aftersale_views.find, name="find"),
    path("orders/<slug:token>/returns/", aftersale_views.give_back, name="give_back"),
    path("orders/<slug:token>/invoice.pdf", aftersale_views.invoice, name="invoice"),
    path("orders/<slug:token>/<slug:number>.pdf", aftersale_views.credit_note, name="credit_note"),
]

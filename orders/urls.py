"""Checkout and orders, at the same addresses on every storefront."""

from django.urls import include, path

from orders import views
from orders.checkout import one_page, payment_views
from orders.checkout import views as checkout

app_name = "orders"

urlpatterns = [
    path("account/orders/", include("orders.account_urls")),
    path("", include("orders.aftersale_urls")),
    path("checkout/", one_page.express, name="checkout"),
    path("checkout/quote/", one_page.quote, name="checkout_quote"),
    path("checkout/contact/", checkout.contact, name="checkout_contact"),
    path("checkout/address/", checkout.address, name="checkout_address"),
    path("checkout/shipping/", checkout.shipping, name="checkout_shipping"),
    path("checkout/payment/", checkout.payment, name="checkout_payment"),
    path("checkout/review/", checkout.review, name="checkout_review"),
    path("orders/<slug:token>/", views.order, name="order"),
    path("orders/<slug:token>/pay/", payment_views.pay, name="pay"),
    path("orders/<slug:token>/abandon/", payment_views.abandon, name="abandon"),
    path("terms/", views.terms, name="terms"),
    path("privacy/", views.privacy, name="privacy"),
    path("returns/", views.returns, name="returns"),
]

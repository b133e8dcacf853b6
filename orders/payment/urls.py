"""The addresses that gateways send shoppers and messages to; the same on every storefront."""

from django.urls import path

from orders.payment import views

app_name = "payment"

urlpatterns = [
    path("payments/webhooks/<slug:gateway>/", views.webhook, name="webhook"),
    path("orders/<slug:token>/return/<str:signed>/", views.come_back, name="return"),
    path("orders/<slug:token>/left/<str:signed>/", views.left, name="left"),
]

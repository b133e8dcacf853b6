"""Sandbox Pay's addresses: an API for merchants, and pages for their shoppers."""

from django.urls import path

from orders.payment.sandbox import api, views

urlpatterns = [
    path("", views.home, name="home"),
    path("pay/<slug:payment_id>/", views.pay, name="pay"),
    path("pay/<slug:payment_id>/tell/<int:message_id>/", views.tell, name="tell"),
    path("v1/payments", api.payments),
    path("v1/payments/<str:name>", api.payment),
    path("v1/payments/<str:name>/capture", api.capture),
    path("v1/payments/<str:name>/cancel", api.cancel),
    path("v1/payments/<str:name>/refunds", api.refunds),
]

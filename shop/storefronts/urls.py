"""Addresses that belong to no page."""

from django.urls import path

from . import views

app_name = "storefronts"

urlpatterns = [path("language/", views.choose_language, name="language")]

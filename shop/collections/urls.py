"""Addresses of the collections, the same on every storefront."""

from django.urls import path

from . import views

app_name = "collections"

urlpatterns = [path("collection/<str:slug>/", views.collection, name="collection")]

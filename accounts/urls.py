"""The account's own pages, below /account/; signing in and all around it is in `entrance_urls`."""

from django.urls import path

from accounts.views import own
from accounts.views.guards import proven, signed_in

app_name = "accounts"

urlpatterns = [
    path("", signed_in(own.overview), name="overview"),
    path("name/", signed_in(own.name), name="name"),
    path("addresses/", signed_in(own.address_book), name="addresses"),
    path("addresses/new/", signed_in(own.address), name="new_address"),
    path("addresses/province/", own.province, name="province"),
    path("addresses/<int:pk>/", signed_in(own.address), name="address"),
    path("addresses/<int:pk>/remove/", signed_in(own.remove_address), name="remove_address"),
    path("devices/", signed_in(own.signed_in_places), name="devices"),
    path("devices/end-all/", signed_in(own.end_all_places), name="end_all_devices"),
    path("devices/<slug:device>/end/", signed_in(own.end_place), name="end_device"),
    path("data/", signed_in(own.my_data), name="data"),
    path("data/download/", proven(own.download), name="download"),
    path("delete/", proven(own.delete), name="delete"),
]

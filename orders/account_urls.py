"""The orders' part of the account's pages, below /account/orders/."""

from django.urls import path

from accounts.views.guards import signed_in
from orders import account_views

urlpatterns = [
    path("", signed_in(account_views.own_orders), name="own_orders"),
    path("claim/", signed_in(account_views.send_claim_links), name="send_claim_links"),
    path("claim/<str:key>/", signed_in(account_views.claim), name="claim"),
]

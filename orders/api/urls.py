"""The addresses of carts, checkout and orders, below /store/."""

from django.urls import path

from orders.api import carts, completing, lines, orders, payment, shipping, transfer

urlpatterns = [
    path("carts", carts.Carts.as_view()),
    path("carts/<str:id>", carts.OneCart.as_view()),
    path("carts/<str:id>/customer", carts.CartCustomer.as_view()),
    path("carts/<str:id>/promotions", carts.Promotions.as_view()),
    path("carts/<str:id>/line-items", lines.Lines.as_view()),
    path("carts/<str:id>/line-items/<str:line>", lines.OneLine.as_view()),
    path("carts/<str:id>/shipping-methods", shipping.Methods.as_view()),
    path("shipping-options", shipping.Options.as_view()),
    path("shipping-options/<str:id>/calculate", shipping.Calculation.as_view()),
    path("carts/<str:id>/complete", completing.Complete.as_view()),
    path("payment-providers", payment.PaymentProviders.as_view()),
    path("payment-collections", payment.PaymentCollections.as_view()),
    path("payment-collections/<str:id>/payment-sessions", payment.PaymentSessions.as_view()),
    path("orders", orders.Orders.as_view()),
    path("orders/<str:id>", orders.OneOrder.as_view()),
    path("orders/<str:id>/transfer/request", transfer.RequestTransfer.as_view()),
    path("orders/<str:id>/transfer/accept", transfer.AcceptTransfer.as_view()),
    path("orders/<str:id>/transfer/decline", transfer.DeclineTransfer.as_view()),
]

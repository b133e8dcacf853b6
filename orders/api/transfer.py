"""A guest's order becomes a customer's by the Store API: by a mailed link, as on the web.

The token is what follows `/account/orders/claim/` in the mail (`orders.claims`). Who knows an
order's id and has an account may ask; whoever reads the mailbox the order was made with says yes or
no. Yes takes that customer's own token, too, so that a link that is forwarded opens nothing.
"""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import actor_of, known_customer, read, storefront_of
from orders import claims
from orders.api import order_shapes as shapes
from orders.api.order_build import order_shape
from orders.api.orders import order_of
from shop.api.base.errors import InvalidData, NotAllowed, TooManyRequests
from shop.api.base.views import StoreView
from shop.storefronts.addresses import absolute


class RequestTransfer(StoreView):
    """Asking for an order."""

    needs_token = True

    @extend_schema(operation_id="request_transfer", request=None, responses=shapes.OneOrder)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Mail a link to the address that a guest's order was made with. A guest gets 401."""
        customer = known_customer(request)
        order = order_of(request, id)
        try:
            claims.request_order(
                order,
                customer,
                storefront=storefront_of(request),
                site_url=absolute(request._request, storefront_of(request), ""),
                by=actor_of(request),
            )
        except claims.NotAGuests:
            raise NotAllowed(_("This order is in an account already.")) from None
        except claims.TooManyLinks:
            raise TooManyRequests(
                _("We have sent you several mails already. Please wait an hour.")
            ) from None
        return Response({"order": order_shape(request, order)})


class AcceptTransfer(StoreView):
    """Saying yes."""

    needs_token = True

    @extend_schema(
        operation_id="accept_transfer", request=shapes.TransferToken, responses=shapes.OneOrder
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Make the order the caller's, who asked for it. A guest gets 401."""
        customer = known_customer(request)
        order = order_of(request, id)
        key = read(shapes.TransferToken, request)["token"]
        try:
            if order not in claims.orders_of(key, customer):
                raise claims.LinkRefused
            claims.accept(key, customer, by=actor_of(request))
        except claims.LinkRefused:
            raise _refused() from None
        return Response({"order": order_shape(request, order_of(request, id))})


class DeclineTransfer(StoreView):
    """Saying no."""

    @extend_schema(
        operation_id="decline_transfer", request=shapes.TransferToken, responses=shapes.OneOrder
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Leave the order as it is; the link is good for nothing any more."""
        order = order_of(request, id)
        key = read(shapes.TransferToken, request)["token"]
        try:
            claims.decline(key, order, by=actor_of(request))
        except claims.LinkRefused:
            raise _refused() from None
        return Response({"order": order_shape(request, order)})


def _refused() -> InvalidData:
    return InvalidData(
        _("This link has expired, was used before, or was made for another account.")
    )

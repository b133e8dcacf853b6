"""Customers and their address books in the Store API. A guest gets 401 from all of it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import build, shapes
from accounts.api.caller import known_customer, read, token_of
from accounts.models import Address, User
from accounts.queries import addresses_of
from accounts.services import addresses
from accounts.tokens import registration
from shop.api.base.errors import Duplicate, InvalidData, NotFound, Unauthorized
from shop.api.base.parameters import FIELDS, LIMIT, OFFSET
from shop.api.base.views import StoreView
from shop.api.base.wire import numbered, paging


class Customers(StoreView):
    """The second step of signing up."""

    needs_token = True

    @extend_schema(
        operation_id="create_customer",
        request=shapes.CustomerIn,
        responses=shapes.OneCustomer,
    )
    def post(self, request: Request) -> Response:
        """Make a customer of the identity whose token came along. An `email` is not looked at."""
        token = token_of(request)
        identity = token.identity if token else None
        if identity is None:
            raise Unauthorized
        data = read(shapes.CustomerIn, request)
        data.pop("email", None)
        try:
            customer = registration.become_customer(identity, registration.Details(**data))
        except registration.EmailTaken:
            raise Duplicate("Customer with this email already has an account") from None
        return Response({"customer": build.customer(customer)})


class Me(StoreView):
    """The caller."""

    needs_token = True

    @extend_schema(operation_id="read_me", parameters=[FIELDS], responses=shapes.OneCustomer)
    def get(self, request: Request) -> Response:
        """Who calls."""
        return Response({"customer": build.customer(known_customer(request))})

    @extend_schema(
        operation_id="change_me",
        request=shapes.CustomerIn,
        responses=shapes.OneCustomer,
    )
    def post(self, request: Request) -> Response:
        """Change name or phone. The address is changed on the web, where it can be confirmed."""
        customer = known_customer(request)
        data = read(shapes.CustomerIn, request, partial=True)
        data.pop("email", None)
        if data:
            User.objects.filter(pk=customer.pk).update(**data)
            customer.refresh_from_db()
        return Response({"customer": build.customer(customer)})


class AddressBook(StoreView):
    """The caller's addresses."""

    needs_token = True

    @extend_schema(
        operation_id="list_addresses",
        parameters=[LIMIT, OFFSET, FIELDS],
        responses=shapes.Addresses,
    )
    def get(self, request: Request) -> Response:
        """A page of them."""
        book = addresses_of(known_customer(request))
        limit, offset = paging(request.GET)
        shown = [build.address(each) for each in book[offset : offset + limit]]
        return Response({"addresses": shown, "count": len(book), "limit": limit, "offset": offset})

    @extend_schema(
        operation_id="add_address",
        request=shapes.AddressIn,
        responses=shapes.OneCustomer,
    )
    def post(self, request: Request) -> Response:
        """Add an entry; the answer is the customer."""
        customer = known_customer(request)
        data = read(shapes.AddressIn, request)
        try:
            addresses.add_address(customer, **data)
        except addresses.TooManyAddresses:
            most = addresses.MOST_ADDRESSES
            raise InvalidData(f"An address book has at most {most} entries.") from None
        return Response({"customer": build.customer(customer)})


class OneAddress(StoreView):
    """One of the caller's addresses; anybody else's is not there."""

    needs_token = True

    @extend_schema(operation_id="read_address", responses=shapes.OneAddress)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The entry."""
        return Response({"address": build.address(_own(request, id))})

    @extend_schema(
        operation_id="change_address",
        request=shapes.AddressIn,
        responses=shapes.OneCustomer,
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Change what is named; the answer is the customer."""
        found = _own(request, id)
        data: dict[str, Any] = read(shapes.AddressIn, request, partial=True)
        try:
            addresses.change_address(found, **data)
        except Address.DoesNotExist:
            raise NotFound(f"Address with id: {id} was not found") from None
        return Response({"customer": build.customer(found.customer)})

    @extend_schema(operation_id="remove_address", responses={200: shapes.AddressGone})
    def delete(self, request: Request, id: str) -> Response:  # noqa: A002
        """Remove the entry."""
        found = _own(request, id)
        addresses.remove_address(found)
        return Response(
            {
                "id": id,
                "object": "address",
                "deleted": True,
                "parent": build.customer(found.customer),
            }
        )


def _own(request: Request, id: str) -> Address:  # noqa: A002
    customer = known_customer(request)
    found = customer.addresses.filter(pk=numbered("addr", id) or 0).first()
    if found is None:
        raise NotFound(f"Address with id: {id} was not found")
    found.customer = customer
    return found

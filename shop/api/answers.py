"""What the Store API answers, as far as a client's types go; the schema has every field."""

from typing import Any, NotRequired, TypedDict


class Address(TypedDict, total=False):
    """Where a parcel or an invoice goes; `country_code` in lower case."""

    id: str
    first_name: str
    last_name: str
    company: str
    address_1: str
    address_2: str
    city: str
    postal_code: str
    province: str
    country_code: str
    phone: str


class Region(TypedDict):
    """Where the shop delivers to."""

    id: str
    name: str
    currency_code: str
    countries: list[dict[str, str]]


class Variant(TypedDict):
    """What is bought; `calculated_price["calculated_amount"]` in major units."""

    id: str
    title: str
    sku: str | None
    inventory_quantity: int | None
    calculated_price: dict[str, Any]


class Product(TypedDict):
    """What a shopper looks at."""

    id: str
    title: str
    handle: str
    description: str
    thumbnail: str | None
    variants: list[Variant]


class Line(TypedDict):
    """A line of a cart or an order; amounts in major units."""

    id: str
    title: str
    variant_id: str | None
    quantity: int
    unit_price: float
    total: float


class Cart(TypedDict):
    """A cart; its id is a secret."""

    id: str
    email: str | None
    customer_id: str | None
    currency_code: str
    items: list[Line]
    shipping_address: Address | None
    total: float


class Order(TypedDict):
    """An order; its id is a secret while it is a guest's."""

    id: str
    display_id: int
    email: str
    currency_code: str
    items: list[Line]
    payment_status: str
    fulfillment_status: str
    total: float


class Customer(TypedDict):
    """The caller."""

    id: str
    email: str
    first_name: str
    last_name: str
    phone: str
    addresses: list[Address]


class TokenPair(TypedDict):
    """A token of `expires_in` seconds, and what to get the next one with."""

    token: str
    refresh_token: str
    expires_in: int


class Completion(TypedDict):
    """`type` says whether there is an `order`, or a `cart` and an `error` that says why not."""

    type: str
    order: NotRequired[Order]
    cart: NotRequired[Cart]
    error: NotRequired[dict[str, str]]

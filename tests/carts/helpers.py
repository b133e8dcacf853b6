"""Shops, things to buy and shoppers, for the tests of carts and orders."""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client

from accounts.models import User
from carts.models import Cart, CartLine
from sessionsync import cookies
from sessionsync.models import Session
from sessionsync.tokens import Token, mint
from shop.audit.actors import Actor
from shop.catalogue.models import Product, Variant
from shop.storefronts.models import Storefront

_numbers = itertools.count(1)
GUEST = Actor("guest", "session")
"""Who changes carts in these tests, where it does not matter who does."""


def make_shops() -> dict[str, Storefront]:
    """A network: the mall and two of its shops."""
    return {
        slug: Storefront.objects.create(
            slug=slug,
            name=slug.title(),
            domain=f"{slug}.example",
            is_main=slug == "galleria",
            position=position,
        )
        for position, slug in enumerate(["galleria", "apparel", "home"])
    }


def make_variant(
    *shops: Storefront, price: str = "10.00", stock: int | None = None, **product: Any
) -> Variant:
    """A product with one variant. stock: None for untracked."""
    number = next(_numbers)
    made = Product.objects.create(
        **{"slug": f"thing-{number}", "title": f"Thing {number}", **product}
    )
    made.storefronts.set(shops)
    return Variant.objects.create(
        product=made, price=Decimal(price), tracks_stock=stock is not None, stock=stock or 0
    )


def new_key() -> str:
    """The key of a session that nobody has used."""
    return mint(time.time_ns()).key


def signed_in_key(user: User) -> str:
    """The key of a session that this account is signed in with."""
    key = new_key()
    Session.objects.create(
        key=key, family=key, principal=str(user.pk), signed_in_at=datetime.now(UTC)
    )
    return key


def fill(session_key: str, *lines: tuple[Variant, Storefront, int]) -> Cart:
    """A cart that holds these lines, whatever the services would say."""
    cart, _created = Cart.objects.get_or_create(session_key=session_key)
    for variant, shop, quantity in lines:
        CartLine.objects.create(cart=cart, variant=variant, storefront=shop, quantity=quantity)
    return cart


def contents(session_key: str) -> list[tuple[int, str, int]]:
    """What a session's cart holds: variant id, origin, quantity, in order."""
    lines = CartLine.objects.filter(cart__session_key=session_key)
    return list(lines.values_list("variant_id", "storefront__slug", "quantity"))


def shopper(session_key: str, shop: Storefront, **options: Any) -> Client:
    """A browser on `shop` that holds this session's token and has shaken hands just now."""
    token = Token.from_key(session_key)
    client = Client(headers={"host": shop.domain, "accept": "text/html"}, **options)
    client.cookies[f"{cookies.TOKEN}{token.ts}"] = (
        f"{cookies.sealer().seal(token)}.{int(time.time()):x}.0"
    )
    return client


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs at the same moment, each in a thread with a connection of its own.

    Returns what each returned, or the exception it ended with.
    """
    start = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=10)
            results[place] = job()
        except Exception as error:  # noqa: BLE001 (handed to the test)
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results

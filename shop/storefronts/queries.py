"""Reads of the network's storefronts; see `caching` for what a read costs."""

from typing import Any

from django.http.request import split_domain_port

from sessionsync.conf import Site

from .caching import cached_rows, remember_rows, remembered_rows, store_rows
from .models import Storefront

FIELDS = [field.attname for field in Storefront._meta.concrete_fields]


def all_storefronts() -> list[Storefront]:
    """All storefronts, the main one first. No query with a warm cache, else one."""
    rows = remembered_rows()
    if rows is None:
        rows, generation = cached_rows()
        if rows is None or any(set(row) != set(FIELDS) for row in rows):
            rows = list(Storefront.objects.values(*FIELDS))
            store_rows(rows, generation)
        remember_rows(rows)
    return [_storefront(row) for row in rows]


def _storefront(row: dict[str, Any]) -> Storefront:
    return Storefront.from_db("default", FIELDS, [row[name] for name in FIELDS])


def storefront_for_host(host: str) -> Storefront | None:
    """The storefront of a Host header as it arrived: any case, with port or trailing dot.

    None where the host is malformed or belongs to no storefront.
    """
    domain, _port = split_domain_port(host)
    return next((shop for shop in all_storefronts() if shop.domain == domain), None)


def main_storefront() -> Storefront:
    """The meeting point of the network. Raises Storefront.DoesNotExist where none is set up."""
    for storefront in all_storefronts():
        if storefront.is_main:
            return storefront
    raise Storefront.DoesNotExist("No main storefront is set up: add one in the admin.")


def network_sites() -> list[Site]:
    """The network as sessionsync wants it: one Site a storefront, known by its slug."""
    return [Site(id=s.slug, domain=s.domain, is_main=s.is_main) for s in all_storefronts()]

"""Addresses of pages, in each language."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from shop.storefronts.addresses import absolute
from shop.storefronts.languages import CODES, with_language
from shop.storefronts.models import Storefront


def bare_path(name: str, *args: Any) -> str:
    """The path of a page without a language, whatever language is spoken now."""
    return reverse(name, args=args, urlconf=settings.ROOT_URLCONF)


def in_language(request: HttpRequest, storefront: Storefront, language: str, path: str) -> str:
    """The address at which a page that can be found speaks this language to everyone."""
    return absolute(request, storefront, with_language(path, language, storefront))


def in_each_language(
    request: HttpRequest, storefront: Storefront, path: str
) -> list[tuple[str, str]]:
    """A page's address by language, as hreflang wants them; `x-default` is the storefront's own."""
    found = [(code, in_language(request, storefront, code, path)) for code in CODES]
    return [*found, ("x-default", absolute(request, storefront, path))]

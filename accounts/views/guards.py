"""What every page of an account has in common, and what its delicate ones ask for."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from redis.exceptions import RedisError

from sessionsync.keeping import never_kept
from sessionsync.store import StoreUnavailable, answering

type View = Callable[..., HttpResponse]
type Guard = Callable[[View], View]


def private_page(view: View) -> View:
    """A page that is kept nowhere: no cache, no search engine, no POST that waits on the server."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex"
        return response

    return never_kept(guarded)


def signed_in(view: View) -> View:
    """A private page for whoever is signed in; others sign in first and come back."""
    return private_page(login_required(view))


def proven(view: View) -> View:
    """A private page for whoever has shown in the last minutes who they are.

    Those who have not are asked, and come back to the empty form. (django-allauth would keep what
    they had sent, with its cookies, in the session: tokens do not belong into a row.)
    """

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        ways = get_adapter().get_reauthentication_methods(request.user)
        if not ways:
            raise PermissionDenied
        return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({'next': request.path})}")

    return private_page(guarded)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Somebody tried too often; or nobody can count, because Redis is away: then nobody gets in.

    Without counting, passwords could be tried without end. Shopping and ordering go on.
    """
    try:
        with answering() as redis:
            redis.ping()
    except (StoreUnavailable, RedisError):
        response = render(request, "account/away.html", status=503)
    else:
        response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    add_never_cache_headers(response)
    return response

"""What the views of all hops share."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from sessionsync import ajax, transports
from sessionsync.visit import Visit, is_navigation

ALONE = "sessionsync.alone"
"""The salt of the note with which main sends a browser back when it has no store for a code."""


def stopped(
    request: HttpRequest, message: str, go_on: str, *, offer: str = "", status: int = 400
) -> HttpResponse:
    """A page that says what happened and what to do next; it gives nothing."""
    context = {"message": message, "go_on": go_on, "offer": offer}
    return transports.close(render(request, "sessionsync/stopped.html", context, status=status))


def _not_moved(request: HttpRequest) -> HttpResponse:
    """For a prefetch, a crawler, a script: nothing is minted, no code is burnt."""
    return transports.close(
        HttpResponse(
            _("Only a browser opening a page may shake hands."),
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    )


def hop(
    *,
    on_main: bool | None = None,
    by_script: Callable[[HttpRequest, Visit], HttpResponse] | None = None,
) -> Callable[[Callable[[HttpRequest, Visit], HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view of a hop: hand it the visit, and keep out what it is not for.

    on_main: True: only there, False: only on sub-sites, None: anywhere. by_script: answers the
    script of the `ajax` transport; anything else that is no navigation is turned away.
    """

    def decorate(
        view: Callable[[HttpRequest, Visit], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            visit = getattr(request, "sessionsync", None)
            if not isinstance(visit, Visit) or on_main not in {None, visit.site.is_main}:
                return HttpResponseNotFound()
            if by_script is not None and ajax.is_asked_for(request):
                return by_script(request, visit)
            return view(request, visit) if is_navigation(visit) else _not_moved(request)

        return guarded

    return decorate


def see_other(path: str) -> HttpResponse:
    """Go on to a page of this site."""
    return transports.close(HttpResponseRedirect(path, status=303))

"""Who may read the metrics: figures of the whole network are nobody's but the operators'."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils.crypto import constant_time_compare

type View = Callable[[HttpRequest], HttpResponse]


def scrapers_only(view: View) -> View:
    """Answer only who sends `Authorization: Bearer <METRICS_TOKEN>`.

    Without a token the page does not exist, except in the demo, which listens on this machine
    only. The sender's address proves nothing: behind a proxy every request is local.
    """

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if settings.METRICS_TOKEN:
            sent = request.headers.get("Authorization", "")
            if not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
                return HttpResponse(
                    status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"}
                )
        elif not settings.DEMO:
            return HttpResponseNotFound()
        return view(request)

    return guarded

"""A first POST: kept on the server while its browser shakes hands, then carried out once."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import reverse

from sessionsync import cookies, journal, store, transports
from sessionsync.conf import get_config
from sessionsync.journal import flow_digest
from sessionsync.models import CarriedOut
from sessionsync.navigation import sends_form
from sessionsync.protocol import (
    Action,
    Origin,
    first_try_of,
    holds_request,
    judge_origin,
    safe_next,
)
from sessionsync.store import PendingRequest
from sessionsync.visit import Flow, Visit, ask_heir, shake_hands

LARGEST = 64 * 1024
_SECRET_FIELD = re.compile(
    r"passw|passphrase|card|cvc|cvv|iban|account_number|secret|otp", re.IGNORECASE
)


def never_kept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view whose POSTs must not wait on the server, whatever their fields are called."""
    view.never_kept = True  # type: ignore[attr-defined]
    return view


def keep(
    visit: Visit, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponse | None:
    """Keep this POST and begin its handshake; None if it is to be answered as any other.

    With our CSRF cookie Django's own check comes first. Without it the sender is judged by
    `Origin`, and a doubtful one is asked to confirm before anything is carried out.
    """
    request = visit.request
    if not _may_be_kept(request, view):
        return None
    confirm = False
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        refused = CsrfViewMiddleware(_nothing).process_view(request, view, args, kwargs)
        if refused is not None:
            return refused
    else:
        network = frozenset(visit.origin_of(site) for site in get_config().sites())
        verdict = judge_origin(
            request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site"), network
        )
        confirm = verdict is Origin.DOUBTFUL
    flow = Flow.begin(visit, visit.back(), holds_request=True)
    pending = PendingRequest(
        site=visit.site.id,
        challenge=flow.challenge,
        path=request.get_full_path(),
        content_type=request.headers.get("Content-Type", ""),
        body=b64encode(request.body).decode(),
        back=flow.next_path,
        confirm=confirm,
    )
    try:
        store.keep_request(flow.name, pending, request.META.get("REMOTE_ADDR", ""))
    except (store.StoreUnavailable, store.TooManyPending):
        if not confirm:
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        return None
    if visit.action is Action.KEEP:
        return shake_hands(visit, flow)
    visit.alone_for = get_config().resync_after
    request.session.create()
    here = resume_path(flow.name)
    response = ask_heir(visit, here) or HttpResponseRedirect(here, status=303)
    flow.remember(visit, response)
    return transports.close(response)


def resume_path(flow: str) -> str:
    """Where a kept request is carried out."""
    return f"{reverse('sessionsync:resume')}?flow={flow}"


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _may_be_kept(request: HttpRequest, view: Callable[..., HttpResponse]) -> bool:
    if getattr(view, "csrf_exempt", False) or getattr(view, "never_kept", False):
        return False
    length = request.headers.get("Content-Length", "0")
    if not sends_form(request.headers) or not length.isdecimal() or int(length) > LARGEST:
        return False
    if len(request.body) > LARGEST or request.FILES:
        return False
    return not any(_SECRET_FIELD.search(name) for name in request.POST)


def carry_out(visit: Visit, flow: str, pending: PendingRequest) -> HttpResponse:
    """Run a kept request with the session of this one, and never a second time.

    Its effect and the row that says so commit together: of two that try at once, the second waits
    and then goes where the first one led. A failure of the view leaves neither behind.
    """
    if visit.replay is None:
        raise RuntimeError("Only the protocol's own addresses carry out kept requests.")
    with transaction.atomic():
        done, is_first = CarriedOut.objects.get_or_create(
            flow=flow, defaults={"challenge": pending.challenge}
        )
        outcome = "carried out" if is_first else "was carried out before"
        entry = visit.entry("resume", outcome, flow=flow_digest(flow))
        if not is_first:
            journal.note(entry)
            return HttpResponseRedirect(done.location or pending.back, status=303)
        response = visit.replay(_rebuilt(visit.request, pending))
        if response.status_code >= 500:
            transaction.set_rollback(True)
            return response
        done.location = safe_next(response.headers.get("Location", "")) or ""
        done.save(update_fields=["location"])
    journal.note(entry)
    store.forget_request(flow)
    if done.location:  # a page that was answered here may be asked for again
        cookies.drop_flow_key(visit.request, response, cookies.CLIENT_KEY, flow)
    return response


def is_waiting(flow: str, *, is_kept: bool) -> bool:
    """Whether a flow's request is still to be carried out, or was lost before it could be.

    is_kept: whether Redis has it. If not, the flow's name still says that there was one; unless
    it was carried out, the person must hear of it.
    """
    first = first_try_of(flow)
    if is_kept or not holds_request(flow):
        return is_kept
    return not CarriedOut.objects.filter(flow=first).exists()


def carried_out(flow: str, challenge: str) -> CarriedOut | None:
    """The row of a request that was carried out before, for the browser that sent it."""
    return CarriedOut.objects.filter(flow=flow, challenge=challenge).first()


def _rebuilt(request: HttpRequest, pending: PendingRequest) -> HttpRequest:
    """The kept request, as if its browser had sent it now with the cookies it has now."""
    path, _, query = pending.path.partition("?")
    body = b64decode(pending.body)
    environ = {
        name: value for name, value in request.META.items() if not name.startswith("HTTP_SEC_")
    }
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": pending.content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_REFERER": f"{request.scheme}://{request.get_host()}{pending.back}",
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": request.scheme,
    }
    rebuilt = WSGIRequest(environ)
    own = {"resolver_match", "user", "auser", "csrf_processing_done", "environ", "urlconf"}
    for name, value in vars(request).items():
        if not name.startswith("_") and name not in own and name not in vars(rebuilt):
            setattr(rebuilt, name, value)
    rebuilt._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    return rebuilt


def shown_fields(visit: Visit, pending: PendingRequest) -> list[tuple[str, str]]:
    """What a kept form says, for the person who is asked to confirm it: the first few fields."""
    form = _rebuilt(visit.request, pending).POST
    fields = [(name, value) for name, values in form.lists() for value in values]
    return [(name, value[:100]) for name, value in fields if name != "csrfmiddlewaretoken"][:12]


def offer(visit: Visit) -> str:
    """Where this browser can have a request carried out that was kept before main failed it."""
    flows = cookies.flows_under_way(visit.request, cookies.CLIENT_KEY, visit.now)
    kept = [first_try_of(flow) for flow in flows if holds_request(flow)]
    return resume_path(kept[-1]) if kept else ""


def give_up(visit: Visit, response: HttpResponse) -> None:
    """Drop the keys of handshakes that never came back, but those of kept requests.

    The site stands alone from here on; the keys would keep it alone when main is back.
    """
    for flow in cookies.flows_under_way(visit.request, cookies.CLIENT_KEY, visit.now):
        if not holds_request(flow):
            cookies.drop_flow_key(visit.request, response, cookies.CLIENT_KEY, flow)

"""The protocol's addresses. Each is a thin layer of HTTP over `sessionsync.protocol`."""

import secrets
import time
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sessionsync import ajax, cookies, journal, keeping, links, records, store, transports
from sessionsync.conf import get_config
from sessionsync.engine import SessionStore
from sessionsync.journal import flow_digest
from sessionsync.protocol import (
    Return,
    Verdict,
    first_try_of,
    flow_age,
    is_challenge,
    is_retry,
    judge_return,
    safe_next,
)
from sessionsync.records import Reader
from sessionsync.store import CodeRecord, ReturnRecord
from sessionsync.tokens import NANOSECONDS, Token, challenge_of, mint, same_secret
from sessionsync.visit import Flow, Visit, is_navigation, serve_without, shake_hands

_ALONE = "sessionsync.alone"
CLOCK_SKEW = 60
"""Seconds by which a sub-site's clock may be ahead of main's."""


def _session(request: HttpRequest) -> SessionStore:
    session = request.session
    if not isinstance(session, SessionStore):
        raise TypeError('SESSION_ENGINE must be "sessionsync.engine".')
    return session


def _stopped(
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


def _hop(
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
        def hop(request: HttpRequest) -> HttpResponse:
            visit = getattr(request, "sessionsync", None)
            if not isinstance(visit, Visit) or on_main not in {None, visit.site.is_main}:
                return HttpResponseNotFound()
            if by_script is not None and ajax.is_asked_for(request):
                return by_script(request, visit)
            return view(request, visit) if is_navigation(visit) else _not_moved(request)

        return hop

    return decorate


def _see_other(path: str) -> HttpResponse:
    return transports.close(HttpResponseRedirect(path, status=303))


@require_GET
@_hop(on_main=True, by_script=ajax.vouch)
def generate_auth_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On main: vouch for this browser's token to the sub-site that sent it here.

    Query: `site`, `flow`, `challenge`, `next`. Mints a token for a browser that presents none,
    links several into one. Answers a move to the sub-site, or a page that says what was wrong.
    """
    config = get_config()
    site = config.site_by_id(request.GET.get("site", ""))
    flow, challenge = request.GET.get("flow", ""), request.GET.get("challenge", "")
    next_path, age = safe_next(request.GET.get("next", "")), flow_age(flow, visit.now)
    if (
        site is None
        or site.is_main
        or next_path is None
        or age is None
        or not is_challenge(challenge)
    ):
        return _stopped(request, _("This link between our shops is incomplete."), "/")
    go_on = f"{visit.origin_of(site)}{next_path}"
    if not -CLOCK_SKEW <= age <= config.challenge_age:
        return _stopped(request, _("This link between our shops is too old."), go_on)
    consume = f"{visit.origin_of(site)}{reverse('sessionsync:consume_auth_code')}"
    session = _session(request)
    token, is_fresh = _token_of(visit, session)
    main_key = secrets.token_urlsafe(24)
    record = CodeRecord(
        token_key=token.key,
        site=site.id,
        flow=flow,
        challenge=challenge,
        main_key=challenge_of(main_key),
        fresh=is_fresh,
        next=next_path,
        has_row=_has_row(token, session),
    )
    transport, _why = transports.transport_for(request)
    entry = visit.entry(
        "generate",
        "fresh" if is_fresh else "known",
        session=token.key,
        flow=flow_digest(flow),
        transport=transport,
    )
    try:
        address = request.META.get("REMOTE_ADDR", "")
        code = store.issue_code(record, address, lambda pipe: journal.add(pipe, entry))
    except store.TooManyHandshakes:
        message = _("Too many visits at once from your network. Please try again in a minute.")
        return _stopped(request, message, go_on, status=429)
    except store.StoreUnavailable:
        alone = signing.dumps([site.id, flow, next_path], salt=_ALONE)
        return transports.move(request, f"{consume}?{urlencode({'flow': flow, 'alone': alone})}")
    if code is None:
        return _stopped(request, _("This link between our shops was used before."), go_on)
    response = transports.move(request, f"{consume}?{urlencode({'code': code, 'flow': flow})}")
    cookies.set_token(request, response, token, is_main=True, synced_at=visit.now)
    for each in visit.presented:
        if each.token != token:
            cookies.drop(request, response, each.cookie)
    cookies.set_flow_key(request, response, cookies.MAIN_KEY, flow, main_key)
    cookies.make_room(request, response, cookies.MAIN_KEY, visit.now)
    return response


def _token_of(visit: Visit, session: SessionStore) -> tuple[Token, bool]:
    """The token main vouches for, and whether it was minted just now."""
    record = session.record
    tokens = [each.token for each in visit.presented]
    if record is None:
        return mint(time.time_ns(), tokens), True
    token = Token.from_key(record.key)
    if token.ts >= (visit.now - get_config().max_age / 2) * NANOSECONDS:
        return token, False
    renewed = mint(time.time_ns(), tokens)
    links.renew(record, renewed)
    return renewed, False


def _has_row(token: Token, session: SessionStore) -> bool:
    """Whether the database knows the token that main is about to vouch for."""
    record = session.record
    return record is not None and (record.stored or record.key != token.key)


@require_GET
@_hop(on_main=False, by_script=ajax.accept)
def consume_auth_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On a sub-site: turn a code into this site's own cookie and go where the shopper was going.

    Query: `code`, `flow`. The code is read and deleted before anything is checked.
    """
    session, name = _session(request), request.GET.get("flow", "")
    flow_known = flow_age(name, visit.now) is not None
    flow = Flow.held(request, name) if flow_known else None
    if "alone" in request.GET:
        return _stand_alone(request, visit, session, flow)
    try:
        record, is_kept, copy = store.take_code(
            request.GET.get("code", "")[:100], first_try_of(name) if flow_known else ""
        )
    except store.StoreUnavailable:
        if flow is not None:
            return _alone_at(request, visit, session, flow, flow.next_path)
        record, is_kept, copy = None, False, None
    go_on = record.next if record else flow.next_path if flow else "/"
    verdict = _judge(visit, session, name, flow, record)
    if flow is not None and record is not None and verdict is Verdict.ACCEPT:
        reader = records.reader_with(record, copy)
        return _accept(request, visit, record, flow, reader, is_kept=is_kept)
    if flow is not None and verdict is Verdict.RETRY:
        response = shake_hands(visit, flow.again())
        if not is_kept:
            cookies.drop(request, response, _key_name(request, name))
        return response
    if verdict is Verdict.NO_COOKIES:
        return serve_without(visit, go_on, carried_out=not is_kept)
    return _not_accepted(request, visit, verdict, go_on, offer=name if is_kept and flow else "")


def _not_accepted(
    request: HttpRequest, visit: Visit, verdict: Verdict, go_on: str, *, offer: str
) -> HttpResponse:
    """Go on without the code. `offer`: the flow whose kept request the page may offer."""
    if verdict is Verdict.GO_ON:
        synced_at, oldest = visit.synced_at or 0, visit.now - get_config().resync_after
        return serve_without(visit, go_on) if synced_at < oldest else _see_other(go_on)
    message = _("Our shops could not be linked for you just now.")
    kept = keeping.resume_path(first_try_of(offer)) if offer else ""
    return _stopped(request, message, go_on, offer=kept)


def _judge(
    visit: Visit, session: SessionStore, name: str, flow: Flow | None, record: CodeRecord | None
) -> Verdict:
    verdict = judge_return(
        Return(
            flow_known=flow_age(name, visit.now) is not None,
            challenge_held=flow.challenge if flow else None,
            has_token=session.record is not None,
            code_challenge=record.challenge if record else None,
            code_site_is_ours=record is not None and record.site == visit.site.id,
            code_flow_is_ours=record is not None and record.flow == name,
            retry=is_retry(name),
        )
    )
    if verdict is not Verdict.ACCEPT:  # that one is noted with the session it leads to
        outcome, why = verdict.name.lower(), verdict.value
        journal.note(visit.entry("consume", outcome, why=why, flow=flow_digest(name)))
    return verdict


def _key_name(request: HttpRequest, flow: str) -> str:
    return f"{cookies.prefix(request)}{cookies.CLIENT_KEY}{flow}"


def _accept(
    request: HttpRequest,
    visit: Visit,
    record: CodeRecord,
    flow: Flow,
    reader: Reader,
    *,
    is_kept: bool,
) -> HttpResponse:
    """The code is this browser's: its token meets those of this site's own cookies."""
    vouched = Token.from_key(record.token_key)
    winner = links.settle([vouched, *(each.token for each in visit.presented)], reader)
    if winner is None:
        again = flow.again() if not is_retry(flow.name) else None
        if again:
            return shake_hands(visit, again)
        return _stopped(request, _("Our shops could not be linked for you just now."), record.next)
    token = Token.from_key(winner.key)
    journal.note(
        visit.entry(
            "consume",
            "accept",
            session=token.key,
            flow=flow_digest(flow.name),
            took=f"{max(0.0, flow_age(flow.name, visit.now) or 0.0):.3f}",
        )
    )
    on = keeping.resume_path(first_try_of(flow.name)) if is_kept else record.next
    reached = winner if token == vouched else records.follow(vouched.key)
    response = _see_other(on)
    if reached is None or reached.key != winner.key:
        response = _adopt_detour(request, visit, record, token, on) or response
    cookies.set_token(
        request,
        response,
        token,
        is_main=False,
        synced_at=visit.synced_at_accepted(),
        fresh=visit.fresh + 1 if record.fresh else 0,
    )
    for each in visit.presented:
        if each.token != token:
            cookies.drop(request, response, each.cookie)
    for name in {flow.name, first_try_of(flow.name)}:
        if not (is_kept and name == first_try_of(flow.name)):
            cookies.drop(request, response, _key_name(request, name))
    return response


def _adopt_detour(
    request: HttpRequest, visit: Visit, record: CodeRecord, token: Token, on: str
) -> HttpResponse | None:
    """The move by which main takes over a session that was signed in on this site."""
    main = get_config().main()
    if main is None:
        return None
    try:
        code = store.issue_return_code(
            ReturnRecord(
                token_key=token.key,
                site=visit.site.id,
                flow=record.flow,
                main_key=record.main_key,
                next=on,
            )
        )
    except store.StoreUnavailable:
        return None
    query = urlencode({"code": code})
    return transports.move(
        request, f"{visit.origin_of(main)}{reverse('sessionsync:adopt')}?{query}"
    )


def _stand_alone(
    request: HttpRequest, visit: Visit, session: SessionStore, flow: Flow | None
) -> HttpResponse:
    """Main had no store to put a code in: this site serves a session of its own."""
    try:
        site_id, name, next_path = signing.loads(
            request.GET["alone"], salt=_ALONE, max_age=get_config().challenge_age
        )
    except (signing.BadSignature, ValueError):
        return _stopped(request, _("This link between our shops is incomplete."), "/")
    if site_id != visit.site.id or (flow is not None and name != flow.name):
        return _stopped(request, _("This link between our shops is incomplete."), "/")
    if flow is None:
        return serve_without(visit, next_path)
    return _alone_at(request, visit, session, flow, next_path)


def _alone_at(
    request: HttpRequest, visit: Visit, session: SessionStore, flow: Flow, next_path: str
) -> HttpResponse:
    visit.alone_for = get_config().retry_after
    journal.note(visit.entry("consume", "alone", flow=flow_digest(flow.name)))
    response = _see_other(next_path)
    if session.record is None:
        session.create()
    cookies.drop(request, response, _key_name(request, flow.name))
    return response


@require_GET
@_hop(on_main=True)
def adopt(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On main: take over the session that a sub-site found to be this browser's.

    Query: `code`. Only the browser that holds the key main gave it for that handshake may.
    """
    try:
        record = store.take_return_code(request.GET.get("code", "")[:100])
    except store.StoreUnavailable:
        record = None
    site = get_config().site_by_id(record.site) if record else None
    if record is None or site is None:
        return _stopped(request, _("This link between our shops was used before."), "/")
    response = transports.move(request, f"{visit.origin_of(site)}{record.next}")
    held = cookies.flow_key(request, cookies.MAIN_KEY, record.flow)
    if held is None or not same_secret(challenge_of(held), record.main_key):
        journal.note(visit.entry("adopt", "foreign", flow=flow_digest(record.flow)))
        return response
    winner = links.settle([Token.from_key(record.token_key), *(t.token for t in visit.presented)])
    if winner is not None:
        token = Token.from_key(winner.key)
        journal.note(
            visit.entry("adopt", "accept", session=token.key, flow=flow_digest(record.flow))
        )
        cookies.set_token(request, response, token, is_main=True, synced_at=visit.now)
        for each in visit.presented:
            if each.token != token:
                cookies.drop(request, response, each.cookie)
    cookies.drop(request, response, f"{cookies.prefix(request)}{cookies.MAIN_KEY}{record.flow}")
    return response


@require_http_methods(["GET", "POST"])
@_hop()
def resume(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Carry out the request that was kept for a flow, with the session it has now.

    Query: `flow`. Asks the person first where the sender was doubtful, or where somebody has
    signed in since. A POST here is that person's yes, and has passed Django's CSRF check.
    """
    name = request.GET.get("flow", "")
    flow_known = flow_age(name, visit.now) is not None
    flow = Flow.held(request, name) if flow_known else None
    try:
        pending = store.pending_request(name) if flow_known else None
    except store.StoreUnavailable:
        pending = None
    if flow is None:
        return serve_without(visit, pending.back if pending else "/", carried_out=False)
    if pending is not None and (
        pending.site != visit.site.id or not same_secret(pending.challenge, flow.challenge)
    ):
        pending = None
    if pending is None:
        done = keeping.carried_out(name, flow.challenge)
        if done is not None:
            return _see_other(done.location or flow.next_path)
        message = _("What you sent was not kept long enough. Please go back and send it again.")
        return _stopped(request, message, flow.next_path)
    session = _session(request)
    record = session.record
    if record is None:
        return serve_without(visit, pending.back, carried_out=False)
    if request.method == "GET" and (pending.confirm or record.principal):
        context = {
            "fields": keeping.shown_fields(visit, pending),
            "back": pending.back,
            "path": pending.path.partition("?")[0],
        }
        page = render(request, "sessionsync/confirm.html", context)
        return transports.close(page, holds_form=True)
    return keeping.carry_out(visit, name, pending)

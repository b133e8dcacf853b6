"""The `ajax` transport: the page is served at once, and a script shakes hands behind it.

A script on the sub-site asks main for a code across origins, and hands it to its own site. That
works only where the browser still sends main's cookie along with such a request; where it does
not, main mints nothing, and the next navigation goes by redirect. Main's cookie for this is a
second one, `session_cross.<ts>` with `SameSite=None`, and nothing but this module reads it.
"""

import secrets
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import reverse

from sessionsync import cookies, journal, links, store
from sessionsync.conf import get_config
from sessionsync.journal import flow_digest
from sessionsync.protocol import Kind, flow_age, is_challenge
from sessionsync.store import CodeRecord
from sessionsync.tokens import Token, challenge_of, same_secret
from sessionsync.visit import Flow, Visit

VIA = {"via": "ajax"}


def is_asked_for(request: HttpRequest) -> bool:
    """Whether a script, not a navigation, is at one of the handshake's addresses."""
    return get_config().transport == "ajax" and request.GET.get("via") == "ajax"


def may_be_tried(visit: Visit) -> bool:
    """Whether this navigation's page may be served now and linked by its script."""
    return (
        get_config().transport == "ajax"
        and visit.kind is Kind.GET
        and not cookies.has_tried_ajax(visit.request)
    )


def begin(visit: Visit) -> None:
    """Let this request's page carry the script; `remember` then sets the cookies it needs."""
    visit.ajax = Flow.begin(visit, "/")


def addresses(visit: Visit) -> dict[str, str] | None:
    """What the script needs to know: where to ask for a code, and where to hand it in."""
    flow, main = visit.ajax, get_config().main()
    if flow is None or main is None:
        return None
    ask = {"site": visit.site.id, "flow": flow.name, "challenge": flow.challenge, **VIA}
    tell = {"flow": flow.name, **VIA}
    generate = f"{visit.origin_of(main)}{reverse('sessionsync:generate_auth_code')}"
    return {
        "ask": f"{generate}?{urlencode(ask)}",
        "tell": f"{reverse('sessionsync:consume_auth_code')}?{urlencode(tell)}",
    }


def remember(visit: Visit, response: HttpResponse) -> None:
    """Set the key of the script's handshake, and note that a script has been tried."""
    if visit.ajax is not None:
        cookies.set_flow_key(
            visit.request, response, cookies.AJAX_KEY, visit.ajax.name, visit.ajax.key
        )
        cookies.set_probe(visit.request, response)
        cookies.set_ajax_tried(visit.request, response)


def vouch(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On main: a code for a script on a registered site, if main's cookie came along.

    Nothing is minted and no cookie is set: a browser that sends none would not keep one either.
    """
    config = get_config()
    site = config.site_by_id(request.GET.get("site", ""))
    flow, challenge = request.GET.get("flow", ""), request.GET.get("challenge", "")
    age = flow_age(flow, visit.now)
    if site is None or site.is_main or request.headers.get("Origin") != visit.origin_of(site):
        return HttpResponseForbidden()
    held = cookies.presented_tokens(request, visit.now, cookies.CROSS_TOKEN)
    found = links.settle([each.token for each in (*visit.presented, *held)])
    code = None
    if found and age is not None and 0 <= age <= config.challenge_age and is_challenge(challenge):
        record = CodeRecord(
            token_key=found.key,
            site=site.id,
            flow=flow,
            challenge=challenge,
            main_key=secrets.token_urlsafe(8),  # nobody holds its key: no way back by adopt
            fresh=False,
            next="/",
        )
        try:
            code = store.issue_code(record, request.META.get("REMOTE_ADDR", ""))
        except (store.StoreUnavailable, store.TooManyHandshakes):
            code = None
    outcome = "known" if code else "unknown"
    journal.note(visit.entry("generate", outcome, transport="ajax", flow=flow_digest(flow)))
    response = JsonResponse({"code": code})
    response["Access-Control-Allow-Origin"] = visit.origin_of(site)
    response["Access-Control-Allow-Credentials"] = "true"
    response["Vary"] = "Origin"
    response["Cache-Control"] = "no-store"
    return response


def accept(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On a sub-site: what `consume_auth_code` does, for the script that its own page carried."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HttpResponseForbidden()
    name = request.GET.get("flow", "")
    key = cookies.flow_key(request, cookies.AJAX_KEY, name) if flow_age(name, visit.now) else None
    try:
        record = store.take_code(request.GET.get("code", "")[:100], name).record
    except store.StoreUnavailable:
        record = None
    right = (
        record is not None
        and key is not None
        and (record.site, record.flow) == (visit.site.id, name)
        and same_secret(challenge_of(key), record.challenge)
    )
    winner = None
    if right and record is not None:
        vouched = Token.from_key(record.token_key)
        winner = links.settle(
            [vouched, *(each.token for each in visit.presented)], site=visit.site.id
        )
    response = JsonResponse({"linked": winner is not None})
    response["Cache-Control"] = "no-store"
    if winner is not None:
        token = Token.from_key(winner.key)
        cookies.set_token(
            request, response, token, is_main=False, synced_at=visit.synced_at_accepted()
        )
        cookies.drop_others(request, response, visit.presented, token)
    entry = visit.entry(
        "consume",
        "accept" if winner else "no_cookies",
        session=winner.key if winner else None,
        transport="ajax",
        flow=flow_digest(name),
    )
    journal.note(entry)
    if key is not None:
        cookies.drop_flow_key(request, response, cookies.AJAX_KEY, name)
    return response

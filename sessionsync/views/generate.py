"""On main: a code for the browser that a sub-site sent here."""

import secrets
import time
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sessionsync import ajax, cookies, journal, links, store, transports
from sessionsync.conf import get_config
from sessionsync.engine import SessionStore
from sessionsync.journal import flow_digest
from sessionsync.protocol import flow_age, is_challenge, safe_next
from sessionsync.store import CodeRecord
from sessionsync.tokens import NANOSECONDS, Token, challenge_of, mint
from sessionsync.views.common import ALONE, hop, stopped
from sessionsync.visit import FINGERPRINT, Visit, ask_heir, session_of

CLOCK_SKEW = 60
"""Seconds by which a sub-site's clock may be ahead of main's."""


@require_GET
@hop(on_main=True, by_script=ajax.vouch)
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
        return stopped(request, _("This link between our shops is incomplete."), "/")
    go_on = f"{visit.origin_of(site)}{next_path}"
    if not -CLOCK_SKEW <= age <= config.challenge_age:
        return stopped(request, _("This link between our shops is too old."), go_on)
    consume = f"{visit.origin_of(site)}{reverse('sessionsync:consume_auth_code')}"
    session = session_of(request)
    said = request.GET.get(FINGERPRINT, "")
    asked = ask_heir(visit, request.get_full_path(), said=said, but=site)
    if asked is not None:
        return asked
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
        return stopped(request, message, go_on, status=429)
    except store.StoreUnavailable:
        alone = signing.dumps([site.id, flow, next_path], salt=ALONE)
        return transports.move(request, f"{consume}?{urlencode({'flow': flow, 'alone': alone})}")
    if code is None:
        return stopped(request, _("This link between our shops was used before."), go_on)
    response = transports.move(request, f"{consume}?{urlencode({'code': code, 'flow': flow})}")
    cookies.set_token(request, response, token, is_main=True, synced_at=visit.now)
    missing = visit.missing(token.key)
    others = [each for each in visit.presented if each.cookie not in missing]
    cookies.drop_others(request, response, others, token)
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
    # Another request may have renewed it first: what the old token leads to now is what counts.
    found = links.settle([*tokens, renewed])
    return (Token.from_key(found.key), False) if found else (mint(time.time_ns(), tokens), True)


def _has_row(token: Token, session: SessionStore) -> bool:
    """Whether the database knows the token that main is about to vouch for."""
    record = session.record
    return record is not None and (record.stored or record.key != token.key)

"""On a sub-site: a code becomes this site's own cookie."""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sessionsync import ajax, cookies, journal, keeping, links, records, store, transports
from sessionsync.conf import get_config
from sessionsync.engine import SessionStore
from sessionsync.journal import flow_digest
from sessionsync.protocol import (
    Return,
    Verdict,
    first_try_of,
    flow_age,
    holds_request,
    is_retry,
    judge_return,
)
from sessionsync.records import Reader
from sessionsync.store import CodeRecord, ReturnRecord
from sessionsync.tokens import Token
from sessionsync.views.common import ALONE, hop, see_other, stopped
from sessionsync.visit import Flow, Visit, serve_without, session_of, shake_hands


@require_GET
@hop(on_main=False, by_script=ajax.accept)
def consume_auth_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On a sub-site: turn a code into this site's own cookie and go where the shopper was going.

    Query: `code`, `flow`. The code is read and deleted before anything is checked.
    """
    session, name = session_of(request), request.GET.get("flow", "")
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
    is_kept = flow_known and keeping.is_waiting(name, is_kept=is_kept)
    go_on = record.next if record else flow.next_path if flow else "/"
    verdict = _judge(visit, session, name, flow, record)
    if flow is not None and record is not None and verdict is Verdict.ACCEPT:
        reader = records.reader_with(record, copy)
        return _accept(request, visit, record, flow, reader, is_kept=is_kept)
    if flow is not None and verdict is Verdict.RETRY:
        response = shake_hands(visit, flow.again())
        if not is_kept:
            cookies.drop_flow_key(request, response, cookies.CLIENT_KEY, name)
        return response
    if verdict is Verdict.NO_COOKIES:
        return serve_without(visit, go_on, carried_out=not is_kept)
    return _not_accepted(request, visit, verdict, go_on, offer=name if is_kept and flow else "")


def _not_accepted(
    request: HttpRequest, visit: Visit, verdict: Verdict, go_on: str, *, offer: str
) -> HttpResponse:
    """Go on without the code. `offer`: the flow whose kept request the page may offer."""
    if verdict is Verdict.GO_ON and offer:
        return see_other(keeping.resume_path(first_try_of(offer)))
    if verdict is Verdict.GO_ON:
        synced_at, oldest = visit.synced_at or 0, visit.now - get_config().resync_after
        return serve_without(visit, go_on) if synced_at < oldest else see_other(go_on)
    message = _("Our shops could not be linked for you just now.")
    kept = keeping.resume_path(first_try_of(offer)) if offer else ""
    return stopped(request, message, go_on, offer=kept)


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
    winner = links.settle(
        [vouched, *(each.token for each in visit.presented)], reader, site=visit.site.id
    )
    if winner is None:
        again = flow.again() if not is_retry(flow.name) else None
        if again:
            return shake_hands(visit, again)
        return stopped(request, _("Our shops could not be linked for you just now."), record.next)
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
    response = see_other(on)
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
    cookies.set_landed(request, response)
    cookies.drop_others(request, response, visit.presented, token)
    for name in {flow.name, first_try_of(flow.name)}:
        if not (is_kept and name == first_try_of(flow.name)):
            cookies.drop_flow_key(request, response, cookies.CLIENT_KEY, name)
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
            request.GET["alone"], salt=ALONE, max_age=get_config().challenge_age
        )
    except (signing.BadSignature, ValueError):
        return stopped(request, _("This link between our shops is incomplete."), "/")
    if site_id != visit.site.id or (flow is not None and name != flow.name):
        return stopped(request, _("This link between our shops is incomplete."), "/")
    if flow is None:
        return serve_without(visit, next_path, carried_out=not holds_request(name))
    return _alone_at(request, visit, session, flow, next_path)


def _alone_at(
    request: HttpRequest, visit: Visit, session: SessionStore, flow: Flow, next_path: str
) -> HttpResponse:
    visit.alone_for = get_config().retry_after
    journal.note(visit.entry("consume", "alone", flow=flow_digest(flow.name)))
    waits = keeping.is_waiting(flow.name, is_kept=False)
    response = see_other(keeping.resume_path(first_try_of(flow.name)) if waits else next_path)
    if session.record is None:
        session.create()
    if not waits:
        cookies.drop_flow_key(request, response, cookies.CLIENT_KEY, flow.name)
    return response

"""Gives every request its session, and starts a handshake where one is due."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from sessionsync import ajax, cookies, heartbeat, journal, keeping
from sessionsync.conf import get_config
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from sessionsync.links import heir_of
from sessionsync.protocol import Action, Arrival, Kind, decide
from sessionsync.visit import ONWARD, Flow, Visit, ask_heir, go_onward, send_back, shake_hands

logger = logging.getLogger("sessionsync")

View = Callable[..., HttpResponse]
_HOME = "/sessionsync/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SessionSyncMiddleware(SessionMiddleware):
    """Takes the place of Django's SessionMiddleware, and is one, as Django's admin demands.

    It looks no session up by itself unless the request changes something or the view asks: a
    page that never touches `request.session` costs neither Redis nor the database.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Decide what to do with the request, do it, and see to the cookies."""
        config = get_config()
        heartbeat.keep_beating()
        request.session = SessionStore()
        site = config.site_for(request.get_host())
        if site is None or request.path.startswith(config.exempt_prefixes):
            return self._answer(request)
        visit = Visit(request, site, is_protocol=request.path_info.startswith(_HOME))
        request.sessionsync = visit  # type: ignore[attr-defined]
        session = SessionStore(
            tokens=[each.token for each in visit.presented],
            site="" if site.is_main else site.id,
            will_change=request.method not in _SAFE,
        )
        request.session = session
        if visit.is_protocol:
            visit.replay = self._answer
        else:
            moved = self._begin(request, visit, session)
            if moved is not None:
                return moved
        return self._finish(request, visit, self._answer(request))

    def _begin(
        self, request: HttpRequest, visit: Visit, session: SessionStore
    ) -> HttpResponse | None:
        arrival = self._arrival(visit, session)
        visit.action, visit.why = decide(arrival, get_config())
        on_the_way = self._on_the_way(visit)
        if on_the_way is not None:
            return on_the_way
        if visit.action in {Action.HANDSHAKE, Action.KEEP} and not heartbeat.main_is_there():
            visit.action, visit.why = decide(replace(arrival, main_away=True), get_config())
        if visit.action is Action.HANDSHAKE and ajax.may_be_tried(visit):
            ajax.begin(visit)
            visit.action = Action.SERVE
        if visit.action is Action.HANDSHAKE:
            response = shake_hands(visit, Flow.begin(visit, visit.address()))
            if visit.disagrees:
                cookies.set_disagreed(request, response)
            return response
        if visit.action in {Action.STAND_ALONE, Action.ALONE_FOR_NOW}:
            short = visit.action is Action.ALONE_FOR_NOW
            visit.alone_for = get_config().retry_after if short else get_config().resync_after
            if not visit.presented:
                session.create()
            visit.offer = keeping.offer(visit)
            alone = session.minted.key if session.minted else None
            journal.note(visit.entry("serve", "alone", session=alone, why=visit.why))
        elif visit.action is Action.SERVE_WITHOUT:
            request.session = SessionStore()
            visit.cookies_off = True
        return None

    @staticmethod
    def _arrival(visit: Visit, session: SessionStore) -> Arrival:
        """The request for `decide`; looks the session up only where the answer depends on it."""
        has_token = bool(visit.presented)
        if has_token and visit.kind is Kind.POST:
            has_token = session.record is not None
        said = visit.linked_fingerprint()
        if said:
            key = session.session_key
            has_token = key is not None
            visit.disagrees = fingerprint(key) != said if key else visit.site.is_main
        return visit.arrival(has_token=has_token, disagrees=visit.disagrees)

    @staticmethod
    def _on_the_way(visit: Visit) -> HttpResponse | None:
        """A hop of the way by which main learns of a session that a sub-site's link spoke of."""
        linking = visit.linking_site() if visit.disagrees and visit.site.is_main else None
        if linking is not None:
            return send_back(visit, linking)
        arrived = visit.kind is Kind.GET and visit.action is not Action.HANDSHAKE
        return go_onward(visit) if arrived and ONWARD in visit.request.GET else None

    def process_view(
        self, request: HttpRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Keep a POST that has no session until it can be carried out with the shared one."""
        visit = getattr(request, "sessionsync", None)
        if visit is None or visit.action not in {Action.KEEP, Action.KEEP_HERE}:
            return None
        return keeping.keep(visit, view, args, kwargs)

    def _finish(self, request: HttpRequest, visit: Visit, response: HttpResponse) -> HttpResponse:
        session = request.session
        if not isinstance(session, SessionStore) or visit.cookies_off:
            if visit.cookies_off:
                cookies.set_probe(request, response)
                response["X-Robots-Tag"] = "noindex"
                patch_cache_control(response, private=True)
            return response
        is_page = session.resolved and visit.kind is Kind.GET
        if session.modified and not (is_page and session.is_retired) and response.status_code < 500:
            _save(session)
        if is_page and not visit.is_protocol:
            response = _look_elsewhere(visit, session) or response
        _set_cookies(request, visit, session, response)
        if visit.action is Action.STAND_ALONE:
            keeping.give_up(visit, response)
        ajax.remember(visit, response)
        if session.resolved or session.minted:
            patch_vary_headers(response, ("Cookie",))
            if "no-store" not in response.get("Cache-Control", ""):
                patch_cache_control(response, private=True)
        return response


def _look_elsewhere(visit: Visit, session: SessionStore) -> HttpResponse | None:
    """The way to the session of a browser whose token names nothing any more, if there is one."""
    config = get_config()
    if visit.site.is_main:
        if config.trigger == "write":
            return None
        return ask_heir(visit, visit.address())
    if not session.is_retired:
        return None
    again, _ = decide(visit.arrival(has_token=False), config)
    if again is not Action.HANDSHAKE:
        return None
    visit.why = "its token names nothing any more"
    heirs = (heir_of(each.token) for each in visit.presented)
    elsewhere = (heir for heir in heirs if heir and heir.site != visit.site.id)
    return shake_hands(visit, Flow.begin(visit, visit.address()), next(elsewhere, None))


def _save(session: SessionStore) -> None:
    record = session.record
    if not (session.keys() or (record and record.stored)):
        return
    try:
        session.save()
    except UpdateError:
        logger.info("a request outlived its session: its changes are dropped")


def _set_cookies(
    request: HttpRequest, visit: Visit, session: SessionStore, response: HttpResponse
) -> None:
    """Set a token minted in this request; drop those that name nothing or a lesser alias."""
    keep: str | None = None
    if session.minted:
        cookies.set_token(
            request,
            response,
            session.minted,
            is_main=visit.site.is_main,
            synced_at=visit.synced_at_now(),
        )
    elif session.resolved and session.record is not None:
        names = {each.token.key: each.cookie for each in visit.presented}
        keep = names.get(session.record.key) or next(iter(names.values()), None)
        if visit.alone_for is not None:
            held = next(each for each in visit.presented if each.cookie == keep)
            cookies.set_token(
                request,
                response,
                held.token,
                is_main=False,
                synced_at=visit.synced_at_now(),
                fresh=held.fresh,
            )
    elif not session.resolved:
        return
    missing = visit.missing()
    for each in visit.presented:
        if each.cookie in missing:
            continue
        if each.cookie != keep and each.cookie not in response.cookies:
            cookies.drop(request, response, each.cookie)
    if session.resolved and session.record is None:
        cookies.drop_landed(request, response)

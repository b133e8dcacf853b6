"""One request as the protocol sees it, and the moves that answer it."""

import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from sessionsync import cookies, journal, links, transports
from sessionsync.conf import Site, get_config
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from sessionsync.journal import Entry, flow_digest
from sessionsync.links import Heir
from sessionsync.navigation import classify, engine, is_same_origin
from sessionsync.protocol import (
    Action,
    Arrival,
    Kind,
    is_retry,
    new_flow,
    retry_of,
    safe_next,
)
from sessionsync.tokens import challenge_of

TOLD = "_nocookies"
NOT_CARRIED_OUT = "_notrun"
FINGERPRINT = "_st"
ONWARD = "_onward"
"""On a sub-site's own address: the page of the main site to go on to after a handshake."""
NEXT_IN_COOKIE = 1000
FRESH_IN_A_ROW = 2
"""So many freshly minted tokens in a row mean that main keeps no cookie in this browser."""


def origin_at(request: HttpRequest, domain: str) -> str:
    """Another domain's origin, with the scheme and port of this request."""
    host = request.get_host()
    port = host.rpartition(":")[2] if ":" in host and not host.endswith("]") else ""
    return f"{request.scheme}://{domain}{f':{port}' if port else ''}"


def session_of(request: HttpRequest) -> SessionStore:
    """The request's session. Raises TypeError where another engine made it."""
    session = request.session
    if not isinstance(session, SessionStore):
        raise TypeError('SESSION_ENGINE must be "sessionsync.engine".')
    return session


class Visit:
    """What is known of a request before any session is looked up; `request.sessionsync`.

    synced_at: when this site last shook hands with this browser, in Unix seconds, or None.
    alone_for: seconds for which a session of this site alone is left in peace; None: a session
    begun now shakes hands on its next navigation.
    offer: where a kept request can be carried out after all, when main did not answer.
    ajax: the handshake that a script on this request's page is to make.
    cookies_off: served without a session because the browser keeps no cookies here, or was said
    to; `cookie_notice` tells whether the page must say so.
    disagrees: the site that linked here knows another session; a handshake is to heal that.
    not_carried_out: a POST was not carried out because of that.
    """

    def __init__(self, request: HttpRequest, site: Site, *, is_protocol: bool = False) -> None:
        self.request = request
        self.site = site
        self.now = time.time()
        self.kind, self.why = classify(request.method or "", request.headers)
        self.presented = cookies.presented_tokens(request, self.now)
        self.told = TOLD in request.GET
        self.not_carried_out = self.told and NOT_CARRIED_OUT in request.GET
        self.cookies_off = False
        self.is_protocol = is_protocol
        self.action = Action.SERVE
        self.disagrees = False
        self.synced_at = max((each.synced_at for each in self.presented), default=0) or None
        self.alone_for: float | None = None
        self.ajax: Flow | None = None
        self.offer = ""
        self.fresh = max((each.fresh for each in self.presented), default=0)
        self.replay: Callable[[HttpRequest], HttpResponse] | None = None

    @property
    def cookie_notice(self) -> bool:
        """Whether the page must say that the browser keeps no cookies here.

        Not where the address says so (somebody else's link, a bookmark) and the browser has just
        sent a cookie of ours back; but always where a form was not carried out.
        """
        hearsay = self.told and not self.not_carried_out and cookies.has_probe(self.request)
        return self.cookies_off and not hearsay

    def synced_at_accepted(self) -> float:
        """What a cookie says of a handshake that has just ended well.

        Up to a tenth of `resync_after` earlier than the truth, so that visitors who came
        together do not all come back together.
        """
        return self.now - secrets.randbelow(get_config().resync_after // 10 + 1)

    def synced_at_now(self) -> float:
        """What a cookie set now shall say of its site's last handshake."""
        if self.alone_for is None:
            return 0
        return self.now - get_config().resync_after + self.alone_for

    def entry(self, hop: str, outcome: str, *, session: str | None = None, **more: str) -> Entry:
        """A line for the journal about this request. session: a key, or None if not looked up."""
        key = session or (self.presented[0].token.key if self.presented else None)
        entry = Entry(
            hop=hop,
            outcome=outcome,
            site=self.site.id,
            session=fingerprint(key) if key else "",
            engine=engine(self.request.headers.get("User-Agent", "")),
        )
        return replace(entry, **more)  # type: ignore[arg-type]  # all of them are texts

    def arrival(
        self, *, has_token: bool, disagrees: bool = False, main_away: bool = False
    ) -> Arrival:
        """The request as `protocol.decide` wants it."""
        under_way = cookies.flows_under_way(self.request, cookies.CLIENT_KEY, self.now)
        return Arrival(
            is_main=self.site.is_main,
            kind=self.kind,
            has_token=has_token,
            handshake_age=self.now - self.synced_at if self.synced_at else None,
            same_origin=is_same_origin(self.request.headers, self.request.get_host()),
            probe=cookies.has_probe(self.request),
            told=self.told,
            unspent_age=next(iter(under_way.values()), None),
            disagrees=disagrees,
            main_away=main_away,
            on_write_only=get_config().trigger == "write",
            landed=not self.presented and cookies.has_landed(self.request),
        )

    def origin_of(self, site: Site) -> str:
        """Scheme, domain and port of a site of the network, as this request reaches it."""
        return origin_at(self.request, site.domain)

    def linked_fingerprint(self) -> str | None:
        """What the linking site calls its session, if this link says so and is worth a look."""
        said = self.request.GET.get(FINGERPRINT, "").partition(".")[0]
        worth_it = said and self.kind is Kind.GET and (self.presented or self.site.is_main)
        if not worth_it or self.fresh >= FRESH_IN_A_ROW:
            return None
        return None if cookies.has_disagreed(self.request) else said

    def missing(self, held: str | None = None) -> dict[str, Heir]:
        """On main: the sessions that retired tokens made way for and that main does not know.

        By the cookies of those tokens, which stay until the session is found, or was asked for
        often enough. held: the key of the session that main has for this browser, if it is not
        the request's.
        """
        session = session_of(self.request)
        if not self.site.is_main or session.is_whole or cookies.has_asked_enough(self.request):
            return {}
        held = held or session.session_key
        found = {each.cookie: links.heir_of(each.token) for each in self.presented}
        return {name: heir for name, heir in found.items() if heir and heir.key != held}

    def linking_site(self) -> Site | None:
        """The sub-site that linked here, if this link says so."""
        named = self.request.GET.get(FINGERPRINT, "").partition(".")[2]
        site = get_config().site_by_id(named)
        return site if site is not None and not site.is_main else None

    def address(self) -> str:
        """The path and query asked for, without the protocol's own parameters; "/" if unsafe."""
        query = self.request.GET.copy()
        for name in (TOLD, NOT_CARRIED_OUT, FINGERPRINT):
            query.pop(name, None)
        if len(query) == len(self.request.GET):
            whole = self.request.get_full_path()
        else:
            whole = self.request.path + (f"?{query.urlencode()}" if query else "")
        return safe_next(whole) or safe_next(self.request.path) or "/"

    def back(self) -> str:
        """The page of this site that led here, for a POST that has no page of its own."""
        start = f"{self.request.scheme}://{self.request.get_host()}/"
        referrer = self.request.headers.get("Referer", "")
        return (
            safe_next(f"/{referrer.removeprefix(start)}") or "/"
            if referrer.startswith(start)
            else "/"
        )


class Flow:
    """One handshake as the sub-site holds it: a name, a client key, and where to go afterwards."""

    def __init__(self, name: str, key: str, next_path: str) -> None:
        self.name, self.key, self.next_path = name, key, next_path

    @classmethod
    def begin(cls, visit: Visit, next_path: str, *, holds_request: bool = False) -> "Flow":
        """A new flow with a new client key."""
        name = new_flow(visit.now, secrets.token_hex(8), holds_request=holds_request)
        return cls(name, secrets.token_urlsafe(24), next_path)

    def again(self) -> "Flow":
        """The second and last try of this flow."""
        return Flow(retry_of(self.name), secrets.token_urlsafe(24), self.next_path)

    @classmethod
    def held(cls, request: HttpRequest, name: str) -> "Flow | None":
        """The flow of this name, if the browser holds its client key."""
        value = cookies.flow_key(request, cookies.CLIENT_KEY, name)
        if value is None:
            return None
        key, _, packed = value.partition(".")
        try:
            next_path = b64decode(
                packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True
            ).decode()
        except ValueError:
            next_path = "/"
        return cls(name, key, safe_next(next_path) or "/")

    @property
    def challenge(self) -> str:
        """What travels instead of the client key."""
        return challenge_of(self.key)

    def remember(self, visit: Visit, response: HttpResponse) -> None:
        """Give the browser the client key; the oldest flows make room."""
        short = self.next_path if len(self.next_path) <= NEXT_IN_COOKIE else "/"
        packed = b64encode(short.encode(), altchars=b"-_").decode().rstrip("=")
        request = visit.request
        cookies.set_flow_key(
            request, response, cookies.CLIENT_KEY, self.name, f"{self.key}.{packed}"
        )
        cookies.make_room(request, response, cookies.CLIENT_KEY, visit.now)
        cookies.set_probe(request, response)


def shake_hands(visit: Visit, flow: Flow, heir: Heir | None = None) -> HttpResponse:
    """Move the browser to the main site, with the flow's challenge.

    heir: what this site's own retired token made way for, for main to ask for if it does not know.
    """
    main = get_config().main()
    if main is None:
        raise RuntimeError("The network has no main site.")
    query = urlencode(
        {
            "site": visit.site.id,
            "flow": flow.name,
            "challenge": flow.challenge,
            "next": flow.next_path,
            **({FINGERPRINT: f"{fingerprint(heir.key)}.{heir.site}"} if heir else {}),
        }
    )
    url = f"{visit.origin_of(main)}{reverse('sessionsync:generate_auth_code')}?{query}"
    response = transports.move(visit.request, url)
    flow.remember(visit, response)
    transport, because = transports.transport_for(visit.request)
    outcome, digest = _leaves_as(visit, flow), flow_digest(flow.name)
    why = f"{visit.why} ({transport}: {because})"
    journal.note(visit.entry("leave", outcome, why=why, transport=transport, flow=digest))
    return response


def _leaves_as(visit: Visit, flow: Flow) -> str:
    if visit.action is Action.KEEP:
        return "keep"
    if is_retry(flow.name):
        return "again"
    return "heal" if visit.disagrees else "move"


def send_back(visit: Visit, site: Site) -> HttpResponse:
    """From main: let the linking site, whose session main does not know, shake hands first."""
    why = "the site that linked here knows another session"
    response = _ask(visit, site, visit.address(), why)
    cookies.set_disagreed(visit.request, response)
    return response


def ask_heir(
    visit: Visit, next_path: str, *, said: str = "", but: Site | None = None
) -> HttpResponse | None:
    """From main, for retired tokens: let the site where their session went on shake hands first.

    That is where a sign-in, a checkout or a merge took place of which main never heard: the
    message got lost, or main was away. next_path: where to go on here afterwards. said: what
    another site says of its own retired token, as `_st` of links. None where no other site than
    `but` is to be asked, or one was just asked.
    """
    named = [heir.site for heir in visit.missing().values()]
    known, _, place = said.partition(".")
    held = session_of(visit.request).session_key if known else None
    if known and not (held and fingerprint(held) == known):
        named.append(place)
    asked = cookies.has_just_asked(visit.request, visit.now)
    if not named or asked or cookies.has_asked_enough(visit.request) or back_to(next_path) is None:
        return None
    sites = [get_config().site_by_id(each) for each in named]
    site = next((each for each in sites if each and not each.is_main and each != but), None)
    if site is None:
        return None
    response = _ask(visit, site, next_path, "its session went on at another site")
    cookies.set_asked(visit.request, response, visit.now)
    return response


def _ask(visit: Visit, site: Site, next_path: str, why: str) -> HttpResponse:
    query = urlencode({"next": next_path})
    response = transports.move(
        visit.request, f"{visit.origin_of(site)}{reverse('sessionsync:heal')}?{query}"
    )
    cookies.set_probe(visit.request, response)
    journal.note(visit.entry("leave", "heal", why=why))
    return response


def back_to(path: str) -> str | None:
    """The path of a sub-site that leads back to a path of main after a handshake; None if unsafe.

    On main, two of the protocol's own addresses may be returned to as well.
    """
    hops = frozenset(map(reverse, ("sessionsync:generate_auth_code", "sessionsync:resume")))
    if safe_next(path, hops) is None:
        return None
    return safe_next(f"/?{urlencode({ONWARD: path})}")


def go_onward(visit: Visit) -> HttpResponse | None:
    """After the handshake that main asked for: on to the page of main it was asked for from."""
    main, path = get_config().main(), visit.request.GET.get(ONWARD, "")
    if main is None or back_to(path) is None or visit.site.is_main:
        return None
    return transports.close(HttpResponseRedirect(f"{visit.origin_of(main)}{path}", status=303))


def serve_without(visit: Visit, path: str, *, carried_out: bool = True) -> HttpResponse:
    """Send the browser to a page of this site that is served without a session, and says so."""
    extra = {TOLD: "1"} if carried_out else {TOLD: "1", NOT_CARRIED_OUT: "1"}
    bare, _, fragment = path.partition("#")
    joined = f"{bare}{'&' if '?' in bare else '?'}{urlencode(extra)}"
    response = HttpResponseRedirect(f"{joined}#{fragment}" if fragment else joined, status=303)
    cookies.set_probe(visit.request, response)
    return transports.close(response)


def is_navigation(visit: Visit) -> bool:
    """Whether the browser may be moved at all."""
    return visit.kind is not Kind.IN_PLACE

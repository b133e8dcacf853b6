"""The protocol's decisions, as functions of plain values: no HTTP, no clock, no stores.

Everything that shakes hands asks here what to do, so what is proven about these functions holds
for the shop. The vocabulary is that of docs/sessionsync/protocol.md.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from urllib.parse import unquote

from sessionsync.tokens import same_secret


class Limits(Protocol):
    """The two times, in seconds, that decisions depend on."""

    @property
    def resync_after(self) -> int:
        """A handshake older than this is due again."""

    @property
    def unspent_after(self) -> int:
        """A handshake that did not come back for so long will not."""


NEXT_LENGTH = 2000
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_FLOW = re.compile(r"([0-9a-f]{11})[0-9a-f]{16}([0-3])")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


class Kind(Enum):
    """What a request is to the protocol. Only navigations may be moved to another site."""

    GET = "a page that a person opens"
    POST = "a form that a person sends"
    IN_PLACE = "answered where it arrived"


class Action(Enum):
    """What a site does with a request."""

    SERVE = "serve with whatever session its cookies name"
    SERVE_WITHOUT = "serve in place, without a session"
    STAND_ALONE = "serve with a session of this site alone, for as long as a handshake lasts"
    ALONE_FOR_NOW = "serve with a session of this site alone, and soon try again"
    HANDSHAKE = "move the browser to the main site"
    KEEP = "keep the request, shake hands, carry it out once"
    KEEP_HERE = "keep the request, prove that cookies stay, carry it out once"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as a site sees it. Ages are seconds; None where there is nothing to be old.

    has_token: its cookies hold a token that may name a session.
    handshake_age: since this browser last shook hands on this site, with or without success.
    same_origin: it comes from a page of this very site.
    probe: the browser sent back the cookie that any page of ours tries to set.
    told: it was sent here with the news that the browser keeps no cookies.
    unspent_age: of the oldest handshake that left this site and never came back.
    disagrees: the site that linked here sent the fingerprint of another session, and no such
    disagreement has led to a handshake lately.
    main_away: the main site gives no sign of life.
    on_write_only: the network shakes hands only when a shopper first changes something.
    landed: a handshake ended here seconds ago, and the token it set is not among the cookies.
    """

    is_main: bool
    kind: Kind
    has_token: bool
    handshake_age: float | None = None
    same_origin: bool = False
    probe: bool = False
    told: bool = False
    unspent_age: float | None = None
    disagrees: bool = False
    main_away: bool = False
    on_write_only: bool = False
    landed: bool = False


def decide(arrival: Arrival, limits: Limits) -> tuple[Action, str]:
    """What to do with a request, and why (for the trace)."""
    if arrival.kind is Kind.IN_PLACE:
        return Action.SERVE, "not a navigation"
    if arrival.told and not arrival.has_token:
        return Action.SERVE_WITHOUT, "the browser keeps no cookies"
    if arrival.is_main:
        if arrival.kind is Kind.POST and not arrival.has_token:
            return Action.KEEP_HERE, "a first POST on the main site"
        return Action.SERVE, "the main site needs no handshake"
    out_of_reach = arrival.unspent_age is not None and arrival.unspent_age >= limits.unspent_after
    if arrival.has_token:
        return _with_token(arrival, limits, out_of_reach=out_of_reach)
    return _without_token(arrival, out_of_reach=out_of_reach)


def _with_token(arrival: Arrival, limits: Limits, *, out_of_reach: bool) -> tuple[Action, str]:
    age = arrival.handshake_age
    due = age is None or age > limits.resync_after or arrival.disagrees
    if not due or arrival.told or arrival.kind is Kind.POST:
        return Action.SERVE, "it has a session"
    if arrival.on_write_only:
        return Action.SERVE, "pages are never moved here"
    if out_of_reach:
        return Action.STAND_ALONE, "a handshake is due, but main is out of this browser's reach"
    if arrival.main_away:
        return Action.SERVE, "a handshake is due, but main gives no sign of life"
    if arrival.disagrees:
        return Action.HANDSHAKE, "the site that linked here knows another session"
    return Action.HANDSHAKE, "its last handshake is too old"


def _without_token(arrival: Arrival, *, out_of_reach: bool) -> tuple[Action, str]:
    is_post = arrival.kind is Kind.POST
    if is_post and (out_of_reach or arrival.main_away):
        return Action.KEEP_HERE, "main is out of reach"
    if is_post:
        return Action.KEEP, "a POST without a session"
    if arrival.on_write_only:
        return Action.SERVE, "pages are never moved here"
    if out_of_reach:
        return Action.STAND_ALONE, "main is out of this browser's reach"
    if arrival.same_origin and not arrival.probe:
        return Action.SERVE_WITHOUT, "a click inside the site came without the probe cookie"
    if arrival.landed:
        return Action.SERVE_WITHOUT, "the token that was just set did not stay"
    if arrival.main_away:
        return Action.ALONE_FOR_NOW, "main gives no sign of life"
    return Action.HANDSHAKE, "no session on this site"


class Meeting(Enum):
    """What happens to two sessions that one browser presented together."""

    LINK = "the smaller becomes an alias of the greater, goods move to the greater"
    ABSORB = "goods move to the signed-in session, the anonymous one is retired"
    PART = "the later sign-in stays, the other is retired, goods stay apart"


@dataclass(frozen=True, slots=True)
class Party:
    """A session at a meeting: its token's place in the order, and who is signed in."""

    order: tuple[int, str]
    principal: str = ""
    signed_in_at: float | None = None


def meet(one: Party, other: Party) -> tuple[Meeting, Party, Party]:
    """What happens, who stays and who goes. Symmetric: the order of the two does not matter."""
    smaller, greater = sorted((one, other), key=lambda party: party.order)
    if one.principal == other.principal:
        return Meeting.LINK, greater, smaller
    if not (one.principal and other.principal):
        stays, goes = (one, other) if one.principal else (other, one)
        return Meeting.ABSORB, stays, goes
    stays, goes = greater, smaller
    if (smaller.signed_in_at or 0) > (greater.signed_in_at or 0):
        stays, goes = smaller, greater
    return Meeting.PART, stays, goes


class Origin(Enum):
    """Whether a kept POST may be carried out without asking."""

    TRUSTED = "sent from a page of the network, or by no browser"
    DOUBTFUL = "its sender cannot be told: ask the person"


def judge_origin(origin: str | None, fetch_site: str | None, network: frozenset[str]) -> Origin:
    """Judge a POST that carries none of our CSRF cookies, as a first visit's does.

    origin, fetch_site: the headers `Origin` and `Sec-Fetch-Site`. network: the origins of this
    site and of the others of the network.
    """
    if origin is not None:
        return Origin.TRUSTED if origin in network else Origin.DOUBTFUL
    return Origin.TRUSTED if fetch_site in {None, "same-origin"} else Origin.DOUBTFUL


def new_flow(now: float, entropy: str, *, holds_request: bool = False) -> str:
    """A flow's name: when it began (milliseconds, hex), 16 random hex digits, and one digit.

    The digit: 0, or 2 where a request is kept for the flow; one more in its second try.
    """
    return f"{int(now * 1000):011x}{entropy}{2 if holds_request else 0}"


def retry_of(flow: str) -> str:
    """The name of a flow's second try."""
    return f"{flow[:-1]}{int(flow[-1]) | 1}"


def first_try_of(flow: str) -> str:
    """The name of the flow that this one is, or is the second try of."""
    return f"{flow[:-1]}{int(flow[-1]) & 2}"


def holds_request(flow: str) -> bool:
    """Whether a request was kept when this flow began, wherever it may be now."""
    match = _FLOW.fullmatch(flow)
    return match is not None and match[2] in "23"


def flow_age(flow: str, now: float) -> float | None:
    """Seconds since a flow began; None if this is no flow's name."""
    match = _FLOW.fullmatch(flow)
    return now - int(match[1], 16) / 1000 if match else None


def is_retry(flow: str) -> bool:
    """Whether a flow is the second and last try."""
    match = _FLOW.fullmatch(flow)
    return match is not None and match[2] in "13"


def is_challenge(value: str) -> bool:
    """Whether this looks like a challenge at all."""
    return _CHALLENGE.fullmatch(value) is not None


def safe_next(path: str, hops: frozenset[str] = frozenset()) -> str | None:
    """The path if a browser may be sent to it on the site that asked, else None.

    Only a path of that site: nothing that a browser could read as another host, no control
    characters, and of the protocol's own addresses only those named in `hops`.
    """
    if not path.startswith("/") or path.startswith("//") or len(path) > NEXT_LENGTH:
        return None
    if _UNSAFE.search(path) or not path.isascii():
        return None
    segments = unquote(path.partition("?")[0].partition("#")[0]).split("/")
    if {".", ".."} & set(segments):
        return None
    is_hop = segments[1].lower() == "sessionsync"
    return None if is_hop and "/".join(segments) not in hops else path


class Verdict(Enum):
    """What a sub-site does with a browser that comes back from main."""

    ACCEPT = "the code is this browser's: meet, set the cookie, go on"
    GO_ON = "it has a session already: go on"
    RETRY = "the code is gone but the client key is right: try once more"
    NO_COOKIES = "the client key did not stay: stop, serve without a session"
    STOP = "the second try failed too, or the code is foreign: say so"


@dataclass(frozen=True, slots=True)
class Return:
    """A browser at consume. `challenge_held` is the digest of the client key it presented."""

    flow_known: bool
    challenge_held: str | None
    has_token: bool
    code_challenge: str | None
    code_site_is_ours: bool
    code_flow_is_ours: bool
    retry: bool


def judge_return(back: Return) -> Verdict:
    """What to do at consume; the code was read and deleted before this is asked."""
    if back.code_challenge is not None:
        right = same_secret(back.challenge_held or "", back.code_challenge)
        if right and back.code_site_is_ours and back.code_flow_is_ours:
            return Verdict.ACCEPT
        if back.has_token:
            return Verdict.GO_ON
        if back.challenge_held is None and back.code_site_is_ours:
            return Verdict.NO_COOKIES
        return Verdict.STOP
    if back.has_token:
        return Verdict.GO_ON
    if back.challenge_held is None:
        return Verdict.NO_COOKIES
    return Verdict.STOP if back.retry or not back.flow_known else Verdict.RETRY

"""The protocol's cookies: their names, what they carry, how they are set and dropped."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sessionsync.conf import get_config
from sessionsync.protocol import flow_age
from sessionsync.tokens import NANOSECONDS, Sealer, Token

TOKEN = "session_token."  # noqa: S105 (a cookie's name)
CLIENT_KEY = "client_key."
MAIN_KEY = "main_key."
CROSS_TOKEN = "session_cross."  # noqa: S105 (a cookie's name)
"""Main's token once more, with SameSite=None: for the `ajax` transport, and set only for that."""
AJAX_KEY = "ajax_key."
AJAX_TRIED = "ajax_tried"
PROBE = "cookies_stay"
DISAGREED = "disagreed"
DISAGREED_AGE = 600
"""Seconds in which a site lets only one disagreement about sessions lead to a handshake."""
ASKED = "asked"
ASKED_AGE = 3600
ASKED_MOST = 3
"""So often in `ASKED_AGE` seconds main asks sub-sites for a session that it was not told of."""
ASKED_APART = 5
"""Seconds between two such questions: the answer to one must not lead to the next."""
LANDED = "landed"
LANDED_AGE = 30
"""Seconds in which a page without the token that a handshake has just set is not moved again."""
FLOW_AGE = 300
"""Seconds a flow's keys stay in the browser: as long as a request may be kept."""
FLOWS_AT_ONCE = 6
TOKENS_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Presented:
    """A genuine token as this browser holds it on this site.

    cookie: the cookie's full name. synced_at: when this site last shook hands, in Unix seconds;
    0 where the cookie does not say. fresh: how many times in a row main had just minted it.
    """

    token: Token
    cookie: str
    synced_at: int
    fresh: int


def sealer() -> Sealer:
    """Seals with SECRET_KEY and still accepts what SECRET_KEY_FALLBACKS sealed."""
    return _sealer_of((settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS)))


@lru_cache(maxsize=4)
def _sealer_of(keys: tuple[str, ...]) -> Sealer:
    return Sealer(keys)


def prefix(request: HttpRequest) -> str:
    """`__Host-` over TLS, where browsers keep such a cookie from being planted; else nothing."""
    return "__Host-" if request.is_secure() else ""


def presented_tokens(request: HttpRequest, now: float, kind: str = TOKEN) -> tuple[Presented, ...]:
    """The genuine tokens among a request's cookies, greatest first, none older than allowed.

    kind: TOKEN or CROSS_TOKEN.
    """
    start = prefix(request) + kind
    seal = sealer()
    oldest = int((now - get_config().max_age) * NANOSECONDS)
    found = []
    for name, value in request.COOKIES.items():
        if not name.startswith(start):
            continue
        parts = value.split(".")
        token = seal.unseal(name.removeprefix(start), ".".join(parts[:2]))
        if token is None or token.ts < oldest:
            continue
        synced_at, fresh = _meta(parts[2:], now)
        found.append(Presented(token, name, synced_at, fresh))
    found.sort(key=lambda each: each.token, reverse=True)
    return tuple(found[:TOKENS_AT_ONCE])


def _meta(parts: list[str], now: float) -> tuple[int, int]:
    if len(parts) != 2 or not all(part.isascii() and part.isalnum() for part in parts):
        return 0, 0
    try:
        synced_at, fresh = int(parts[0][:12], 16), int(parts[1][:1])
    except ValueError:
        return 0, 0
    return (synced_at if synced_at <= now + 60 else 0), fresh


def set_token(
    request: HttpRequest,
    response: HttpResponse,
    token: Token,
    *,
    is_main: bool,
    synced_at: float,
    fresh: int = 0,
) -> None:
    """Set a token's cookie: for 400 days on main, for the browser session elsewhere."""
    value = f"{sealer().seal(token)}.{int(synced_at):x}.{min(fresh, 9)}"
    config = get_config()
    age = config.max_age if is_main else config.sub_cookie_age
    _set(request, response, f"{prefix(request)}{TOKEN}{token.ts}", value, age)
    if is_main and config.transport == "ajax" and request.is_secure():
        ours = f"{prefix(request)}{CROSS_TOKEN}{token.ts}"
        _set(request, response, ours, value, age, samesite="None")
        for name in request.COOKIES:
            if name.startswith(prefix(request) + CROSS_TOKEN) and name != ours:
                drop(request, response, name)


def set_flow_key(
    request: HttpRequest, response: HttpResponse, kind: str, flow: str, key: str
) -> None:
    """Set the key of one flow: `kind` is CLIENT_KEY or MAIN_KEY."""
    _set(request, response, f"{prefix(request)}{kind}{flow}", key, FLOW_AGE)


def flow_key(request: HttpRequest, kind: str, flow: str) -> str | None:
    """The key this browser holds for a flow."""
    return request.COOKIES.get(f"{prefix(request)}{kind}{flow}")


def flows_under_way(request: HttpRequest, kind: str, now: float) -> dict[str, float]:
    """The flows this browser holds keys of, with their ages in seconds, oldest first."""
    start = prefix(request) + kind
    ages = {
        flow: age
        for name in request.COOKIES
        if name.startswith(start)
        and (age := flow_age(flow := name.removeprefix(start), now)) is not None
    }
    return dict(sorted(ages.items(), key=lambda each: -each[1]))


def set_probe(request: HttpRequest, response: HttpResponse) -> None:
    """Try to set the cookie whose absence on a later click shows that none of them stay."""
    _set(request, response, prefix(request) + PROBE, "1", None)


def has_probe(request: HttpRequest) -> bool:
    """Whether the browser sent the probe back."""
    return prefix(request) + PROBE in request.COOKIES


def set_ajax_tried(request: HttpRequest, response: HttpResponse) -> None:
    """Note that a script has just been sent: the next navigation does not wait for another."""
    _set(request, response, prefix(request) + AJAX_TRIED, "1", DISAGREED_AGE)


def has_tried_ajax(request: HttpRequest) -> bool:
    """Whether a script was sent to this browser in the last ten minutes."""
    return prefix(request) + AJAX_TRIED in request.COOKIES


def set_landed(request: HttpRequest, response: HttpResponse) -> None:
    """Note that a handshake has just ended on this site."""
    _set(request, response, prefix(request) + LANDED, "1", LANDED_AGE)


def has_landed(request: HttpRequest) -> bool:
    """Whether a handshake ended here a moment ago."""
    return prefix(request) + LANDED in request.COOKIES


def drop_landed(request: HttpRequest, response: HttpResponse) -> None:
    """A session ended: its token is missing for that reason, and a handshake is welcome."""
    if has_landed(request):
        drop(request, response, prefix(request) + LANDED)


def set_disagreed(request: HttpRequest, response: HttpResponse) -> None:
    """Note that a disagreement has just led to a handshake."""
    _set(request, response, prefix(request) + DISAGREED, "1", DISAGREED_AGE)


def has_disagreed(request: HttpRequest) -> bool:
    """Whether a disagreement led to a handshake in the last ten minutes."""
    return prefix(request) + DISAGREED in request.COOKIES


def set_asked(request: HttpRequest, response: HttpResponse, now: float) -> None:
    """Note that main asks a sub-site for this browser's session."""
    times, _ = _asked(request)
    _set(request, response, prefix(request) + ASKED, f"{times + 1}.{int(now)}", ASKED_AGE)


def has_just_asked(request: HttpRequest, now: float) -> bool:
    """Whether this may be the answer to main's last question."""
    _, last = _asked(request)
    return abs(now - last) < ASKED_APART


def has_asked_enough(request: HttpRequest) -> bool:
    """Whether main has asked so often that the session is not to be had."""
    times, _ = _asked(request)
    return times >= ASKED_MOST


def _asked(request: HttpRequest) -> tuple[int, int]:
    """How often main has asked, and when last, in Unix seconds."""
    value = request.COOKIES.get(prefix(request) + ASKED, "")
    match = re.fullmatch(r"([0-9])\.([0-9]{1,12})", value)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def drop_others(
    request: HttpRequest, response: HttpResponse, presented: Iterable[Presented], token: Token
) -> None:
    """Expire the cookies of all presented tokens but the one that stays."""
    for each in presented:
        if each.token != token:
            drop(request, response, each.cookie)


def drop_flow_key(request: HttpRequest, response: HttpResponse, kind: str, flow: str) -> None:
    """Expire the key of one flow: `kind` as in `set_flow_key`."""
    drop(request, response, f"{prefix(request)}{kind}{flow}")


def drop(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Expire a cookie by its full name."""
    _set(request, response, name, "", 0)


def _set(
    request: HttpRequest,
    response: HttpResponse,
    name: str,
    value: str,
    age: int | None,
    samesite: Literal["Lax", "None"] = "Lax",
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=age,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite=samesite,
    )


def make_room(request: HttpRequest, response: HttpResponse, kind: str, now: float) -> None:
    """Drop the oldest flows' keys, so that only a few stay in the browser at a time."""
    under_way = list(flows_under_way(request, kind, now))
    for flow in under_way[: max(0, len(under_way) + 1 - FLOWS_AT_ONCE)]:
        drop_flow_key(request, response, kind, flow)

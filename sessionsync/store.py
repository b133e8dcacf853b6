"""Redis: auth codes, kept requests, copies of sessions. All of it can be rebuilt or retried.

Keys hold token ids and digests, never a MAC, a client key or a code as the browser has it.
"""

import hashlib
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from django_redis import get_redis_connection
from redis.exceptions import RedisError

from sessionsync.addresses import household_of
from sessionsync.conf import get_config

PREFIX = "sessionsync:"
SESSION_COPY_AGE = 60
"""Seconds that a copy of a session may live in Redis; the row is the truth.

Short, because a Redis that was cut off during a logout comes back with copies from before it.
"""

_PUT_NEWER = """
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'EX', ARGV[3])
return 1
"""

_ISSUE = """
local asked = redis.call('INCR', KEYS[1])
if asked == 1 then redis.call('EXPIRE', KEYS[1], 60) end
if asked > tonumber(ARGV[1]) then return 'flood' end
if not redis.call('SET', KEYS[2], '', 'NX', 'EX', ARGV[2]) then return 'used' end
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[3])
return 'issued'
"""

_TAKE = """
local held = redis.call('GETDEL', KEYS[1])
local copy = held and redis.call('GET', ARGV[1] .. cjson.decode(held)['token_key'])
return {held, redis.call('EXISTS', KEYS[2]), copy}
"""


class StoreUnavailable(Exception):
    """Redis did not answer; what needs it cannot be done now."""


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """What an auth code stands for: a token that main vouches for, for one browser on one site.

    challenge: digest of the client key that the browser must hold on that site.
    main_key: digest of the key the same browser holds on main, for `adopt`.
    fresh: whether main minted the token just now, because the browser presented none.
    has_row: whether the database knew the token when the code was made.
    """

    token_key: str
    site: str
    flow: str
    challenge: str
    main_key: str
    fresh: bool
    next: str
    has_row: bool = True


@dataclass(frozen=True, slots=True)
class ReturnRecord:
    """What a return code stands for: the token main is to take over, from the same browser."""

    token_key: str
    site: str
    flow: str
    main_key: str
    next: str


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A POST kept while its browser shakes hands. `body` is base64; `confirm`: ask the person."""

    site: str
    challenge: str
    path: str
    content_type: str
    body: str
    back: str
    confirm: bool


def _client() -> Any:
    return get_redis_connection(get_config().cache)


type Pipeline = Any
"""A redis-py pipeline, to which a caller may add what goes along in the same round trip."""


def _nothing_more(pipe: Pipeline) -> None:
    return


class _Breaker:
    """After a failure this process leaves Redis alone for a while, so that no page waits twice."""

    REST = 2.0
    """Seconds without a try after one that failed."""

    def __init__(self) -> None:
        self._closed_at = 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self._closed_at

    def trip(self) -> None:
        self._closed_at = time.monotonic() + self.REST

    def reset(self) -> None:
        self._closed_at = 0.0


breaker = _Breaker()


@contextmanager
def answering() -> Iterator[Any]:
    """Redis, for as long as it answers. Raises StoreUnavailable when it does not."""
    if breaker.is_open():
        raise StoreUnavailable("Redis failed a moment ago.")
    try:
        yield _client()
    except (RedisError, OSError) as error:
        breaker.trip()
        raise StoreUnavailable(str(error)) from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _dumps(record: CodeRecord | ReturnRecord | PendingRequest) -> str:
    return json.dumps(asdict(record), separators=(",", ":"))


class TooManyHandshakes(Exception):
    """One address asks for more codes than the network allows in a minute."""


def _counted_as(address: str) -> str:
    """The household of an address, what is no address as it is; "" where it stands for many people.

    That is a proxy on this machine that names nobody, or a Unix socket, behind which there is no
    address at all.
    """
    try:
        return household_of(address) or ""
    except ValueError:
        return address


def issue_code(
    record: CodeRecord, address: str, also: Callable[[Pipeline], None] = _nothing_more
) -> str | None:
    """Store a one-time code for a challenge; None if that challenge was used before.

    address: of the browser, for the limit. also: adds to the same round trip. No code is ever
    there for a challenge that was used. Raises TooManyHandshakes, StoreUnavailable.
    """
    config = get_config()
    code = secrets.token_urlsafe(24)
    counted = _counted_as(address)
    keys = (
        f"{PREFIX}rate:{_digest(counted)[:16]}",
        f"{PREFIX}challenge:{record.challenge}",
        f"{PREFIX}code:{_digest(code)}",
    )
    most = config.handshakes_per_minute if counted else sys.maxsize
    ages = (config.challenge_age + 60, config.code_age)
    with answering() as redis:
        pipe = redis.pipeline(transaction=False)
        pipe.eval(_ISSUE, len(keys), *keys, most, *ages, _dumps(record))
        also(pipe)
        outcome, *_ = pipe.execute()
    if outcome == b"flood":
        raise TooManyHandshakes
    return code if outcome == b"issued" else None


class Taken(NamedTuple):
    """What a code stood for, whether a request waits for its flow, the session's copy in Redis."""

    record: CodeRecord | None
    is_kept: bool
    copy: str | None


def take_code(code: str, flow: str) -> Taken:
    """Read and delete a code, and read what will be asked next, in one command.

    Of two who present the same code, one gets it. Raises StoreUnavailable.
    """
    keys = (f"{PREFIX}code:{_digest(code)}", f"{PREFIX}pending:{flow}")
    with answering() as redis:
        held, pending, copy = redis.eval(_TAKE, len(keys), *keys, f"{PREFIX}session:")
    return Taken(CodeRecord(**json.loads(held)) if held else None, bool(pending), _bare(copy))


def issue_return_code(record: ReturnRecord) -> str:
    """Store a one-time code with which main takes over a token. Raises StoreUnavailable."""
    code = secrets.token_urlsafe(24)
    with answering() as redis:
        redis.set(f"{PREFIX}return:{_digest(code)}", _dumps(record), ex=get_config().code_age)
    return code


def take_return_code(code: str) -> ReturnRecord | None:
    """Read and delete a return code. Raises StoreUnavailable."""
    with answering() as redis:
        held = redis.getdel(f"{PREFIX}return:{_digest(code)}")
    return ReturnRecord(**json.loads(held)) if held else None


PENDING_PER_ADDRESS = 20
PENDING_IN_TOTAL = 5000


class TooManyPending(Exception):
    """More requests are kept, for this address or in total, than the caps allow."""


def keep_request(flow: str, record: PendingRequest, address: str) -> None:
    """Keep a request for a few minutes.

    address: the sender's, for the cap. Raises TooManyPending, StoreUnavailable.
    """
    age = get_config().pending_age
    counted = _counted_as(address)
    counters = (f"{PREFIX}kept:{_digest(counted)[:16]}", f"{PREFIX}kept")
    with answering() as redis:
        pipe = redis.pipeline(transaction=True)
        for counter in counters:
            pipe.set(counter, 0, nx=True, ex=age)
            pipe.incr(counter)
        _, mine, _, everyone = pipe.execute()
        too_many = counted and mine > PENDING_PER_ADDRESS
        if too_many or everyone > PENDING_IN_TOTAL:
            raise TooManyPending
        redis.set(f"{PREFIX}pending:{flow}", _dumps(record), ex=age)


def pending_request(flow: str) -> PendingRequest | None:
    """The request kept for a flow. Raises StoreUnavailable."""
    with answering() as redis:
        held = redis.get(f"{PREFIX}pending:{flow}")
    return PendingRequest(**json.loads(held)) if held else None


def forget_request(flow: str) -> None:
    """Drop a kept request; if Redis is away it expires by itself."""
    try:
        with answering() as redis:
            redis.delete(f"{PREFIX}pending:{flow}")
    except StoreUnavailable:
        return


def session_copy(key: str) -> str | None:
    """The copy of a session row, as `put_session_copy` wrote it. Raises StoreUnavailable."""
    with answering() as redis:
        return _bare(redis.get(f"{PREFIX}session:{key}"))


def _bare(held: bytes | None) -> str | None:
    """A copy without its version."""
    return held.decode().partition(":")[2] if held else None


def put_session_copy(key: str, version: int, copy: str, age: int = SESSION_COPY_AGE) -> None:
    """Store a copy unless a newer one is there; silently nothing if Redis is away.

    The version check keeps a slow reader's old copy from hiding a link that was made meanwhile.
    """
    try:
        with answering() as redis:
            redis.eval(_PUT_NEWER, 1, f"{PREFIX}session:{key}", version, copy, age)
    except StoreUnavailable:
        return

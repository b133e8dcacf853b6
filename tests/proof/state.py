"""What a world consists of: plain values that can be compared and hashed, and the world itself."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

from sessionsync.tokens import Token

MAIN = "main"
BUSY = "busy"
OPEN, LINKED, RETIRED = "open", "linked", "retired"

type Cookie = tuple[str, Token | str]
"""A cookie's kind and what it is named for: ("token", token), ("key", flow), ("probe", "")."""
type Jar = frozenset[tuple[Cookie, int]]
"""Cookies with their values. A token's value says whether this site shook hands (0: not, or long
ago); a client key's whether it is older than the wait for main."""
type Place = tuple[int, int, str]
"""Whose cookies: browser, which of its jars, site."""


class Row(NamedTuple):
    """A session row, as in sessionsync.models.Session; `why` it ended is for the rules only."""

    state: str = OPEN
    successor: Token | None = None
    principal: str = ""
    signed_in_at: int = 0
    family: Token | None = None
    replaces: Token | None = None
    version: int = 0
    stored: bool = True
    heir: Token | None = None
    heir_on: str = ""
    why: str = ""


class Url(NamedTuple):
    """An address. `next` is always the one page of the site that asked.

    onward: the address of main that a site's page leads on to, after a handshake main asked for.
    """

    site: str
    path: str = "page"
    flow: str = ""
    code: str = ""
    asker: str = ""
    told: bool = False
    not_run: bool = False
    bare: bool = False
    onward: "Url | None" = None


class Request(NamedTuple):
    """A request on its way, with the cookies it was sent with."""

    url: Url
    what: str
    cookies: Jar
    hops: int
    same_origin: bool = False
    adopts: bool = False
    heals: bool = False

    @property
    def is_post(self) -> bool:
        """Everything but reading a page is sent by a form or a script."""
        return self.what != "get"


class Page(NamedTuple):
    """What a navigation ends in. `notice`: what it says of a request that was not carried out."""

    session: Token | None = None
    notice: str = ""


class Response(NamedTuple):
    """An answer on its way: cookies to set (None: to drop) and where to go, or the page."""

    request: Request
    cookies: tuple[tuple[Cookie, int | None], ...]
    go: Url | Page


class Process(NamedTuple):
    """A request being answered, between two steps: what its steps so far have found."""

    request: Request
    log: tuple[object, ...] = ()


class Intent(NamedTuple):
    """What a person does next: "get", "put:hat", "fetch:hat", "login:ada", "logout", "foreign:hat".

    "fetch" is a script's POST, "foreign" one that somebody else's page makes the browser send.
    """

    site: str
    what: str = "get"
    same_origin: bool = False


class Tab(NamedTuple):
    """A tab of a browser: what the person will do in it, and the one message under way.

    asked: the POST that is to be carried out. last, what: the address last asked for, and how.
    navigations: how many there were. troubles: the world's, when this one began.
    """

    browser: int
    script: tuple[Intent, ...] = ()
    at: Request | Process | Response | None = None
    asked: str = ""
    last: Url | None = None
    what: str = "get"
    navigations: int = 0
    troubles: int = 0


class Code(NamedTuple):
    """An auth code, or a return code for main. `maker`: whose it is; for the rules only.

    again: the token that main vouched for a moment ago did not stay on that site.
    has_row: the database knew the token when the code was made.
    """

    token: Token
    site: str
    flow: str
    fresh: bool
    maker: int
    again: bool = False
    has_row: bool = True
    onward: Url | None = None


class Pending(NamedTuple):
    """A kept request."""

    site: str
    what: str
    confirm: bool
    flow: str


@dataclass(slots=True)
class World:
    """Everything there is at one moment. Values are replaced, never changed, so a copy is cheap.

    The last fields remember what the rules need to know and no server can see.
    """

    tabs: tuple[Tab, ...]
    faults: Mapping[str, int]
    jars: Mapping[Place, Jar]
    using: tuple[int, ...]
    rows: Mapping[Token, Row]
    goods: Mapping[Token, tuple[str, ...]]
    carried_out: frozenset[str]
    copies: Mapping[Token, tuple[int, Row | str]]
    locks: Mapping[Token, int]
    codes: Mapping[str, Code]
    challenges: frozenset[str]
    pending: Mapping[str, Pending]
    landed: Mapping[str, tuple[str, Token, int]]
    old: frozenset[Token]
    minted: int
    signed_in: int
    vanished: int
    held: frozenset[tuple[int, int, Token]]
    had: frozenset[str]
    anonymous: frozenset[Token]
    logged_out: frozenset[Token]
    yielded: frozenset[str]
    runs: Mapping[str, int]
    broken: str

    @classmethod
    def new(cls, tabs: tuple[Tab, ...], faults: Mapping[str, int]) -> Self:
        """A world in which nothing has happened."""
        browsers = 1 + max(tab.browser for tab in tabs)
        return cls(
            tabs, faults, {}, (0,) * browsers, {}, {}, frozenset(), {}, {}, {}, frozenset(), {},
            {}, frozenset(), 0, 0, 0, frozenset(), frozenset(), frozenset(),
            frozenset(), frozenset(), {}, "",
        )  # fmt: skip

    def copy(self) -> "World":
        """The same moment again."""
        return World(*[getattr(self, name) for name in _NAMES])

    def key(self) -> int:
        """A hash of everything: two worlds with the same key count as the same state."""
        values = [getattr(self, name) for name in _NAMES]
        return hash(tuple(frozenset(v.items()) if isinstance(v, dict) else v for v in values))

    def root(self, token: Token) -> Token | None:
        """Where following aliases from a token ends, in the database; None if it was retired."""
        row = self.rows.get(token, Row())
        for _ in range(len(self.rows) + 1):
            if row.successor is None:
                return token if row.state == OPEN else None
            token = row.successor
            row = self.rows.get(token, Row())
        raise RecursionError("a cycle of aliases")

    def heir(self, token: Token) -> Token | None:
        """The open session that a token, or what it made way for, ends at; None where it ended."""
        row = self.rows.get(token, Row())
        while row.successor or row.heir:
            token = row.successor or row.heir or token
            row = self.rows.get(token, Row())
        return token if row.state == OPEN else None

    @property
    def troubles(self) -> int:
        """How many sessions have ended, and how often cookies have vanished or were swapped."""
        return self.vanished + sum(row.state == RETIRED for row in self.rows.values())

    @property
    def within_reach(self) -> frozenset[str]:
        """The goods of the sessions that browsers' tokens lead to."""
        ends = {self.root(token) for _, _, token in self.held}
        return frozenset(good for end in ends if end for good in self.goods.get(end, ()))

    def jar(self, browser: int, site: str) -> Jar:
        """The cookies a browser would send to a site now."""
        return self.jars.get((browser, self.using[browser], site), frozenset())


_NAMES = [field.name for field in fields(World)]

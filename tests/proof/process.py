"""A process that answers one request, step by step, and the session it works with.

Every use of a store is one `do`: a step between which processes may take turns or die. A process
is not kept half-way; it is run again with what its steps found the first time. The session is
sessionsync.engine.SessionStore as far as tokens go: `record`, `create`, `login` (cycle_key and
save), `logout` (flush) and `put`, a view's write that begins with goods.lock_session.
"""

from collections.abc import Callable
from typing import NamedTuple

from sessionsync import tokens
from sessionsync.tokens import Token
from tests.proof import links
from tests.proof.links import Found
from tests.proof.state import MAIN, Cookie, Page, Process, Row, World

POST_VERBS = {"put", "foreign", "login", "logout", "checkout"}
REMEDIES = frozenset({"marker", "kept", "promised", "renewed", "families", "heirs"})
"""What the exploration asked for; docs/sessionsync/proof.md says why. One more, "again", is on in
the worlds that need it, because it makes the others much larger.

marker: for some seconds consume's answer leaves a cookie beside the token; a page that finds it
without the token does not shake hands again.
again: main sees by its own main_key cookies that what it has just vouched for did not stay, and
this handshake ends at the address that is served whatever cookies there are.
kept: consume goes on to a kept request also where it needs no code.
promised: a flow's name says that a request is kept for it.
renewed: main vouches for what the old token leads to, not for a renewal that came too late.
families: a link joins the families of the two.
heirs: a retired session says on which site the one is that it made way for; main asks there.
"""


class Rules(NamedTuple):
    """How a world's servers behave.

    steps: whether processes take turns between steps, or only die there.
    copies: whether Redis holds copies of rows.
    slow: sites whose clocks are far behind.
    """

    steps: bool = False
    copies: bool = False
    slow: frozenset[str] = frozenset()
    remedies: frozenset[str] = REMEDIES


class Suspended(Exception):
    """The process has done as many steps as it was given."""


class Blocked(Exception):
    """The next step waits for a lock that another process holds."""


class Worker:
    """One process that answers one request."""

    def __init__(
        self, world: World, rules: Rules, tab: int, process: Process, fuse: int | None = None
    ) -> None:
        self.world, self.rules, self.tab = world, rules, tab
        self.request, self.log = process.request, list(process.log)
        self.fuse, self.writes, self._next = fuse, 0, 0
        self.url = self.request.url
        self.is_main = self.url.site == MAIN
        self.browser = world.tabs[tab].browser
        held = dict(self.request.cookies)
        self.held: dict[Cookie, int] = held
        presented = [name for kind, name in held if kind == "token" and isinstance(name, Token)]
        self.presented = sorted(presented, reverse=True)
        self.set: dict[Cookie, int | None] = {}
        self._record: Found | None = None
        self.resolved = False
        self.minted: Token | None = None
        self.known: dict[Token, Row] = {}
        self.copy: object = None
        self.alone = False

    # Steps.

    def do[T](self, step: Callable[[], T], *, writes: bool = True) -> T:
        """One step: done now, or remembered from when it was done."""
        if self._next < len(self.log):
            found: T = self.log[self._next]  # type: ignore[assignment]  # what this step returned
        else:
            if self.fuse is not None and (writes or self.rules.steps):
                if not self.fuse:
                    raise Suspended
                self.fuse -= 1
            found = step()
            self.log.append(found)
            self.writes += writes
        self._next += 1
        return found

    # The session.

    @property
    def record(self) -> Found | None:
        """The session that the presented tokens end at."""
        if not self.resolved:
            self._record = links.settle(self, self.presented) if self.presented else None
            self.resolved = True
        return self._record

    def mint(self) -> Token:
        """A new token, by this site's clock."""

        def step() -> Token:
            self.world.minted += 1
            now = 1 if self.url.site in self.rules.slow else 10 * self.world.minted
            return Token(tokens.mint(now, self.presented).ts, f"t{self.world.minted}")

        return self.do(step, writes=False)

    def create(self) -> Found:
        """A session of this site's own; no row until there is something to keep."""
        self.minted = self.mint()
        self.resolved = True
        self._record = Found(self.minted, links.UNUSED._replace(family=self.minted))
        return self._record

    def login(self, who: str) -> None:
        """Django's login(): a replacement, or a new session where somebody else was signed in."""
        old = self.record
        if old and old.row.principal == who:
            return
        if old and old.row.principal:
            self.logout()
            old = None
        self.replace(old, who)

    def checkout(self) -> None:
        """A new token for the same person, as soon as an order is begun."""
        old = self.record
        self.replace(old, old.row.principal if old else "")

    def replace(self, old: Found | None, who: str) -> None:
        """cycle_key() and the save() after it; or a new session where there was none."""
        token = self.mint()
        family = (old.row.family or old.key) if old else token
        row = links.UNUSED._replace(stored=True, family=family, replaces=old.key if old else None)
        if old:
            self.do(lambda: links.insert(self.world, token, row))
        found = self.do(lambda: links.sign_in(self.world, token, row, who))
        self.minted, self._record = token, Found(token, found)

    def logout(self) -> None:
        """Retires the whole family; the browser's own cookies go with the answer."""
        if self.record:
            links.retire_family(self, self.record.key)
        self._record = None

    def put(self, good: str) -> Page:
        """A view that puts something into the session."""
        found = self.record or self.create()
        held = self.do(lambda: links.put(self, found.key, good))
        return Page(held, "" if held else "gone")

    def run(self, what: str) -> Page:
        """The view behind an address."""
        verb, _, name = what.partition(":")
        if verb in {"put", "fetch", "foreign"}:
            return self.put(name)
        if verb == "login":
            self.login(name)
        elif verb == "checkout":
            self.checkout()
        elif verb == "logout":
            self.logout()
        return Page(self.record.key if self.record else None)

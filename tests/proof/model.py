"""A world of browsers and sites: what can happen next in it, and what it then looks like.

Messages are never only sent: each tab holds the one request, process or response under way, and
what happens to it next (delivered, dropped, its process dies) is an event like any other. So the
order of everything is open, and a delayed message is one whose event comes late. Faults of a kind
may happen as often as the world's `faults` say.

| fault | what happens |
| --- | --- |
| drop | a request or a response is lost; the person sees the browser's error page |
| die | the process that answers dies between two steps, transactions being atomic |
| reload | the last address is asked for again, with the cookies there are now (not a POST) |
| lose | all cookies of one site vanish (bounce tracking protection, the person, an eviction) |
| lose-token, lose-key | only those cookies of one site do |
| rotate | the browser changes to its other cookie jar, on all sites |
| flush | Redis is emptied |
| expire | all codes expire |
| lapse | Redis loses its copies of sessions, and nothing else |
| wait | all handshakes under way become older than the wait for main |
| half | all tokens reach half of their life |
| stray | another tab, of any browser, opens the address that this one has just asked for |
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sessionsync.tokens import Token
from tests.proof.links import assign
from tests.proof.process import POST_VERBS, Blocked, Rules, Suspended
from tests.proof.server import Server
from tests.proof.state import (
    Cookie,
    Jar,
    Page,
    Place,
    Process,
    Request,
    Response,
    Row,
    Tab,
    Url,
    World,
)

PLAIN = Rules()
REQUESTS_A_TROUBLE = 3
"""What a navigation may take longer for each session that ended meanwhile, in another tab, and for
each time its cookies vanished: one more handshake."""
REQUESTS_TO_ASK = 5
"""And where main asks the site that has the session: there and back, and a handshake there."""


@dataclass(frozen=True)
class Setting:
    """A small world: who does what, what may go wrong, and what its browsers do with cookies.

    refuses: (site, kind) pairs of cookies that no browser keeps; the kind "*" is all of them.
    habits: what browsers do all the time: ("forget", site, path): all cookies of a site before each
    request of that path; ("swap", n, m): jars, before every n-th request, counted from m.
    tokens: what the first browser holds at the beginning, by site: anonymous sessions with a good
    in each. are_old: half of their life is over.
    most: requests that one navigation may take, more than the rule's in worlds where other
    things than cookies fail too.
    """

    name: str
    tabs: tuple[Tab, ...]
    faults: Mapping[str, int] = field(default_factory=dict)
    refuses: frozenset[tuple[str, str]] = frozenset()
    rules: Rules = PLAIN
    habits: tuple[tuple[str, str, str], ...] = ()
    tokens: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    are_old: bool = False
    most: int = 6

    def begin(self) -> World:
        """The world before anything happened."""
        world = World.new(self.tabs, dict(self.faults))
        for site, held in self.tokens.items():
            tokens = [Token(number, f"h{number}") for number in held]
            world.jars = {**world.jars, (0, 0, site): frozenset((("token", t), 1) for t in tokens)}
            world.rows = {**world.rows, **{t: Row(family=t) for t in tokens}}
            world.goods = {**world.goods, **{t: (f"good {t.ts}",) for t in tokens}}
        world.runs = {good: 1 for goods in world.goods.values() for good in goods}
        world.held = _tokens(world.jars)
        world.had = world.within_reach
        if self.are_old:
            world.old = frozenset(world.rows)
        return world

    def keeps(self, site: str, kind: str) -> bool:
        """Whether the browsers keep a cookie of this kind on a site."""
        return not {(site, kind), (site, "*"), ("*", kind), ("*", "*")} & self.refuses


type Event = tuple[str, World]


class Model:
    """The events of one setting."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.rules = setting.rules

    def events(self, world: World) -> Iterator[Event]:
        """All that can happen next, each with the world after it."""
        for number, tab in enumerate(world.tabs):
            match tab.at:
                case None:
                    yield from self._person(world, number, tab)
                case Request() | Process():
                    yield from self._answer(world, number, tab)
                case Response() as response:
                    yield self._arrive(world, number, response)
                    yield from self._lost(world, number, "response", response.request)
        yield from self._misfortunes(world)

    # The person.

    def _person(self, world: World, number: int, tab: Tab) -> Iterator[Event]:
        if tab.script:
            intent, *later = tab.script
            asked = intent.what if intent.what.partition(":")[0] in POST_VERBS else ""
            after = self._navigate(world, number, script=tuple(later), asked=asked)
            url = Url(intent.site)
            if intent.what == "confirm":
                if not (tab.last and tab.last.path == "resume"):
                    yield "", self._with(world, number, script=tuple(later))
                    return
                url = tab.last
            self._send(after, number, url, intent.what, 1, same_origin=intent.same_origin)
            yield f"tab {number}: {intent.what} on {url.site}", after
        elif tab.last and tab.what in {"get", "confirm"} and world.faults.get("reload"):
            after = self._navigate(self._spend(world, "reload"), number)
            self._send(after, number, tab.last, tab.what, 1)
            yield f"tab {number}: reload of {tab.last.path} on {tab.last.site}", after

    def _send(
        self,
        world: World,
        number: int,
        url: Url,
        what: str,
        hops: int,
        *,
        same_origin: bool = False,
        adopts: bool = False,
        heals: bool = False,
    ) -> None:
        tab = world.tabs[number]
        adopts, heals = adopts or url.path == "adopt", heals or url.path == "heal"
        self._habits(world, tab.browser, url, hops)
        request = Request(
            url, what, world.jar(tab.browser, url.site), hops, same_origin, adopts, heals
        )
        world.tabs = self._with(world, number, at=request, last=url, what=what).tabs
        troubles = world.troubles - tab.troubles
        most = self.setting.most + bool(tab.asked) + adopts + REQUESTS_A_TROUBLE * troubles
        most += REQUESTS_TO_ASK * heals
        if hops > most:
            world.broken = f"3: request {hops} of a navigation"

    def _habits(self, world: World, browser: int, url: Url, hops: int) -> None:
        for verb, *habit in self.setting.habits:
            if verb == "forget" and habit == [url.site, url.path]:
                assign(world, "jars", (browser, world.using[browser], url.site), frozenset())
            elif verb == "swap" and (hops + int(habit[1])) % int(habit[0]) == 0:
                swapped = enumerate(world.using)
                world.using = tuple(1 - n if one == browser else n for one, n in swapped)

    # Servers.

    def _answer(self, world: World, number: int, tab: Tab) -> Iterator[Event]:
        process = tab.at if isinstance(tab.at, Process) else None
        if process is None:
            assert isinstance(tab.at, Request)
            process = Process(tab.at)
            yield from self._lost(world, number, "request", tab.at)
        if self.rules.steps:
            yield from self._step(world, number, process)
            return
        after = world.copy()
        server = Server(after, self.rules, number, process)
        response = server.answer()
        after.tabs = self._with(after, number, at=response).tabs
        name = f"tab {number}: {process.request.url.path} on {process.request.url.site}"
        yield f"{name} answers {_say(response.go)}", after
        if world.faults.get("die"):
            for steps in range(1, server.writes):
                after = self._spend(world, "die")
                try:
                    Server(after, self.rules, number, process, fuse=steps).answer()
                except Suspended:
                    after.tabs = self._with(after, number, at=None).tabs
                    yield f"{name} dies after {steps} writing steps", after

    def _step(self, world: World, number: int, process: Process) -> Iterator[Event]:
        url = process.request.url
        name = f"tab {number}: {url.path} on {url.site}, step {len(process.log) + 1}"
        after = world.copy()
        server = Server(after, self.rules, number, process, fuse=1)
        try:
            response = server.answer()
            after.tabs = self._with(after, number, at=response).tabs
            yield f"{name}: answers {_say(response.go)}", after
        except Suspended:
            paused = Process(process.request, tuple(server.log))
            after.tabs = self._with(after, number, at=paused).tabs
            yield name, after
        except Blocked:
            return
        if world.faults.get("die") and process.log:
            after = self._with(self._spend(world, "die"), number, at=None)
            after.locks = {key: tab for key, tab in after.locks.items() if tab != number}
            yield f"{name}: dies before it", after

    # The network and the browser.

    def _lost(self, world: World, number: int, what: str, request: Request) -> Iterator[Event]:
        if world.faults.get("drop"):
            after = self._with(self._spend(world, "drop"), number, at=None)
            yield f"tab {number}: {what} of {request.url.path} is lost", after

    def _arrive(self, world: World, number: int, response: Response) -> Event:
        after, tab, request = world.copy(), world.tabs[number], response.request
        site = request.url.site
        self._keep_cookies(after, tab.browser, site, response)
        after.tabs = self._with(after, number, at=None).tabs
        if isinstance(response.go, Page):
            after.tabs = self._with(after, number, asked="").tabs
            self._page(after, tab, response.go, request.hops)
            return f"tab {number}: page, {response.go.notice or response.go.session}", after
        stays = response.go.site == site and request.same_origin
        self._send(
            after,
            number,
            response.go,
            "get",
            request.hops + 1,
            same_origin=stays,
            adopts=request.adopts,
            heals=request.heals,
        )
        return f"tab {number}: goes to {_say(response.go)}", after

    def _keep_cookies(self, world: World, browser: int, site: str, response: Response) -> None:
        jar: dict[Cookie, int] = dict(world.jar(browser, site))
        for cookie, value in response.cookies:
            if value is None:
                jar.pop(cookie, None)
            elif self.setting.keeps(site, cookie[0]):
                jar[cookie] = value
        place = (browser, world.using[browser], site)
        assign(world, "jars", place, frozenset(jar.items()))
        world.held |= _tokens({place: world.jars[place]})
        world.had |= world.within_reach

    def _page(self, world: World, tab: Tab, page: Page, hops: int) -> None:
        verb, _, good = tab.asked.partition(":")
        if verb in {"put", "foreign"} and not page.notice and not world.runs.get(good):
            world.broken = f"7: a page does not say that {good} was not put in"
        if page.notice == "not run" and world.runs.get(good):
            world.broken = f"7: a page says that {good} was not put in, and it was"
        spent = self.setting.faults.get("stray") != world.faults.get("stray")
        odd = self.setting.refuses or self.setting.habits or world.troubles > tab.troubles or spent
        if not odd and page.notice == "cookies off" and hops > 1:  # not one that was told, reloaded
            world.broken = "3: a browser that keeps cookies is told that it does not"

    # Faults.

    def _misfortunes(self, world: World) -> Iterator[Event]:
        left = {name for name, times in world.faults.items() if times}
        if not (left and any(tab.at or tab.script for tab in world.tabs)):
            return
        for name in left & {"lose", "lose-token", "lose-key"}:
            yield from self._lose(world, name)
        if "rotate" in left:
            for browser in range(len(world.using)):
                after = self._spend(world, "rotate")
                after.vanished += 1
                using = list(world.using)
                using[browser] = 1 - using[browser]
                after.using = tuple(using)
                self._send_again(after, browser)
                yield f"browser {browser} changes to its jar {using[browser]}", after
        yield from self._redis(world, left)
        if "half" in left:
            after = self._spend(world, "half")
            after.old = frozenset(token for _, _, token in _tokens(world.jars))
            yield "half of all tokens' life is over", after
        if "wait" in left:
            yield "some seconds pass", self._wait(world)
        if "stray" in left:
            yield from self._stray(world)

    def _redis(self, world: World, left: set[str]) -> Iterator[Event]:
        if "flush" in left:
            after = self._spend(world, "flush")
            after.codes, after.pending, after.copies, after.landed = {}, {}, {}, {}
            after.challenges = frozenset()
            yield "Redis is emptied", after
        if "expire" in left and world.codes:
            after = self._spend(world, "expire")
            after.codes = {}
            yield "the codes expire", after
        if "lapse" in left and world.copies:
            after = self._spend(world, "lapse")
            after.copies = {}
            yield "the copies lapse", after

    def _lose(self, world: World, name: str) -> Iterator[Event]:
        _, _, kind = name.partition("-")
        for place, jar in world.jars.items():
            kept = frozenset(each for each in jar if kind and each[0][0] != kind)
            if kept != jar:
                after = self._spend(world, name)
                after.vanished += 1
                assign(after, "jars", place, kept)
                after.held, after.had = _tokens(after.jars), frozenset()
                self._send_again(after, place[0], place[2], kind)
                what = kind or "all"
                yield f"browser {place[0]} loses {what} cookies of {place[2]}", after

    @staticmethod
    def _send_again(world: World, browser: int, site: str = "", kind: str = "") -> None:
        """Cookies vanish before requests are sent: the other order is that those come first."""
        tabs = list(world.tabs)
        for number, tab in enumerate(tabs):
            if tab.browser != browser or not isinstance(tab.at, Request):
                continue
            to, cookies = tab.at.url.site, tab.at.cookies
            if not site:
                cookies = world.jar(browser, to)
            elif to == site:
                cookies = frozenset(each for each in cookies if kind and each[0][0] != kind)
            tabs[number] = tab._replace(at=tab.at._replace(cookies=cookies))
        world.tabs = tuple(tabs)

    def _wait(self, world: World) -> World:
        after = self._spend(world, "wait")
        after.jars = {
            place: frozenset(
                (cookie, 1 if cookie[0] == "key" else value)
                for cookie, value in jar
                if cookie[0] != "landed"
            )
            for place, jar in world.jars.items()
        }
        return after

    def _stray(self, world: World) -> Iterator[Event]:
        for number, tab in enumerate(world.tabs):
            if not isinstance(tab.at, Request) or tab.at.url.path == "page":
                continue
            for other, victim in enumerate(world.tabs):
                if other != number and victim.at is None:
                    after = self._navigate(self._spend(world, "stray"), other, asked="")
                    self._send(after, other, tab.at.url, "get", 1)
                    yield f"tab {other}: opens tab {number}'s address {tab.at.url.path}", after

    # Worlds.

    def _navigate(self, world: World, number: int, **changes: object) -> World:
        """A world in which a tab begins its next navigation."""
        navigations = world.tabs[number].navigations + 1
        return self._with(
            world, number, navigations=navigations, troubles=world.troubles, **changes
        )

    @staticmethod
    def _spend(world: World, fault: str) -> World:
        after = world.copy()
        after.faults = {**world.faults, fault: world.faults[fault] - 1}
        return after

    @staticmethod
    def _with(world: World, number: int, **changes: object) -> World:
        after = world.copy()
        tabs = list(world.tabs)
        tabs[number] = tabs[number]._replace(**changes)  # type: ignore[arg-type]
        after.tabs = tuple(tabs)
        return after


def _tokens(jars: Mapping[Place, Jar]) -> frozenset[tuple[int, int, Token]]:
    """The tokens in cookie jars: browser, jar, token."""
    return frozenset(
        (browser, number, name)
        for (browser, number, _), jar in jars.items()
        for (_, name), _ in jar
        if isinstance(name, Token)
    )


def _say(go: Url | Page) -> str:
    if isinstance(go, Page):
        return f"a page ({go.notice or go.session})"
    told = "?_nocookies=1" if go.told else ""
    return f"{go.path}{told} on {go.site}"

"""What sessionsync's HTTP and database code does, step by step, over a world instead of servers.

| here | there |
| --- | --- |
| `Server.page` | middleware.SessionSyncMiddleware.__call__, _begin, _finish, _set_cookies |
| `Server.keep`, `carry_out` | keeping.keep, keeping.carry_out |
| `Server.shake_hands`, `serve_without` | visit.shake_hands, visit.serve_without |
| `Server.generate`, `consume`, `adopt`, `resume` | the views of these names, with their helpers |
| `process.Worker` | engine.SessionStore, goods.lock_session |
| `links` | links, records |
"""

from sessionsync import protocol
from sessionsync.protocol import Action, Kind, Origin, Verdict
from sessionsync.tokens import Token
from tests.proof import links
from tests.proof.links import Found
from tests.proof.process import POST_VERBS, Worker
from tests.proof.state import MAIN, Code, Page, Pending, Response, Url

NETWORK = frozenset({"own"})


class Limits:
    """Times as the model knows them: 0 is now, 1 is long ago."""

    resync_after = 0
    unspent_after = 1


class Server(Worker):
    """Any site of the network."""

    def answer(self) -> Response:
        """The whole answer. Raises Suspended, Blocked."""
        go = getattr(self, self.url.path)()
        for cookie, value in self.set.items():
            if cookie[0] == "token" and value is not None and isinstance(cookie[1], Token):
                self._note_sent(cookie[1])
        return Response(self.request, tuple(self.set.items()), go)

    def _note_sent(self, token: Token) -> None:
        root = self.world.root(token)
        if root and not self.world.rows.get(root, links.UNUSED).principal:
            self.world.anonymous |= {token}

    # Pages.

    def arrival(self, *, has_token: bool) -> protocol.Arrival:
        """The request as the production decision wants it."""
        synced = [value for (kind, _), value in self.held.items() if kind == "token"]
        waits = [value for (kind, _), value in self.held.items() if kind == "key"]
        is_fetch = self.request.what.startswith("fetch")
        kind = Kind.IN_PLACE if is_fetch else Kind.POST if self.request.is_post else Kind.GET
        return protocol.Arrival(
            is_main=self.is_main,
            kind=kind,
            has_token=has_token,
            handshake_age=0 if any(synced) else None,
            same_origin=self.request.same_origin,
            probe=("probe", "") in self.held,
            told=self.url.told,
            unspent_age=max(waits, default=None),
            landed=(
                "marker" in self.rules.remedies
                and ("landed", "") in self.held
                and not self.presented
            ),
        )

    def page(self) -> Url | Page:
        """Any address but the protocol's own."""
        has_token = bool(self.presented)
        if has_token and self.request.is_post and not self.request.what.startswith("fetch"):
            has_token = self.record is not None
        action, _ = protocol.decide(self.arrival(has_token=has_token), Limits())
        notice = "not run" if self.url.not_run else ""
        if self.url.onward and not self.request.is_post and action is not Action.HANDSHAKE:
            return self.url.onward
        if action is Action.HANDSHAKE:
            return self.shake_hands(self.new_flow())
        if action is Action.SERVE_WITHOUT:
            self.set["probe", ""] = 0
            return Page(None, notice or "cookies off")
        if action is Action.STAND_ALONE:
            self.alone = True
            if not self.presented:
                self.create()
        may_be_kept = self.request.what.partition(":")[0] in {"put", "foreign"}
        if action in {Action.KEEP, Action.KEEP_HERE} and may_be_kept:
            return self.keep(here=action is Action.KEEP_HERE)
        return self.finish(self.run(self.request.what), notice)

    def finish(self, page: Page | Url, notice: str = "") -> Page | Url:
        """Cookies for what the view did, or a handshake where the session turned out retired."""
        if self.resolved and not self.request.is_post and self.url.path == "page":
            heir = self.heir_site()
            if heir:
                page = self.ask(heir, self.url)
        retired = self.resolved and self._record is None and not self.minted and self.presented
        if retired and not self.request.is_post and isinstance(page, Page):
            again, _ = protocol.decide(self.arrival(has_token=False), Limits())
            if again is Action.HANDSHAKE:
                page = self.shake_hands(self.new_flow())
        self.set_cookies()
        if isinstance(page, Url):
            return page
        verb = self.request.what.partition(":")[0]
        if verb in POST_VERBS and not page.notice:
            return Url(self.url.site)
        return page._replace(notice=page.notice or notice)

    def set_cookies(self) -> None:
        """Set a token minted here; drop those that name nothing or a lesser alias."""
        keep: Token | None = None
        if self.minted:
            self.set["token", self.minted] = int(self.alone)
        elif self.resolved and self._record is not None:
            own = self._record.key
            keep = own if own in self.presented else next(iter(self.presented), None)
            if self.alone and keep:
                self.set["token", keep] = 1
        elif not self.resolved:
            return
        missing = self.missing()
        for each in self.presented:
            if each != keep and each not in missing:
                self.set.setdefault(("token", each), None)
        if self.resolved and self._record is None:
            self.set.setdefault(("landed", ""), None)

    # Handshakes.

    def new_flow(self, *, holds: bool = False) -> str:
        """A flow's name: unique, and the same in all worlds in which it begins alike.

        holds: a request is kept for it.
        """
        tab = self.world.tabs[self.tab]
        entropy = f"{self.tab:04x}{holds:x}{tab.navigations:05x}{self.request.hops:06x}"
        landed = self.do(lambda: len(self.world.landed), writes=False)
        return protocol.new_flow(landed, entropy)

    def missing(self, held: Token | None = None) -> dict[Token, str]:
        """On main: retired tokens that made way for what main does not know, and where that is."""
        whole = len(self.presented) == 1 and not self.minted and self.record
        if not self.is_main or "heirs" not in self.rules.remedies or whole:
            return {}
        held = held or (self.record.key if self.record else None)
        found = self.do(
            lambda: tuple(links.heir_of(self.world, token) for token in self.presented),
            writes=False,
        )
        pairs = zip(self.presented, found, strict=True)
        return {token: heir[1] for token, heir in pairs if heir and heir[0] != held}

    def heir_site(self, but: str = "") -> str:
        """On main: the sub-site to ask for the session that a presented token made way for."""
        if ("asked", "") in self.held:
            return ""
        return next((site for site in self.missing().values() if site != but), "")

    def ask(self, site: str, onward: Url) -> Url:
        """Let that site shake hands before the browser goes on."""
        self.set["asked", ""] = 0
        return Url(site, "heal", onward=onward)

    def heal(self) -> Url | Page:
        """On a sub-site: shake hands because main asked; straight back with nothing to bring."""
        if self.record is None and self.url.onward:
            return self.finish(self.url.onward)
        return self.finish(self.shake_hands(self.new_flow()))

    def shake_hands(self, flow: str) -> Url:
        """Move the browser to main."""
        self.set["key", flow] = 0
        self.set["probe", ""] = 0
        return Url(
            MAIN,
            "generate",
            flow,
            asker=self.url.site,
            bare=not self.presented,
            onward=self.url.onward,
        )

    def serve_without(self, site: str, *, carried_out: bool = True) -> Url:
        """Go to a page that is served without a session and says so."""
        if site == self.url.site:
            self.set["probe", ""] = 0
        return Url(site, told=True, not_run=not carried_out)

    def keep(self, *, here: bool) -> Url | Page:
        """Keep a POST, and begin its handshake."""
        origin = "null" if self.request.what.startswith("foreign") else "own"
        doubtful = protocol.judge_origin(origin, None, NETWORK) is Origin.DOUBTFUL
        flow = self.new_flow(holds=True)
        pending = Pending(self.url.site, self.request.what, doubtful, flow)
        self.do(lambda: links.assign(self.world, "pending", flow, pending))
        if not here:
            self.set_cookies()
            return self.shake_hands(flow)
        self.alone = True
        self.create()
        self.set["key", flow] = 0
        self.set["probe", ""] = 0
        resume, heir = Url(self.url.site, "resume", flow), self.heir_site()
        self.set_cookies()
        return self.ask(heir, resume) if heir else resume

    def generate(self) -> Url | Page:
        """On main: vouch for this browser's token."""
        flow, site = self.url.flow, self.url.asker
        found, fresh = self.record, False
        again = bool(found and self.did_not_stay(found))
        heir = self.heir_site(but=site)
        if heir:
            return self.finish(self.ask(heir, self.url))
        if found is None:
            token, fresh = self.mint(), True
        elif found.key in self.world.old:
            token = links.renew(self, found, self.mint())
        else:
            token = found.key
        has_row = found is not None and (found.row.stored or found.key != token)
        code = Code(token, site, flow, fresh, self.maker(), again, has_row, self.url.onward)
        if not self.do(lambda: self.issue(code)):
            return self.finish(Page(None, "stopped"))
        self.set["token", token] = 1
        missing = self.missing(token)
        for each in self.presented:
            if each != token and each not in missing:
                self.set["token", each] = None
        self.set["main_key", flow] = 0
        self.finish(Page())
        return Url(site, "consume", flow, code=f"c{flow}", onward=self.url.onward)

    def maker(self) -> int:
        """Whose flow this is: flows are named after the tab they began in."""
        return self.world.tabs[int(self.url.flow[11:15], 16)].browser

    def did_not_stay(self, found: Found) -> bool:
        """Whether what main vouched for a moment ago, to this site, is missing there already."""
        flow = self.url.flow
        for kind, earlier in self.held:
            if kind != "main_key" or not isinstance(earlier, str) or not self.url.bare:
                continue
            mark = self.world.landed.get(protocol.first_try_of(earlier))
            if not mark or protocol.first_try_of(earlier) == protocol.first_try_of(flow):
                continue
            site, token, number = mark
            begun = -(protocol.flow_age(flow, 0) or 0)
            if site == self.url.asker and begun >= number and self.world.root(token) == found.key:
                return True
        return False

    def issue(self, code: Code) -> bool:
        """Store a code unless its challenge was used before."""
        if code.flow in self.world.challenges:
            return False
        self.world.challenges |= {code.flow}
        links.assign(self.world, "codes", f"c{code.flow}", code)
        return True

    def take(self, name: str) -> Code | None:
        """Read and delete a code, and read the copy of its session, in one step."""

        def step() -> tuple[Code | None, object]:
            code: Code | None = links.remove(self.world, "codes", name)
            return code, code and self.world.copies.get(code.token)

        code, self.copy = self.do(step)
        return code

    def verdict(self, code: Code | None) -> Verdict:
        """What the production decision says to this browser with this code."""
        flow = self.url.flow
        return protocol.judge_return(
            protocol.Return(
                flow_known=bool(flow),
                challenge_held=flow if ("key", flow) in self.held else None,
                has_token=self.record is not None,
                code_challenge=code.flow if code else None,
                code_site_is_ours=code is not None and code.site == self.url.site,
                code_flow_is_ours=code is not None and code.flow == flow,
                retry=protocol.is_retry(flow),
            )
        )

    def consume(self) -> Url | Page:
        """On a sub-site: turn a code into this site's own cookie."""
        flow = self.url.flow
        first = protocol.first_try_of(flow)
        code = self.take(self.url.code)
        is_kept = first in self.world.pending
        if "promised" in self.rules.remedies:
            is_kept = is_kept or (flow[15] == "1" and first not in self.world.carried_out)
        verdict = self.verdict(code)
        if verdict is Verdict.ACCEPT and code:
            return self.accept(code, is_kept=is_kept)
        go: Url | Page = Page(None, "stopped")
        if verdict is Verdict.RETRY:
            go = self.shake_hands(protocol.retry_of(flow))
            if not is_kept:
                self.set["key", flow] = None
        elif verdict is Verdict.NO_COOKIES:
            go = self.serve_without(self.url.site, carried_out=not is_kept)
        elif verdict is Verdict.GO_ON:
            if is_kept and "kept" in self.rules.remedies:
                go = Url(self.url.site, "resume", first)
            elif any(self.held[name] for name in self.held if name[0] == "token"):
                go = Url(self.url.site, onward=self.url.onward)
            else:
                go = self.serve_without(self.url.site)
        return self.finish(go)

    def accept(self, code: Code, *, is_kept: bool) -> Url | Page:
        """The code is this browser's: its token meets those of this site's own cookies."""
        flow, site = self.url.flow, self.url.site
        first = protocol.first_try_of(flow)
        self.note_yield(code)
        if self.rules.copies and self.copy is None and not code.has_row:
            self.known = {code.token: links.UNUSED._replace(family=code.token)}
        winner = links.settle(self, [code.token, *self.presented])
        if winner is None:
            if protocol.is_retry(flow):
                return self.finish(Page(None, "stopped"))
            go = self.shake_hands(protocol.retry_of(flow))
            self.finish(go)
            return go
        if "again" in self.rules.remedies:
            mark = (site, winner.key, len(self.world.landed) + 1)
            self.do(lambda: links.assign(self.world, "landed", first, mark))
        go = self.after_consume(code, winner, is_kept=is_kept)
        self.set["token", winner.key] = 1
        if "marker" in self.rules.remedies:
            self.set["landed", ""] = 0
        for each in self.presented:
            if each != winner.key:
                self.set["token", each] = None
        for name in {flow} if is_kept else {flow, first}:
            if not (is_kept and name == first):
                self.set["key", name] = None
        self.finish(Page())
        return go

    def after_consume(self, code: Code, winner: Found, *, is_kept: bool) -> Url:
        """Where to go with the shared session: by way of main where that must adopt it."""
        flow, site = self.url.flow, self.url.site
        first = protocol.first_try_of(flow)
        on = self.serve_without(site) if code.again else Url(site, onward=code.onward)
        go = Url(site, "resume", first) if is_kept else on
        reached = links.follow(self, code.token)
        if reached is None or reached.key != winner.key:
            back = code._replace(token=winner.key)
            self.do(lambda: links.assign(self.world, "codes", f"r{flow}", back))
            go = Url(MAIN, "adopt", first if is_kept else "", f"r{flow}")
        return go

    def note_yield(self, code: Code) -> None:
        """A code gives its token away: to its maker, on its site, once."""
        if (code.maker, code.site) != (self.browser, self.url.site):
            self.world.broken = "4: a code gave its token to another browser or site"
        if self.do(lambda: code.flow in self.world.yielded, writes=False):
            self.world.broken = "4: a code gave its token twice"
        self.world.yielded |= {code.flow}

    def adopt(self) -> Url | Page:
        """On main: take over the session that a sub-site found to be this browser's."""
        code = self.take(self.url.code)
        if code is None:
            return self.finish(Page(None, "stopped"))
        kept = self.url.flow
        go = Url(code.site, "resume", kept) if kept else Url(code.site, onward=code.onward)
        if ("main_key", code.flow) in self.held:
            winner = links.settle(self, [code.token, *self.presented], code.site)
            if winner:
                self.set["token", winner.key] = 1
                for each in self.presented:
                    if each != winner.key:
                        self.set["token", each] = None
            self.set["main_key", code.flow] = None
        self.set_cookies()
        return go

    def resume(self) -> Url | Page:
        """Carry out a kept request with the session there is now."""
        flow = self.url.flow
        pending = self.do(lambda: self.world.pending.get(flow), writes=False)
        if ("key", flow) not in self.held:
            return self.serve_without(self.url.site, carried_out=False)
        if pending is None or pending.site != self.url.site:
            done = self.do(lambda: flow in self.world.carried_out, writes=False)
            return self.finish(Url(self.url.site) if done else Page(None, "not kept"))
        if self.record is None:
            return self.finish(self.serve_without(self.url.site, carried_out=False))
        if self.request.what != "confirm" and (pending.confirm or self.record.row.principal):
            return self.finish(Page(self.record.key, "confirm"))
        return self.carry_out(flow, pending)

    def carry_out(self, flow: str, pending: Pending) -> Url | Page:
        """Its effect and the row that says so, in one transaction; then forget the request."""
        key = self.record.key if self.record else None

        def effect() -> str:
            if not self.first_time(flow):
                return "done"
            good = pending.what.partition(":")[2]
            return "done" if key and links.put(self, key, good) else "gone"

        outcome = self.do(effect)
        if pending.what.startswith("foreign") and self.request.what != "confirm":
            self.world.broken = "7: a doubtful POST was carried out unasked"
        self.do(lambda: links.remove(self.world, "pending", flow))
        self.set["key", flow] = None
        self.set_cookies()
        return Url(self.url.site) if outcome == "done" else Page(None, "gone")

    def first_time(self, flow: str) -> bool:
        """Write the unique row of a kept request; False if it is there."""
        if flow in self.world.carried_out:
            return False
        self.world.carried_out |= {flow}
        return True

"""The rules that must hold, in every state of a world. An answer begins with a rule's number."""

from dataclasses import replace

from sessionsync.tokens import Token
from tests.proof.model import Model
from tests.proof.state import LINKED, MAIN, OPEN, Intent, Place, Tab, World

KEPT_APART = {"PART", "LOGOUT"}
"""Why a session may be retired together with what it owns: that is its customer's, not lost."""


def broken(world: World) -> str:
    """Which rule this state breaks; empty if none."""
    return world.broken or _aliases(world) or _goods(world) or _sign_ins(world)


def _aliases(world: World) -> str:
    for token, row in world.rows.items():
        if row.state == LINKED and not (row.successor and row.successor > token):
            return f"1: the alias of {token.id} does not lead to a greater token"
    return ""


def _goods(world: World) -> str:
    for good, times in world.runs.items():
        if times > 1:
            return f"7: {good} was put in {times} times"
        owners = [token for token, goods in world.goods.items() for each in goods if each == good]
        if len(owners) != 1:
            return f"2: {good} is there {len(owners)} times"
        row = world.rows[owners[0]]
        if row.state != OPEN and row.why not in KEPT_APART:
            return f"2: {good} stayed with {owners[0].id}, which is {row.state}"
        if row.state == OPEN and good in world.had - world.within_reach:
            return f"2: no token of any browser leads to {good} any more"
    return ""


def _sign_ins(world: World) -> str:
    for token in world.anonymous | world.logged_out:
        root = world.root(token)
        if root and root in world.rows and world.rows[root].principal:
            how = "anonymous" if token in world.anonymous else "logged out"
            return f"5: {token.id} was {how} and leads to a signed-in session"
    return ""


def is_quiet(world: World) -> bool:
    """Whether nothing is under way and nobody will do anything more."""
    return not any(tab.at or tab.script for tab in world.tabs)


def diverged(model: Model, world: World) -> str:
    """Rule 1 in a quiet world: a round of handshakes brings everything together, then rests.

    Every sub-site shakes hands once, and all sites are looked at once more. Then all tokens that
    a cookie jar ever held, and did not lose, end at one session or at none; and another round
    changes nothing.
    """
    setting = model.setting
    sites = sorted({intent.site for tab in setting.tabs for intent in tab.script} - {MAIN})
    if not all(setting.keeps(site, kind) for site in (MAIN, *sites) for kind in ("token", "key")):
        return ""
    quiet = Model(replace(setting, faults={}, habits=(), rules=setting.rules._replace(steps=False)))
    for browser, number in sorted({(browser, number) for browser, number, _ in world.jars}):
        world = _calm(world, browser, number)
        for site in sites:
            world = _visit(quiet, world, browser, site, due=True)
        for site in (*sites, MAIN):
            world = _visit(quiet, world, browser, site)
        if world.broken:
            return world.broken
        here = {token for b, n, token in world.held if (b, n) == (browser, number)}
        ends = {root for token in here if (root := world.root(token))}
        if len(ends) > 1:
            return f"1: tokens of one browser end at {sorted(end.id for end in ends)}"
        again = world
        for site in sites:
            again = _visit(quiet, again, browser, site, due=True)
        if (again.rows, again.minted, again.held) != (world.rows, world.minted, world.held):
            return "1: one more round of handshakes changed something"
    return ""


def hidden(model: Model, world: World) -> str:
    """Rule 12 in a quiet world: whichever site is looked at next, it knows the browser's session.

    No handshake is due. Where a token made way for another one, and the browser holds that one on
    some site, one look is enough to find it.
    """
    setting = model.setting
    if world.vanished or setting.refuses or setting.habits:
        return ""
    quiet = Model(replace(setting, faults={}, rules=setting.rules._replace(steps=False)))
    for (browser, number, site), jar in world.jars.items():
        own = [name for (_, name), _ in jar if isinstance(name, Token)]
        elsewhere = {token for b, n, token in world.held if (b, n) == (browser, number)}
        heirs = {world.heir(token) for token in own if not world.root(token)}
        heir = heirs.pop() if len(heirs) == 1 else None
        if heir is None or heir not in {world.root(token) for token in elsewhere}:
            continue
        after = _visit(quiet, _calm(world, browser, number), browser, site)
        if after.broken:
            return after.broken
        here = (n for (_, n), _ in after.jar(browser, site) if isinstance(n, Token))
        if {after.root(token) for token in here} != {after.root(heir)}:
            return f"12: {site} does not find {heir.id}, which its token made way for"
    return ""


def _calm(world: World, browser: int, number: int) -> World:
    """The same some minutes later: keys of flows, copies and marks of codes have expired."""
    after = world.copy()
    after.using = tuple(number if one == browser else n for one, n in enumerate(world.using))
    after.copies, after.locks, after.landed = {}, {}, {}
    after.jars = {
        place: frozenset(each for each in jar if each[0][0] in {"token", "probe"})
        for place, jar in world.jars.items()
    }
    return after


def _visit(model: Model, world: World, browser: int, site: str, *, due: bool = False) -> World:
    """One page, with nothing going wrong."""
    after = world.copy()
    place: Place = (browser, world.using[browser], site)
    if due:
        jar = after.jars.get(place, frozenset())
        fewer = frozenset((name, 0 if isinstance(name[1], Token) else v) for name, v in jar)
        after.jars = {**after.jars, place: fewer}
    after.tabs = (Tab(browser, (Intent(site),), navigations=world.tabs[0].navigations + 100),)
    while after.tabs[0].at or after.tabs[0].script:
        if after.broken:
            return after
        _, after = next(iter(model.events(after)))
    return after

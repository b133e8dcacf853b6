"""What sessionsync.links and sessionsync.records do, transaction by transaction, over a world.

`settle`, `renew`, `retire_family`, `follow`, `change` mirror the functions of these names; the
decision who stays and who goes is the production one.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sessionsync import protocol
from sessionsync.protocol import Meeting, Party
from sessionsync.tokens import Token
from tests.proof.state import BUSY, LINKED, MAIN, OPEN, RETIRED, Row, World

if TYPE_CHECKING:
    from tests.proof.process import Worker

UNUSED = Row(stored=False)
type Rows = dict[Token, Row]


class Found(NamedTuple):
    """An open session."""

    key: Token
    row: Row


def assign(world: World, store: str, name: object, value: object) -> None:
    """Write one entry of one of the world's stores."""
    setattr(world, store, {**getattr(world, store), name: value})


def remove(world: World, store: str, name: object) -> Any:
    """Read and delete one entry."""
    held = dict(getattr(world, store))
    found = held.pop(name, None)
    setattr(world, store, held)
    return found


def row_of(world: World, key: Token) -> Row:
    """The row of a token, or what stands for a row that is not there yet."""
    return world.rows.get(key) or UNUSED._replace(family=key)


# records


def read(server: "Worker", key: Token) -> Row:
    """A row, through Redis if the world has copies."""
    world = server.world
    if key in server.known:
        return server.known[key]
    copy: tuple[int, Row | str] | None = None
    if server.rules.copies:
        copy = server.do(lambda: world.copies.get(key), writes=False)
        if copy and isinstance(copy[1], Row):
            return copy[1]
    row = server.do(lambda: row_of(world, key), writes=False)
    if server.rules.copies and row.stored and copy is None:
        server.do(lambda: put_copy(world, key, row, row.version))
    return row


def put_copy(world: World, key: Token, copy: Row | str, version: int) -> None:
    """Store a copy unless a newer one is there. A mark of being busy is as new as its row."""
    held = world.copies.get(key)
    if held is None or held[0] <= version:
        assign(world, "copies", key, (version, copy))


def follow(server: "Worker", key: Token) -> Found | None:
    """The open session that a token ends at."""
    row = read(server, key)
    while row.state == LINKED and row.successor:
        key = row.successor
        row = read(server, key)
    return Found(key, row) if row.state == OPEN else None


def heir_of(world: World, key: Token) -> tuple[Token, str] | None:
    """What a retired token made way for, and which sub-site's cookies hold it."""
    site, row = "", row_of(world, key)
    while (row.state == LINKED and row.successor) or row.heir:
        if row.heir and row.heir_on != MAIN:
            site = row.heir_on
        key = row.successor or row.heir or key
        row = row_of(world, key)
    return (key, site) if site and row.stored and row.state == OPEN else None


# links


def settle(server: "Worker", tokens: Iterable[Token], site: str = "") -> Found | None:
    """The one session that all tokens of a browser end at. site: where it is; here, by default."""
    site = site or server.url.site
    wanted, join = sorted(set(tokens)), "families" in server.rules.remedies
    while True:
        found = {one.key: one for one in (follow(server, token) for token in wanted) if one}
        server.known = {}
        taking_over = [one for one in found.values() if one.row.replaces]
        if taking_over:
            for one in taking_over:
                take_over(server, one.key, site)
            continue
        if len(found) <= 1:
            return next(iter(found.values()), None)
        change(server, found, partial(meet_all, site=site, join=join))


def change(server: "Worker", keys: Iterable[Token], apply: Callable[[World, Rows], Rows]) -> None:
    """One transaction: lock open rows, change them; Redis is told before and after."""
    wanted = sorted(set(keys))
    if not server.rules.copies:
        server.do(lambda: commit(server, wanted, apply) if lock(server, wanted) else None)
        return
    if server.do(lambda: lock(server, wanted)):
        server.do(lambda: tell(server.world, wanted, busy=True))
        server.do(lambda: commit(server, wanted, apply))
    server.do(lambda: tell(server.world, wanted))


def lock(server: "Worker", keys: list[Token]) -> bool:
    """Lock rows until the commit; False if one of them is open no longer."""
    await_locks(server, keys)
    opened = are_open(server.world, keys)
    if opened and server.rules.copies:
        server.world.locks = {**server.world.locks, **dict.fromkeys(keys, server.tab)}
    return opened


def commit(server: "Worker", keys: list[Token], apply: Callable[[World, Rows], Rows]) -> None:
    """Change the rows and let them go."""
    world = server.world
    after = apply(world, {key: row_of(world, key)._replace(stored=True) for key in keys})
    if server.rules.copies:
        after = {key: row._replace(version=row.version + 1) for key, row in after.items()}
    world.rows = {**world.rows, **after}
    world.locks = {key: tab for key, tab in world.locks.items() if tab != server.tab}


def tell(world: World, keys: list[Token], *, busy: bool = False) -> None:
    """Put copies of rows into Redis, or marks that they are about to change."""
    for key in keys:
        row = row_of(world, key)
        put_copy(world, key, BUSY if busy else row, row.version + busy)


def await_locks(server: "Worker", keys: Iterable[Token]) -> None:
    """Wait for rows that other processes have locked."""
    from tests.proof.process import Blocked  # which needs this module

    if any(server.world.locks.get(key, server.tab) != server.tab for key in keys):
        raise Blocked


def are_open(world: World, keys: Iterable[Token]) -> bool:
    """Whether sessions are still open, now that they are locked."""
    return all(row_of(world, key).state == OPEN for key in keys)


def party(key: Token, row: Row) -> Party:
    """A session as the production decision wants it."""
    return Party((key.ts, key.id), row.principal, row.signed_in_at or None)


def move_goods(world: World, loser: Token, winner: Token) -> None:
    """The merge handlers: what the first owns now becomes the second's."""
    moved = world.goods.get(loser, ())
    if moved:
        remove(world, "goods", loser)
        assign(world, "goods", winner, tuple(sorted(world.goods.get(winner, ()) + moved)))


def meet_all(world: World, rows: Rows, *, site: str, join: bool) -> Rows:
    """All sessions of one browser meet."""
    stays, *others = rows
    for other in others:
        meeting, winner, loser = protocol.meet(party(stays, rows[stays]), party(other, rows[other]))
        stays, goes = Token(*winner.order), Token(*loser.order)
        if meeting is not Meeting.PART:
            move_goods(world, goes, stays)
        elif rows[goes].signed_in_at > rows[stays].signed_in_at:
            world.broken = "5: of two customers, the earlier sign-in stayed"
        if meeting is Meeting.LINK:
            rows[goes] = rows[goes]._replace(state=LINKED, successor=stays, replaces=None)
            if join:
                rows = join_families(world, rows, goes, stays)
        else:
            rows[goes] = retired(rows[goes], meeting.name, stays)._replace(heir_on=site)
    return rows


def join_families(world: World, rows: Rows, goes: Token, stays: Token) -> Rows:
    """A logout of what remains must reach the replacements of what was linked to it."""
    old, new = rows[goes].family, rows[stays].family
    joined = {k: r._replace(family=new) for k, r in world.rows.items() if r.family == old}
    rest = {k: r._replace(family=new) if r.family == old else r for k, r in rows.items()}
    return {**joined, **rest}


def retired(row: Row, why: str, heir: Token | None = None) -> Row:
    """The row of a session that names nothing any more."""
    return row._replace(state=RETIRED, replaces=None, why=why, heir=heir)


def replaced(row: Row, successor: Token) -> Row:
    """The row of a session that `successor` has taken over from: not an alias of it."""
    return retired(row, "REPLACED", successor)


def take_over(server: "Worker", key: Token, site: str) -> None:
    """A replacement was presented: what it replaces names nothing any more."""
    row = server.do(lambda: row_of(server.world, key), writes=False)
    old = follow(server, row.replaces) if row.replaces else None

    def apply(world: World, rows: Rows) -> Rows:
        if old and rows[key].replaces:
            move_goods(world, old.key, key)
            rows[old.key] = replaced(rows[old.key], key)._replace(heir_on=site)
        rows[key] = rows[key]._replace(replaces=None)
        return rows

    change(server, {key, old.key} if old else {key}, apply)


def retire_family(server: "Worker", key: Token) -> None:
    """What a logout does."""

    def step() -> None:
        world = server.world
        await_locks(server, world.rows)
        world.logged_out |= class_of(world, key)
        family = row_of(world, key).family
        rows = {**world.rows, key: row_of(world, key)._replace(stored=True)}
        for each, row in rows.items():
            if row.family == family and row.state == OPEN:
                rows[each] = retired(row, "LOGOUT")._replace(version=row.version + 1)
        world.rows = rows

    server.do(step)


def class_of(world: World, key: Token) -> frozenset[Token]:
    """All tokens that end at this session, and the replacements that wait to take over from it."""
    tokens = {token for token in world.rows if world.root(token) == key}
    waiting = {
        token for token, row in world.rows.items() if row.replaces and row.replaces in tokens
    }
    return frozenset(tokens | waiting)


def renew(server: "Worker", found: Found, token: Token) -> Token:
    """Link a session to a younger token; the token to vouch for."""

    def apply(world: World, rows: Rows) -> Rows:
        old = rows[found.key]
        move_goods(world, found.key, token)
        rows[token] = rows[token]._replace(
            principal=old.principal, signed_in_at=old.signed_in_at, family=old.family
        )
        rows[found.key] = old._replace(state=LINKED, successor=token)
        return rows

    change(server, {found.key, token}, apply)
    if "renewed" in server.rules.remedies:
        reached = settle(server, server.presented)
        return reached.key if reached else token
    return token


# engine and goods


def insert(world: World, token: Token, row: Row) -> None:
    """The row of a replacement, still without anybody signed in."""
    assign(world, "rows", token, row)


def sign_in(world: World, token: Token, row: Row, who: str) -> Row:
    """The row of a session that somebody has just signed in to, or nobody yet."""
    world.signed_in += bool(who)
    signed = row._replace(principal=who, signed_in_at=world.signed_in if who else 0)
    assign(world, "rows", token, signed)
    return signed


def put(server: "Worker", key: Token, good: str) -> Token | None:
    """Lock the session a key ends at and put something in; None if it was retired."""
    world = server.world
    row = row_of(world, key)
    while row.state == LINKED and row.successor:
        await_locks(server, [key])
        key = row.successor
        row = row_of(world, key)
    await_locks(server, [key])
    if row.state == RETIRED:
        return None
    assign(world, "rows", key, row._replace(stored=True))
    assign(world, "goods", key, tuple(sorted((*world.goods.get(key, ()), good))))
    assign(world, "runs", good, world.runs.get(good, 0) + 1)
    return key

"""Known mistakes, each of which the exploration must find, with the rule that it breaks."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from sessionsync import protocol, tokens
from sessionsync.protocol import Arrival, Meeting, Origin, Party, Return, Verdict
from sessionsync.tokens import Token
from tests.proof import links
from tests.proof.explore import Result, explore, say
from tests.proof.links import Found
from tests.proof.model import Setting
from tests.proof.process import REMEDIES, Rules
from tests.proof.server import Server
from tests.proof.state import LINKED, MAIN, Code, Row, World
from tests.proof.worlds import COPIES, STEPS, tab


@dataclass(frozen=True)
class Mutation:
    """A mistake. `patches`: (where, name, what to put there); none where the rules are changed."""

    name: str
    rule: str
    setting: Setting
    patches: tuple[tuple[Any, str, Callable[..., Any]], ...] = ()

    def hunt(self) -> Result:
        """Explore a world whose servers make this mistake."""
        with ExitStack() as stack:
            for where, name, wrong in self.patches:
                stack.enter_context(patch.object(where, name, wrong))
            return explore(self.setting)


_meet, _decide, _judge = protocol.meet, protocol.decide, protocol.judge_return


def _to_the_smaller(one: Party, other: Party) -> tuple[Meeting, Party, Party]:
    meeting, stays, goes = _meet(one, other)
    return (meeting, goes, stays) if meeting is Meeting.LINK else (meeting, stays, goes)


def _alias_of_the_signed_in(one: Party, other: Party) -> tuple[Meeting, Party, Party]:
    meeting, stays, goes = _meet(one, other)
    return (Meeting.LINK if meeting is Meeting.ABSORB else meeting), stays, goes


def _greatest_customer(one: Party, other: Party) -> tuple[Meeting, Party, Party]:
    meeting, stays, goes = _meet(one, other)
    if meeting is Meeting.PART:
        goes, stays = sorted((one, other), key=lambda party: party.order)
    return meeting, stays, goes


def _by_the_clock(now_ns: int, presented: object = ()) -> Token:
    return Token(now_ns, "")


def _copy_goods(world: World, loser: Token, winner: Token) -> None:
    if loser in world.goods:
        both = (*world.goods[loser], *world.goods.get(winner, ()))
        links.assign(world, "goods", winner, tuple(sorted(set(both))))


def _put_where_it_was(server: Server, key: Token, good: str) -> Token:
    links.assign(server.world, "goods", key, (*server.world.goods.get(key, ()), good))
    links.assign(server.world, "rows", key, links.row_of(server.world, key)._replace(stored=True))
    links.assign(server.world, "runs", good, 1)
    return key


def _replaced_at_login(server: Server, old: Found | None, who: str) -> None:
    _replace(server, old, who)
    if old and server.minted:
        links.take_over(server, server.minted, server.url.site)


_replace = Server.replace


def _next_name(flow: str) -> str:
    return f"{int(flow, 16) + 16:028x}"


def _untold(arrival: Arrival, limits: protocol.Limits) -> tuple[protocol.Action, str]:
    return _decide(replace(arrival, told=False), limits)


def _any_key(back: Return) -> Verdict:
    return Verdict.ACCEPT if back.code_challenge else _judge(back)


def _read_then_delete(server: Server, name: str) -> Code | None:
    code = server.do(lambda: server.world.codes.get(name), writes=False)
    server.do(lambda: links.remove(server.world, "codes", name))
    return code


def _alias_of_replacement(row: Row, successor: Token) -> Row:
    return row._replace(state=LINKED, successor=successor, replaces=None)


def _go_without_adopting(server: Server) -> object:
    code = server.take(server.url.code)
    return server.serve_without(code.site if code else MAIN)


def _without(remedy: str) -> Rules:
    return Rules(remedies=REMEDIES - {remedy})


HATS = (tab(("a", "fetch:hat"), "a"), tab("b"))
POST = tab(("a", "put:hat"))
LOGIN = tab("b", ("a", "login:ada"))

MUTATIONS = [
    Mutation("aliases lead to the smaller token", "1", Setting("", HATS),
             ((protocol, "meet", _to_the_smaller),)),
    Mutation("tokens are minted by the clock alone", "1",
             Setting("", (tab("a"),), tokens={MAIN: (5,)}, are_old=True,
                     rules=Rules(slow=frozenset({MAIN}))),
             ((tokens, "mint", _by_the_clock),)),
    Mutation("main does not adopt a sign-in", "1", Setting("", (LOGIN,)),
             ((Server, "adopt", _go_without_adopting),)),
    Mutation("a renewal that came too late is vouched for", "1",
             Setting("", (tab("a"), tab("b")), {"drop": 1}, tokens={MAIN: (1,)}, are_old=True,
                     rules=STEPS._replace(remedies=REMEDIES - {"renewed"}))),
    Mutation("a link copies the goods", "2", Setting("", HATS),
             ((links, "move_goods", _copy_goods),)),
    Mutation("goods are put in without a lock", "2",
             Setting("", (tab("a"), tab((MAIN, "put:cap"))), rules=COPIES,
                     tokens={MAIN: (2,), "a": (2, 3)}),
             ((links, "put", _put_where_it_was),)),
    Mutation("a link does not look again under its lock", "2",
             Setting("", (tab(MAIN), tab("a")), tokens={MAIN: (1, 2), "a": (2, 3)}, rules=STEPS),
             ((links, "are_open", lambda world, keys: True),)),
    Mutation("a replacement takes over at login", "2",
             Setting("", (tab(("a", "fetch:hat"), ("a", "login:ada")),), {"drop": 1}),
             ((Server, "replace", _replaced_at_login),)),
    Mutation("a retry has no budget", "3", Setting("", (tab("a"),), {"expire": 3}),
             ((protocol, "is_retry", lambda flow: False), (protocol, "retry_of", _next_name))),
    Mutation("nobody listens to the news of no cookies", "3",
             Setting("", (tab("a"),), refuses=frozenset({("*", "*")})),
             ((protocol, "decide", _untold),)),
    Mutation("no mark of having just landed", "3",
             Setting("", (tab("a"),), refuses=frozenset({("a", "token")}),
                     rules=_without("marker"))),
    Mutation("main forgets what it has just vouched for", "3",
             Setting("", (tab("a"),), habits=(("forget", "a", "page"),), most=7)),
    Mutation("codes are read, then deleted", "4",
             Setting("", (tab("a"), tab()), {"stray": 1}, rules=STEPS),
             ((Server, "take", _read_then_delete),)),
    Mutation("consume asks for no client key", "4",
             Setting("", (tab("a"), tab(browser=1)), {"stray": 1}),
             ((protocol, "judge_return", _any_key),)),
    Mutation("an anonymous token becomes an alias of a sign-in", "5", Setting("", (LOGIN,)),
             ((protocol, "meet", _alias_of_the_signed_in),)),
    Mutation("what is replaced becomes an alias", "5", Setting("", (tab("a", ("a", "login:ada")),)),
             ((links, "replaced", _alias_of_replacement),)),
    Mutation("of two customers the greater token stays", "5",
             Setting("", (tab(("a", "login:ada")), tab(("b", "login:bob"))),
                     rules=Rules(slow=frozenset({"b"}))),
             ((protocol, "meet", _greatest_customer),)),
    Mutation("linked sessions keep their own families", "5",
             Setting("", (tab(("a", "login:ada"), ("a", "checkout")),
                          tab(("b", "login:ada"), ("b", "logout"))), rules=_without("families"))),
    Mutation("a kept POST has no unique row", "7",
             Setting("", (POST, tab()), {"stray": 1}, rules=STEPS),
             ((Server, "first_time", lambda server, flow: True),)),
    Mutation("a doubtful POST is carried out unasked", "7",
             Setting("", (tab(("a", "foreign:hat")),)),
             ((protocol, "judge_origin", lambda *facts: Origin.TRUSTED),)),
    Mutation("going on forgets the kept POST", "7",
             Setting("", (POST, tab("a")), {"expire": 1}, rules=_without("kept"))),
    Mutation("nothing but Redis knows that a POST is kept", "7",
             Setting("", (POST,), {"flush": 1}, rules=_without("promised"))),
    Mutation("main does not ask where a session went on", "12",
             Setting("", (LOGIN,), {"drop": 1}, rules=_without("heirs"))),
]  # fmt: skip


def hunt_all() -> bool:
    """Print a table of all mutations; whether each was found, by the rule it breaks."""
    say(f"\n{'mistake':<56}{'rule':>6}{'found by':>10}{'events':>8}{'states':>9}")
    all_found = True
    for mutation in MUTATIONS:
        result = mutation.hunt()
        all_found &= result.rule == mutation.rule
        found = result.rule or "NOT FOUND"
        length, states = len(result.trace), result.states
        say(f"{mutation.name:<56}{mutation.rule:>6}{found:>10}{length:>8}{states:>9,}")
    return all_found

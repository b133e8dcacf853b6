"""Longer histories in larger worlds, at random: the same model, the same rules."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.proof.model import Model, Setting
from tests.proof.process import Rules
from tests.proof.rules import broken, diverged, hidden, is_quiet
from tests.proof.state import MAIN, Intent, Tab

SITES = [MAIN, "a", "b", "c", "d"]
DOINGS = ["get", "get", "get", "login:ada", "login:bob", "logout", "checkout"]
FAULTS = ["drop", "die", "reload", "flush", "expire", "wait", "half", "lose", "rotate", "stray"]
SLOW = st.sets(st.sampled_from(SITES), max_size=2)


@st.composite
def scripts(draw: st.DrawFn) -> tuple[Tab, ...]:
    """Up to six tabs of two browsers, with up to four navigations in each."""
    tabs = []
    for number in range(draw(st.integers(2, 6))):
        goods = [f"{verb}:good-{number}" for verb in ("put", "fetch", "foreign")]
        intents = []
        for _ in range(draw(st.integers(1, 4))):
            what = draw(st.sampled_from(DOINGS + goods))
            goods = [] if what in goods else goods
            intents.append(Intent(draw(st.sampled_from(SITES)), what))
        tabs.append(Tab(draw(st.integers(0, 1)) if number else 0, tuple(intents)))
    return tuple(tabs)


class Network(RuleBasedStateMachine):
    """A network of five sites in which anything may happen next."""

    @initialize(
        tabs=scripts(),
        faults=st.dictionaries(st.sampled_from(FAULTS), st.integers(1, 2), max_size=4),
        steps=st.booleans(),
        copies=st.booleans(),
        slow=SLOW,
    )
    def begin(
        self,
        tabs: tuple[Tab, ...],
        faults: dict[str, int],
        steps: bool,
        copies: bool,
        slow: set[str],
    ) -> None:
        rules = Rules(steps, steps and copies, frozenset(slow))
        self.model = Model(Setting("", tabs, faults, rules=rules, most=9))
        self.world = self.model.setting.begin()
        self.history: list[str] = []

    @rule(data=st.data())
    def something_happens(self, data: Any) -> None:
        events = list(self.model.events(self.world))
        if events:
            name, self.world = events[data.draw(st.integers(0, len(events) - 1))]
            self.history.append(name)

    @invariant()
    def every_rule_holds(self) -> None:
        assert (broken(self.world), self.history) == ("", self.history)

    def teardown(self) -> None:
        """Whatever is under way comes to its end without further faults; then all converges."""
        if not hasattr(self, "world"):
            return
        self.world = self.world.copy()
        self.world.faults = {}
        while not is_quiet(self.world):
            name, self.world = next(self.model.events(self.world))
            self.history.append(name)
            self.every_rule_holds()
        rest = diverged(self.model, self.world) or hidden(self.model, self.world)
        assert (rest, self.history) == ("", self.history)


TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    max_examples=100,
    stateful_step_count=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

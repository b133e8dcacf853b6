"""Breadth-first exploration of a world: every state that any order of events can lead to."""

import gc
import sys
import time
from dataclasses import dataclass

from tests.proof.model import Model, Setting
from tests.proof.rules import broken, diverged, hidden, is_quiet
from tests.proof.state import World


@dataclass(frozen=True)
class Result:
    """What an exploration found. `trace`: the events of a shortest way to the violation."""

    setting: Setting
    states: int
    seconds: float
    violation: str = ""
    trace: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """The number of the rule that was broken; empty if all held."""
        return self.violation.partition(":")[0]


def explore(setting: Setting) -> Result:
    """Visit every state, shortest ways first, until a rule is broken or there is no more."""
    gc.disable()  # nothing here refers to what refers to it, and there is much of it
    try:
        return _explore(setting)
    finally:
        gc.enable()


def _explore(setting: Setting) -> Result:
    model, start, began = Model(setting), setting.begin(), time.monotonic()
    seen = {start.key()}
    came: list[tuple[int, str]] = [(-1, "")]
    frontier = [(0, start)]
    converged: set[int] = set()
    while frontier:
        following: list[tuple[int, World]] = []
        for index, world in frontier:
            for name, after in model.events(world):
                key = after.key()
                if key in seen:
                    continue
                seen.add(key)
                came.append((index, name))
                violation = broken(after)
                if not violation and is_quiet(after):
                    rest = hash((frozenset(after.jars.items()), frozenset(after.rows.items())))
                    if rest not in converged:
                        converged.add(rest)
                        violation = diverged(model, after) or hidden(model, after)
                if violation:
                    seconds = time.monotonic() - began
                    return Result(setting, len(seen), seconds, violation, _trace(came))
                following.append((len(came) - 1, after))
        frontier = following
    return Result(setting, len(seen), time.monotonic() - began)


def _trace(came: list[tuple[int, str]]) -> tuple[str, ...]:
    index, names = len(came) - 1, []
    while index > 0:
        index, name = came[index]
        names.append(name)
    return tuple(reversed(names))


def say(line: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(result: Result) -> None:
    """Print what an exploration found."""
    say(f"{result.setting.name:<58}{result.states:>9,} states {result.seconds:6.1f} s")
    if result.violation:
        say(f"\n  BROKEN, rule {result.violation}. The shortest way there:")
        for number, name in enumerate(result.trace, 1):
            say(f"  {number:3}. {name}")
        say()

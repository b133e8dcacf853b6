"""The smaller worlds to their end, and every seeded mistake found."""

import pytest

from tests.proof.explore import explore
from tests.proof.model import Setting
from tests.proof.mutations import MUTATIONS, Mutation
from tests.proof.worlds import QUICK, REFUSALS

LARGER = {"a stranger's address", "a link while a good is put in", "a login and a logout"}


@pytest.mark.parametrize(
    "setting", [s for s in [*REFUSALS, *QUICK] if s.name not in LARGER], ids=lambda s: s.name
)
def test_all_rules_hold_in_every_state(setting: Setting) -> None:
    result = explore(setting)
    assert (result.violation, result.trace) == ("", ())


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mistake_breaks_the_rule_it_should(mutation: Mutation) -> None:
    assert mutation.hunt().rule == mutation.rule

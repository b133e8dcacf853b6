"""`python -m tests.proof`: explore all small worlds, then look for every seeded mistake.

With `--long` also the world of millions of states, which takes minutes.
"""

import sys

from tests.proof.explore import explore, report, say
from tests.proof.mutations import hunt_all
from tests.proof.worlds import FULL, LONG, QUICK, REFUSALS


def main() -> int:
    """Returns the exit status: 0 if all rules hold and every mistake was found."""
    results = [explore(setting) for setting in REFUSALS]
    states, seconds = sum(r.states for r in results), sum(r.seconds for r in results)
    title = f"{len(results)} ways of refusing or swapping cookies"
    say(f"{title:<58}{states:>9,} states {seconds:6.1f} s")
    for result in results:
        if result.violation:
            report(result)
    for setting in [*QUICK, *FULL, *(LONG if "--long" in sys.argv else [])]:
        results.append(explore(setting))
        report(results[-1])
    states, seconds = sum(r.states for r in results), sum(r.seconds for r in results)
    say(f"{f'{len(results)} worlds':<58}{states:>9,} states {seconds:6.1f} s")
    all_found = hunt_all()
    say("\nAll rules hold." if not any(r.violation for r in results) else "\nA rule is broken.")
    say("Every mistake was found." if all_found else "A mistake was not found.")
    return 0 if all_found and not any(r.violation for r in results) else 1


sys.exit(main())

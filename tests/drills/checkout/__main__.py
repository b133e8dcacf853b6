"""`make drill-checkout`: many shoppers, a payment company, processes that die; then all is counted.

python -m tests.drills.checkout [--orders 500] [--seed 1] [--shoppers 12]
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.drills.checkout.stack import Stack


def main() -> int:
    """Run the drill. Returns the exit status: 1 if anything does not agree."""
    parser = argparse.ArgumentParser(prog="make drill-checkout")
    parser.add_argument("--orders", type=int, default=500, help="how many (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="the same number, the same wishes")
    parser.add_argument("--shoppers", type=int, default=12, help="at the same time (default: 12)")
    options = parser.parse_args()
    if options.orders < 1 or options.shoppers < 1:
        parser.error("at least one order and one shopper are expected")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="galleria-drill-") as folder,
        Stack(Path(folder), workers=2, threads=4) as stack,
    ):
        django.setup()
        from tests.drills.checkout.drill import Drill  # its settings are complete only now

        drill = Drill(stack, options.orders, options.seed, options.shoppers)
        drill.prepare(random.Random(options.seed))  # noqa: S311 - no secret
        drill.shop()
        wrong = drill.settle_and_count()
        drill.say(f"{time.monotonic() - began:.0f} seconds in all.")
        if wrong:
            said = (Path(folder) / "servers.log").read_text().splitlines()
            drill.say("The servers said:", *[line for line in said if '"info"' not in line][-40:])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Whether anybody is ever shown what is somebody else's; ends with status 1 on any leak.

python -m tests.isolation [--plant] [--asgi] [--people N] [--seconds N]
"""

import argparse
import sys
from subprocess import CalledProcessError

from shop.ops.services import ServiceError
from tests.isolation.nginx import NoNginx, find_nginx
from tests.isolation.plants import PLANTS
from tests.isolation.runs import prove, prove_plants


def main() -> int:
    """Run what was asked for; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="make test-isolation", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--plant", action="store_true", help="plant leaks, and find each of them")
    parser.add_argument("--asgi", action="store_true", help="serve the shop by ASGI")
    parser.add_argument("--people", type=int, help="how many shop (200; with --plant 16)")
    parser.add_argument("--seconds", type=float, help="for how long (100; with --plant 10 each)")
    asked = parser.parse_args()
    try:
        find_nginx()
        if asked.plant:
            number, seconds = asked.people or 16, asked.seconds or 10
            return prove_plants(list(PLANTS), number, seconds, asgi=asked.asgi)
        return prove(asked.people or 200, asked.seconds or 100, asgi=asked.asgi)
    except (NoNginx, ServiceError, CalledProcessError, TimeoutError) as error:
        said = error.stderr if isinstance(error, CalledProcessError) else None
        sys.stderr.write(f"{error}\n{said.decode() if isinstance(said, bytes) else said or ''}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())

"""Debian's packages, for what the tests drive and no wheel brings."""

import os
import shutil
import subprocess


def install(*names: str) -> None:
    """Install packages by apt where we are root and there is one; whoever asked looks again."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
        subprocess.run(
            ["apt-get", "--quiet", *command],  # noqa: S607 - the system's own
            env=quiet,
            stdin=subprocess.DEVNULL,
            check=False,
        )

"""Runs a command that ends with the process that started it, as another user if asked.

    python child.py USER COMMAND [ARGUMENT...]      USER may be "-": stay who we are

Linux tells the command (SIGTERM) when its parent dies, even by kill -9; elsewhere there is no such
message, and the next start finds what was left behind (see services.py). A program of its own, and
not a `preexec_fn`, because that is not safe in a process that has threads.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command. Never returns."""
    parent = os.getppid()
    user, *command = sys.argv[1:]
    if user != "-":
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        # After setuid, which clears it. A C library without prctl is no reason not to start.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the process that asked for this one is gone")
    os.execvp(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()

"""Starting servers, finding them again, and stopping them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from shop.ops import child

_PROC = Path("/proc")


class Process(NamedTuple):
    """A running process: its id, its group's id, and its command line."""

    pid: int
    group: int
    command: str


def spawn(
    command: Sequence[str | Path],
    *,
    user: str | None = None,
    output: IO[bytes] | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a process group of its own (Ctrl-C is ours to pass on), ending with us.

    `user` is who it runs as (root only); `output` takes what it prints, None lets it print here;
    `env` is its environment, ours by default.
    """
    wrapper = [sys.executable, "-S", "-E", child.__file__, user or "-"]
    return subprocess.Popen(
        [*wrapper, *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output and subprocess.STDOUT,
        start_new_session=True,
        env=env,
    )


def end_process(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """Ask a child to stop, wait for it, and kill it if it does not within 10 seconds."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_pid(pid: int) -> None:
    """Like `end_process`, for a process that is not our child."""
    for how, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 2.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + patience
        while is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.02)


def end_group(group: int, *names: str) -> None:
    """End what still runs in a process group that an earlier run left behind.

    Only processes with one of `names` in their command: the number may be another's by now.
    """
    for process in list(processes()):
        if process.group == group and any(name in process.command for name in names):
            end_pid(process.pid)


def is_running(pid: int) -> bool:
    """Say whether a process with this id exists; one that ended but was not awaited does not."""
    return any(process.pid == pid for process in processes())


def command_of(pid: int) -> str:
    """Return the command line of a process, or "" if there is none with this id."""
    return next((process.command for process in processes() if process.pid == pid), "")


def processes() -> Iterator[Process]:
    """Yield every process that runs: from /proc on Linux, where ps may be missing, else by ps."""
    if (_PROC / "self" / "stat").exists():
        yield from _from_proc()
    else:
        yield from _from_ps()


def _from_proc() -> Iterator[Process]:
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it ended while we looked
            # After the name, which is in brackets and may hold anything: state, parent, group.
            state, _parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            command = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
            if state != "Z":
                yield Process(int(folder.name), int(group), command)


def _from_ps() -> Iterator[Process]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,pgid=,stat=,command="],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    for line in listed.splitlines():
        fields = line.split(maxsplit=3)
        if len(fields) == 4 and not fields[2].startswith("Z"):
            yield Process(int(fields[0]), int(fields[1]), fields[3])

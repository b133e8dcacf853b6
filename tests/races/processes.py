"""Runs functions at the same moment in real processes, on the test's own database.

A thread shares its interpreter with its rivals, and so hides what only processes do: die halfway,
hold their own caches, run truly side by side. One process with Django is started for each call of
`at_once`; it forks the workers, so that 64 of them cost little. They need a test whose rows are
committed (`django_db(transaction=True)`).
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import connection

PATIENCE = 300
"""Seconds until processes that are still at work are killed."""

type Job = tuple[str, Sequence[Any]]

_meeting: list[Barrier] = []


class Outcome(NamedTuple):
    """How a job ended. error: the name of the exception's class, "" for none, "died" if killed."""

    value: Any = None
    error: str = ""
    message: str = ""


def job(function: Callable[..., Any], *args: Any) -> Job:
    """A function of some module, and what to call it with; arguments and result are JSON."""
    return f"{function.__module__}:{function.__qualname__}", args


def at_once(*jobs: Job, patience: float = PATIENCE) -> list[Outcome]:
    """Run each job in a process of its own; all begin when the last is ready, with a connection.

    Returns how each ended, in the order of the jobs. Raises TimeoutError after `patience` seconds,
    AssertionError where the processes could not be started.
    """
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.races.processes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "DATABASE_URL": _address()},
        text=True,
        start_new_session=True,
    )
    try:
        out, errors = nursery.communicate(json.dumps(jobs), timeout=patience)
    except subprocess.TimeoutExpired as late:
        os.killpg(nursery.pid, signal.SIGKILL)
        nursery.communicate()
        raise TimeoutError(f"The processes were not done after {patience} seconds.") from late
    assert nursery.returncode == 0, errors
    return [Outcome(*each) for each in json.loads(out)]


def meet() -> None:
    """In a job: go on when every other job has called this as often. For races round by round."""
    _meeting[0].wait(PATIENCE)


def _address() -> str:
    """DATABASE_URL of the database that the test works on."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}?transaction_mode=IMMEDIATE&timeout={PATIENCE}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _ready(module: str, function: str) -> Callable[..., Any]:
    """The function, when all are ready; one that cannot be tells the others."""
    try:
        call: Callable[..., Any] = getattr(importlib.import_module(module), function)
        connection.ensure_connection()
    except BaseException:
        _meeting[0].abort()
        raise
    meet()
    return call


def _work(job: Job, ready: Barrier, answer: Connection) -> None:
    name, args = job
    module, function = name.split(":")
    _meeting[:] = [ready]
    try:
        call = _ready(module, function)
        outcome = Outcome(call(*args))
    except Exception as error:  # noqa: BLE001 - handed to the test
        outcome = Outcome(None, type(error).__name__, str(error))
    answer.send(outcome)


def _raise_workers() -> None:
    """Read the jobs, fork a worker for each, print how they ended."""
    import django  # only this process sets it up; the test's has long done so

    django.setup()
    jobs: list[Job] = json.load(sys.stdin)
    fork = get_context("fork")
    ready = fork.Barrier(len(jobs))
    workers = []
    for each in jobs:
        listen, answer = fork.Pipe(duplex=False)
        worker = fork.Process(target=_work, args=(each, ready, answer))
        worker.start()
        answer.close()  # so that the end of the worker is the end of the pipe
        workers.append((worker, listen))
    outcomes = []
    for worker, listen in workers:
        try:
            outcomes.append(listen.recv())
        except EOFError:
            worker.join()
            outcomes.append(Outcome(None, "died", f"exit code {worker.exitcode}"))
        worker.join()
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    # Workers look the meeting up in the module of this name, and not in __main__.
    importlib.import_module("tests.races.processes")._raise_workers()

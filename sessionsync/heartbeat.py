"""The main site's sign of life, for networks whose sub-sites run in processes of their own.

`SESSIONSYNC["HEARTBEAT"]` is "beat" where main is served and "watch" where only sub-sites are. A
browser is not sent to a main site that has been silent for ten seconds.
"""

import threading
import time

from sessionsync import store
from sessionsync.conf import get_config

KEY = f"{store.PREFIX}heartbeat"
EVERY = 3.0
"""Seconds between two beats."""
SILENT = 10
"""Seconds without a beat after which main counts as away."""

_start = threading.Lock()


def beat() -> None:
    """Say once that main is there; silently nothing if Redis is away."""
    try:
        with store.answering() as redis:
            redis.set(KEY, int(time.time()), ex=SILENT)
    except store.StoreUnavailable:
        return


def main_is_there() -> bool:
    """Whether a browser may be sent to main; yes where nobody watches or nobody can tell."""
    if get_config().heartbeat != "watch":
        return True
    try:
        with store.answering() as redis:
            return bool(redis.exists(KEY))
    except store.StoreUnavailable:
        return True


def keep_beating() -> None:
    """In a process that serves main: start the thread that beats, if it does not run yet."""
    if get_config().heartbeat != "beat" or _thread() is not None:
        return
    with _start:
        if _thread() is None:
            threading.Thread(target=_beat_for_ever, name=KEY, daemon=True).start()


def _thread() -> threading.Thread | None:
    return next((each for each in threading.enumerate() if each.name == KEY), None)


def _beat_for_ever() -> None:
    while get_config().heartbeat == "beat":
        beat()
        time.sleep(EVERY)

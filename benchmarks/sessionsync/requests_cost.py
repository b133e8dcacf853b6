"""What a request costs: our sessions and Django's, in this process, the same views, in turns."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from statistics import median
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from benchmarks.sessionsync.counting import counted
from sessionsync.cookies import TOKEN, sealer
from sessionsync.engine import SessionStore
from sessionsync.tokens import mint

ROUNDS = 15
REQUESTS = 200
CASES = (
    ("untouched", "GET", "/untouched/"),
    ("read", "GET", "/read/"),
    ("change (POST)", "POST", "/change/"),
    ("change (GET)", "GET", "/change/"),
)
HEADERS = {
    "HTTP_HOST": "shoes.localhost",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0",
    "HTTP_ACCEPT": "text/html",
    "HTTP_SEC_FETCH_MODE": "navigate",
    "HTTP_SEC_FETCH_DEST": "document",
    "HTTP_SEC_FETCH_SITE": "same-origin",
}


def environ(method: str, path: str, cookie: str) -> dict[str, Any]:
    """A browser's request, as a WSGI server hands it over."""
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": "0",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        **HEADERS,
        **({"HTTP_COOKIE": cookie} if cookie else {}),
    }


@dataclass
class Variant:
    """A way to keep sessions. `cookie` names a session that holds a few things."""

    name: str
    handler: Callable[..., Any]
    cookie: str

    def ask(self, method: str, path: str) -> str:
        """One request; its status."""
        said: list[str] = []
        answer = self.handler(
            environ(method, path, self.cookie), lambda status, headers: said.append(status)
        )
        b"".join(answer)
        answer.close()
        return said[0]


CONTENT = {"seen": 0, "language": "en", "currency": "EUR", "last_viewed": [101, 102, 103, 104]}


def _ours() -> Variant:
    token = mint(time.time_ns())
    session = SessionStore(tokens=[token])
    session.update(CONTENT)
    session.save()
    cookie = f"{TOKEN}{token.ts}={sealer().seal(token)}.{int(time.time()):x}.0"
    with override_settings(MIDDLEWARE=[settings.SESSIONSYNC_MIDDLEWARE]):
        return Variant("sessionsync", WSGIHandler(), cookie)


def _djangos(engine: str) -> Variant:
    session = import_module(engine).SessionStore()
    session.update(CONTENT)
    session.create()
    with override_settings(MIDDLEWARE=[settings.DJANGO_MIDDLEWARE], SESSION_ENGINE=engine):
        handler = WSGIHandler()
    return Variant(engine.rpartition(".")[2], handler, f"sessionid={session.session_key}")


def _none() -> Variant:
    with override_settings(MIDDLEWARE=[]):
        return Variant("no sessions", WSGIHandler(), "")


def measure(*, times: bool) -> list[str]:
    """Counts, and the times if wanted, as lines to print."""
    stock = [
        _djangos(f"django.contrib.sessions.backends.{name}") for name in ("cache", "cached_db")
    ]
    variants = [_ours(), *stock]
    lines = ["Redis and SQL per request"]
    for case, method, path in CASES:
        for variant in variants:
            variant.ask(method, path)
            with counted() as asked:
                status = variant.ask(method, path)
            if not status.startswith("200"):
                raise RuntimeError(f"{variant.name} answered {status}")
            lines.append(f"  {case:<14} {variant.name:<12} {asked}")
    if not times:
        return lines
    lines += [
        "",
        f"µs per request, median of {ROUNDS} rounds of {REQUESTS}, in turns (of that: CPU)",
    ]
    names = [variant.name for variant in variants]
    lines.append(f"  {'':<14} {'no sessions':>16}" + "".join(f"{name:>16}" for name in names))
    bare = _none()
    for case, method, path in CASES:
        shown = [_rounds([bare], method, "/untouched/"), _rounds(variants, method, path)]
        cells = [f"{wall:.0f} ({cpu:.0f})" for group in shown for wall, cpu in group]
        lines.append(f"  {case:<14} " + "".join(f"{cell:>16}" for cell in cells))
    return lines


def _rounds(variants: list[Variant], method: str, path: str) -> list[tuple[float, float]]:
    times: list[list[tuple[float, float]]] = [[] for _ in variants]
    for _ in range(ROUNDS):
        for variant, taken in zip(variants, times, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(REQUESTS):
                variant.ask(method, path)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            taken.append((1e6 * wall / REQUESTS, 1e6 * cpu / REQUESTS))
    return [(median(w for w, _ in taken), median(c for _, c in taken)) for taken in times]

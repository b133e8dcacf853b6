"""What the server saw: every request of the network, in the order of the answers."""

import json
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_redis import get_redis_connection

REQUESTS, SHOWN = "browsers:requests", "browsers:shown"
GATE, WAITING = "browsers:gate", "browsers:waiting"
PATIENCE = 10.0
"""Seconds that a handshake waits at the gate for the others."""


def record(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """The outermost middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "generate_auth_code" in request.path:
            _wait_at_the_gate()
        response = get_response(request)
        if request.path != "/favicon.ico":
            seen = (
                request.get_host().partition(".")[0],
                request.method,
                request.path,
                response.status_code,
            )
            redis = get_redis_connection("default")
            redis.rpush(REQUESTS, json.dumps(seen))
            if b'id="seen"' in response.content:
                redis.incr(SHOWN)
        return response

    return middleware


def _wait_at_the_gate() -> None:
    """Hold a handshake at main until as many as the gate asks for have arrived."""
    redis = get_redis_connection("default")
    wanted = int(redis.get(GATE) or 0)
    if not wanted:
        return
    redis.incr(WAITING)
    deadline = time.monotonic() + PATIENCE
    while int(redis.get(WAITING) or wanted) < wanted and time.monotonic() < deadline:
        time.sleep(0.01)

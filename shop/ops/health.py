"""Health checks: is the process alive, and can it serve?"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from django.db import connections
from django.db.utils import Error as DatabaseError
from django.http import HttpResponse, JsonResponse
from django_redis import get_redis_connection
from redis.exceptions import RedisError

log = structlog.get_logger("shop.health")


def healthz() -> HttpResponse:
    """200 as long as the process answers; depends on nothing else."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz() -> JsonResponse:
    """200 when database and Redis answer, otherwise 503; the JSON body names what is down."""
    down = [name for name, works in {"database": _database, "redis": _redis}.items() if not works()]
    return JsonResponse(
        {"ready": not down, "down": down},
        status=HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK,
        headers={"Cache-Control": "no-store"},
    )


def _database() -> bool:
    connection = connections["default"]
    try:
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database is down", error=str(error))
        connection.close()
        return False
    return True


def _redis() -> bool:
    try:
        get_redis_connection("default").ping()
    except RedisError as error:
        log.warning("redis is down", error=str(error))
        return False
    return True


HEALTH_VIEWS: Mapping[str, Callable[[], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}

"""Refusals as the Store API writes them: `{"type", "message"}`, sometimes with a `code`.

Clients show `message` to people and go by the status; `type` is for programs.
"""

from collections.abc import Iterable
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

log = structlog.get_logger("shop.api")


class ApiError(Exception):
    """A refusal. Subclasses say which; the message is a sentence a person can read."""

    status = 400
    type = "invalid_data"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class InvalidData(ApiError):
    """What was sent cannot be used."""


class NotAllowed(ApiError):
    """The call lacks what every call needs, or asks for what this state does not allow."""

    type = "not_allowed"


class Unauthorized(ApiError):
    """Nobody, or nobody who is known, is calling."""

    status = 401
    type = "unauthorized"

    def __init__(self, message: str = "Unauthorized", code: str = "") -> None:
        super().__init__(message, code)


class NotFound(ApiError):
    """There is no such thing, or none that this caller may know of."""

    status = 404
    type = "not_found"


class Conflict(ApiError):
    """Something else happened meanwhile."""

    status = 409
    type = "conflict"


class Duplicate(ApiError):
    """It is there already."""

    status = 422
    type = "duplicate_error"


class TooManyRequests(ApiError):
    """That was asked for too often. `wait`: seconds until it may be asked again, None: not told."""

    status = 429
    type = "too_many_requests"

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class PaymentRefused(ApiError):
    """The payment did not go through."""

    status = 422
    type = "payment_authorization_error"


def answer(error: Exception, request: Request) -> Response:
    """The response to an exception. One that nobody expected is logged and told to Django."""
    if isinstance(error, TooManyRequests):
        return _too_many(error.message, error.wait)
    if isinstance(error, ApiError):
        body = {"type": error.type, "message": error.message}
        if error.code:
            body["code"] = error.code
        return Response(body, status=error.status)
    if isinstance(error, Http404):
        return answer(NotFound("Not Found"), request)
    if isinstance(error, PermissionDenied):
        return _plain(403, "not_allowed", "Forbidden")
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    log.error("unexpected error in the Store API", path=request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request._request)
    return _plain(500, "unknown_error", "An unknown error occurred.")


def _of_framework(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return _plain(400, "invalid_data", " ".join(_sentences(error.detail)))
    if isinstance(error, exceptions.ParseError):
        return _plain(400, "invalid_data", str(error.detail))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return _plain(401, "unauthorized", "Unauthorized")
    if isinstance(error, exceptions.Throttled):
        return _too_many("Too many requests. Please wait a moment.", getattr(error, "wait", None))
    kinds = {403: "not_allowed", 404: "not_found", 405: "not_allowed", 415: "invalid_data"}
    kind = kinds.get(error.status_code, "invalid_data")
    return _plain(error.status_code, kind, str(error.detail))


def _too_many(message: str, wait: float | None) -> Response:
    response = _plain(429, "too_many_requests", message)
    if wait is not None:
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _plain(status: int, kind: str, message: str) -> Response:
    return Response({"type": kind, "message": message}, status=status)


def _sentences(detail: Any, path: str = "") -> Iterable[str]:
    """What is wrong with which field, each as `field: sentence`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            deeper = f"{path}.{name}" if path else str(name)
            yield from _sentences(inner, "" if name == "non_field_errors" else deeper)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_group = isinstance(inner, dict | list)
            yield from _sentences(inner, f"{path}.{number}" if is_group and path else path)
    else:
        yield f"{path}: {detail}" if path else str(detail)

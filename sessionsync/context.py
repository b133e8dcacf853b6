"""What templates may know: `{{ sessionsync.cookie_notice }}`."""

from typing import Any

from django.http import HttpRequest


def sessionsync(request: HttpRequest) -> dict[str, Any]:
    """Adds `sessionsync`, the request's `Visit`; its flags are false where there is none."""
    return {"sessionsync": getattr(request, "sessionsync", None)}

"""The cart badge that every page shows."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from carts.queries import cart_count


def cart_badge(request: HttpRequest) -> dict[str, object]:
    """`cart_count`: pieces in the visitor's cart.

    Asked for only when a template shows it, and once; a visitor without a session costs nothing.
    """

    def count() -> int:
        session = getattr(request, "session", None)  # error pages may come before the middleware
        return cart_count(session.session_key) if session is not None else 0

    return {"cart_count": SimpleLazyObject(count)}

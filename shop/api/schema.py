"""What the Store API's schema says of every call: its key, its caller, its language, its refusals.

Each view says the rest itself (`extend_schema`). Served at /api/schema/, to be read at /api/docs/.
"""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from shop.api.base.views import KEY_HEADER, LOCALE_HEADER, CatalogueView, StoreView

KEY, CUSTOMER = "publishableKey", "customer"

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    KEY: {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "Names the storefront. It is no secret and proves nothing.",
    },
    CUSTOMER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Speaks for a customer. Without it, or with an empty header: a guest.",
    },
}
PROBLEM = {
    "type": "object",
    "description": "Why not. Show `message` to people; `type` is for programs.",
    "required": ["type", "message"],
    "properties": {
        "type": {"type": "string"},
        "message": {"type": "string"},
        "code": {"type": "string"},
    },
}
REFUSALS = {
    "400": "Something is wrong with what was sent, or the publishable key is missing.",
    "401": "The token is no good, or a customer is asked for.",
    "404": "There is no such thing, or none that this caller may know of.",
    "429": "Too many calls; `Retry-After` says how many seconds to wait.",
}


class StoreSchema(AutoSchema):
    """Adds to each operation what `StoreView` does for all of them."""

    def get_override_parameters(self) -> list[Any]:
        """The language, which every call may ask for."""
        return [
            OpenApiParameter(
                LOCALE_HEADER,
                str,
                OpenApiParameter.HEADER,
                description="A code of `/store/locales`; else the storefront's own language.",
            )
        ]

    def get_summary(self) -> str:
        """What it does, in two or three words."""
        return self.get_operation_id().replace("_", " ").capitalize()

    def get_tags(self) -> list[str]:
        """By what follows /store/: `products`, `carts`; and `auth`."""
        parts = self.path.strip("/").split("/")
        return [parts[1] if parts[0] == "store" and len(parts) > 1 else parts[0]]

    def map_parsers(self) -> list[str]:
        """A body is JSON, whatever its content type says."""
        return ["application/json"]

    def get_auth(self) -> list[dict[str, Any]]:
        """The key always; a customer's token where the call looks at who asks."""
        if getattr(self.view, "needs_token", False):
            return [{KEY: [], CUSTOMER: []}]
        if self.view.authentication_classes:
            return [{KEY: [], CUSTOMER: []}, {KEY: []}]
        return [{KEY: []}]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """The operation with the refusals that any call of its kind may get."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and isinstance(self.view, StoreView):
            operation.setdefault("responses", {})
            for status, why in REFUSALS.items():
                if self._may_answer(status):
                    operation["responses"][status] = _problem(why)
        return operation

    def _may_answer(self, status: str) -> bool:
        if status == "401":
            return not isinstance(self.view, CatalogueView)
        return status != "404" or "{" in self.path or not isinstance(self.view, CatalogueView)


def add_shared(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what operations refer to: the ways to say who calls, and the shape of a refusal."""
    components = result.setdefault("components", {})
    components["securitySchemes"] = SECURITY_SCHEMES
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    return result


def _problem(why: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": why, "content": {"application/json": {"schema": reference}}}

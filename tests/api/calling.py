"""Calls as storefronts make them, with what must hold for every answer checked on the way."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Caller:
    """`call("GET", "/store/regions")`; `shop` names the key, `token` who calls."""

    client: Client
    keys: dict[str, str]
    shop: str = "galleria"
    asked: list[str] = field(default_factory=list)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        shop: str | None = None,
        **headers: str,
    ) -> Answer:
        """Make the call. token: None sends no Authorization, "" an empty one."""
        sent = {
            "x-publishable-api-key": self.keys.get(shop or self.shop, ""),
            "content-type": "application/json",
            "accept": "application/json",
        }
        if token is not None:
            sent["authorization"] = f"Bearer {token}" if token else ""
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.generic(
            method,
            path,
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=sent,
        )
        assert not response.cookies, f"{path} set a cookie"
        assert "Cookie" not in response.headers.get("Vary", "")
        assert response.status_code not in range(300, 400) or response.status_code == 304
        told = json.loads(response.content) if response.content else None
        return Answer(response.status_code, told, dict(response.headers))

"""How a browser is moved from one site to another, and what every hop's answer carries."""

import secrets

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from sessionsync.conf import get_config
from sessionsync.navigation import engine

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def transport_for(request: HttpRequest) -> tuple[str, str]:
    """The transport for this browser, and why: "307", "meta" or "script".

    WebKit drops cookies of sites that only redirect; a page of the site, however brief, keeps
    them.
    """
    setting = get_config().transport
    if setting not in {"auto", "ajax"}:
        return setting, "by setting"
    found = engine(request.headers.get("User-Agent", ""))
    return ("meta", "WebKit") if found == "webkit" else ("307", found)


def move(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another site, with GET whatever it came with."""
    transport, _ = transport_for(request)
    if transport in {"meta", "script"}:
        nonce = secrets.token_urlsafe(16) if transport == "script" else ""
        response = close(render(request, "sessionsync/moving.html", {"url": url, "nonce": nonce}))
        if nonce:
            response["Content-Security-Policy"] += f"; script-src 'nonce-{nonce}'"
        return response
    return close(HttpResponseRedirect(url, status=307 if request.method == "GET" else 303))


def close(response: HttpResponse, *, holds_form: bool = False) -> HttpResponse:
    """Keep a hop out of caches, referrers and frames.

    holds_form: after `no-referrer` a form's POST carries `Origin: null`, which Django refuses.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin" if holds_form else "no-referrer"
    response["Content-Security-Policy"] = _POLICY + ("; form-action 'self'" if holds_form else "")
    response["X-Robots-Tag"] = "noindex"
    return response

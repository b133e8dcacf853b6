"""Template tags for pages that link to other sites of the network."""

from typing import Any

from django import template
from django.http import HttpRequest

from sessionsync.conf import Site, get_config

register = template.Library()


@register.simple_tag(takes_context=True)
def cross_site_url(context: dict[str, Any], site: Any, path: str = "/") -> str:
    """The address of a page on another site of the network.

    site: a site's id, or anything with a `domain`. path: begins with a slash. Scheme and port
    are those of this request. Raises TemplateSyntaxError for a site that is not of the network.
    """
    request: HttpRequest = context["request"]
    found: Site | None = get_config().site_by_id(site) if isinstance(site, str) else None
    domain = found.domain if found else getattr(site, "domain", None)
    if not domain:
        raise template.TemplateSyntaxError(f"{site!r} is no site of the network.")
    host = request.get_host()
    port = host.rpartition(":")[2] if ":" in host and not host.endswith("]") else ""
    return f"{request.scheme}://{domain}{f':{port}' if port else ''}{path}"

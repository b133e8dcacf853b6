"""Template tags for pages that link to other sites of the network."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sessionsync import ajax
from sessionsync.conf import Site, get_config
from sessionsync.fingerprints import fingerprint
from sessionsync.visit import FINGERPRINT, Visit, origin_at

register = template.Library()


@register.simple_tag(takes_context=True)
def cross_site_url(context: dict[str, Any], site: Any, path: str = "/") -> str:
    """The address of a page on another site of the network.

    site: a site's id, or anything with a `domain`. path: begins with a slash. Scheme and port
    are those of this request. Where this visitor has a session its fingerprint goes along, so that
    the other site notices if it knows another one; so keep such a page out of shared caches.
    Raises TemplateSyntaxError for a site that is not of the network.
    """
    request: HttpRequest = context["request"]
    found: Site | None = get_config().site_by_id(site) if isinstance(site, str) else None
    domain = found.domain if found else getattr(site, "domain", None)
    if not domain:
        raise template.TemplateSyntaxError(f"{site!r} is no site of the network.")
    address = f"{origin_at(request, domain)}{path}"
    session = getattr(request, "session", None)
    key = session.session_key if session is not None else None
    if not key:
        return address
    bare, hash_mark, fragment = address.partition("#")
    visit = getattr(request, "sessionsync", None)
    ours = f".{visit.site.id}" if isinstance(visit, Visit) else ""
    joined = f"{bare}{'&' if '?' in bare else '?'}{FINGERPRINT}={fingerprint(key)}{ours}"
    return f"{joined}{hash_mark}{fragment}"


@register.simple_tag(takes_context=True)
def session_script(context: dict[str, Any]) -> SafeString | str:
    """For the end of every page of a network whose transport is "ajax": the script, where due.

    The site's Content-Security-Policy must allow main in `connect-src`.
    """
    visit = getattr(context["request"], "sessionsync", None)
    addresses = ajax.addresses(visit) if isinstance(visit, Visit) else None
    if addresses is None:
        return ""
    return format_html(
        '<script src="{}" data-ask="{}" data-tell="{}" defer></script>',
        static("sessionsync/ajax.js"),
        addresses["ask"],
        addresses["tell"],
    )

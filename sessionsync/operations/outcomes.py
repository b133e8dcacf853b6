"""What can happen at each hop of a handshake, and what it means to whoever runs the shop."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ENGINES = ("chromium", "firefox", "webkit", "other")
TRANSPORTS = ("307", "meta", "script", "ajax")

HOPS: Mapping[str, object] = {
    "leave": _("left for the main site"),
    "generate": _("at the main site"),
    "consume": _("came back"),
    "adopt": _("main takes over a sign-in"),
    "resume": _("the kept request"),
    "link": _("two sessions met"),
    "serve": _("served in place"),
    "end": pgettext_lazy("a session", "ended"),
}

MEANINGS: Mapping[tuple[str, str], object] = {
    ("leave", "move"): _("A handshake began."),
    ("leave", "keep"): _("A handshake began; the POST that led to it waits on the server."),
    ("leave", "heal"): _("A handshake began because another site knows this browser's session."),
    ("leave", "again"): _("The code had expired or was used: the second and last try."),
    ("generate", "known"): _("Main vouched for the session it knows this browser by."),
    ("generate", "unknown"): _("A script asked, but main was sent no cookie: a redirect follows."),
    ("generate", "fresh"): _("Main knew no session of this browser and began one."),
    ("consume", "accept"): _("The handshake succeeded: both sites name one session."),
    ("consume", "go_on"): _("No valid code, but this site has a session already (back, reload)."),
    ("consume", "retry"): _("The code was gone but the browser is the right one: tried again."),
    ("consume", "no_cookies"): _("The browser keeps no cookies on this site: no session."),
    ("consume", "stop"): _("The code is another browser's, or the second try failed too."),
    ("consume", "alone"): _("Redis was away: this site serves a session of its own for now."),
    ("adopt", "accept"): _("Main now names the session that was signed in on the sub-site."),
    ("adopt", "foreign"): _("Another browser came with the return code: refused."),
    ("resume", "carried out"): _("The kept POST was carried out."),
    ("resume", "was carried out before"): _("The kept POST came again: nothing was done twice."),
    ("link", "link"): _("The smaller session became an alias of the greater; goods moved."),
    ("link", "absorb"): _("A guest's goods moved to the signed-in session."),
    ("link", "part"): _("Two customers in one browser: the earlier sign-in was retired."),
    ("link", "replace"): _("The token minted at sign-in or checkout took over."),
    ("link", "renew"): _("A token past half of its life was replaced by a younger one."),
    ("serve", "alone"): _("Main was out of reach: this site serves a session of its own for now."),
    ("end", "retired"): _("The shopper signed out; the session names nothing any more."),
}
"""By hop and outcome. What is not here is shown as it was written."""

BEGUN = frozenset({"move", "keep", "heal"})
"""Outcomes of `leave` that begin a handshake; "again" is the second try of one."""
STOPS = frozenset({"stop", "no_cookies"})
"""Outcomes of `consume` after which the shopper has no shared session."""

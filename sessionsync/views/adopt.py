"""On main: the way back of a sign-in that happened on a sub-site."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sessionsync import cookies, journal, links, store, transports
from sessionsync.conf import get_config
from sessionsync.journal import flow_digest
from sessionsync.tokens import Token, challenge_of, same_secret
from sessionsync.views.common import hop, stopped
from sessionsync.visit import Visit


@require_GET
@hop(on_main=True)
def adopt(request: HttpRequest, visit: Visit) -> HttpResponse:
    """On main: take over the session that a sub-site found to be this browser's.

    Query: `code`. Only the browser that holds the key main gave it for that handshake may.
    """
    try:
        record = store.take_return_code(request.GET.get("code", "")[:100])
    except store.StoreUnavailable:
        record = None
    site = get_config().site_by_id(record.site) if record else None
    if record is None or site is None:
        return stopped(request, _("This link between our shops was used before."), "/")
    response = transports.move(request, f"{visit.origin_of(site)}{record.next}")
    held = cookies.flow_key(request, cookies.MAIN_KEY, record.flow)
    if held is None or not same_secret(challenge_of(held), record.main_key):
        journal.note(visit.entry("adopt", "foreign", flow=flow_digest(record.flow)))
        return response
    returned = Token.from_key(record.token_key)
    winner = links.settle([returned, *(t.token for t in visit.presented)], site=site.id)
    if winner is not None:
        token = Token.from_key(winner.key)
        journal.note(
            visit.entry("adopt", "accept", session=token.key, flow=flow_digest(record.flow))
        )
        cookies.set_token(request, response, token, is_main=True, synced_at=visit.now)
        cookies.drop_others(request, response, visit.presented, token)
    cookies.drop_flow_key(request, response, cookies.MAIN_KEY, record.flow)
    return response

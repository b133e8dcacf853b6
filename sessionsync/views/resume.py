"""A kept request is carried out, with the session its browser has by now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sessionsync import keeping, store, transports
from sessionsync.protocol import flow_age
from sessionsync.tokens import same_secret
from sessionsync.views.common import hop, see_other, stopped
from sessionsync.visit import Flow, Visit, serve_without, session_of


@require_http_methods(["GET", "POST"])
@hop()
def resume(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Carry out the request that was kept for a flow, with the session it has now.

    Query: `flow`. Asks the person first where the sender was doubtful, or where somebody has
    signed in since. A POST here is that person's yes, and has passed Django's CSRF check.
    """
    name = request.GET.get("flow", "")
    flow_known = flow_age(name, visit.now) is not None
    flow = Flow.held(request, name) if flow_known else None
    try:
        pending = store.pending_request(name) if flow_known else None
    except store.StoreUnavailable:
        pending = None
    session = session_of(request)
    if flow is None:
        if session.record is not None:  # its cookies stay: a reload, or somebody else's address
            return see_other("/")
        return serve_without(visit, pending.back if pending else "/", carried_out=False)
    if pending is not None and (
        pending.site != visit.site.id or not same_secret(pending.challenge, flow.challenge)
    ):
        pending = None
    if pending is None:
        done = keeping.carried_out(name, flow.challenge)
        if done is not None:
            return see_other(done.location or flow.next_path)
        message = _("What you sent was not kept long enough. Please go back and send it again.")
        return stopped(request, message, flow.next_path)
    record = session.record
    if record is None:
        return serve_without(visit, pending.back, carried_out=False)
    if request.method == "GET" and (pending.confirm or record.principal):
        context = {
            "fields": keeping.shown_fields(visit, pending),
            "back": pending.back,
            "path": pending.path.partition("?")[0],
        }
        page = render(request, "sessionsync/confirm.html", context)
        return transports.close(page, holds_form=True)
    return keeping.carry_out(visit, name, pending)

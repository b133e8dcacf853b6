"""On a sub-site: main does not know the session that this site has for its browser."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.views.decorators.http import require_GET

from sessionsync import transports
from sessionsync.conf import get_config
from sessionsync.views.common import hop
from sessionsync.visit import Flow, Visit, back_to, session_of, shake_hands


@require_GET
@hop(on_main=False)
def heal(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Shake hands now, then go on to the page of main that asked for it.

    Query: `next`, a path of main. A browser without a session here has nothing to bring and goes
    straight back: the link was somebody else's, or the session has ended since.
    """
    main, next_path = get_config().main(), request.GET.get("next", "")
    way_back = back_to(next_path)
    if main is None or way_back is None:
        return HttpResponseNotFound()
    if session_of(request).record is None:
        return transports.close(
            HttpResponseRedirect(f"{visit.origin_of(main)}{next_path}", status=303)
        )
    return shake_hands(visit, Flow.begin(visit, way_back))

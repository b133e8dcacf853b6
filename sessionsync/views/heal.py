"""On a sub-site: main does not know the session that this site's link spoke of."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.views.decorators.http import require_GET

from sessionsync import transports
from sessionsync.conf import get_config
from sessionsync.protocol import safe_next
from sessionsync.views.common import hop, session_of
from sessionsync.visit import ONWARD, Flow, Visit, shake_hands


@require_GET
@hop(on_main=False)
def heal(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Shake hands now, then go on to the page of main that asked for it.

    Query: `next`, a path of main. A browser without a session here has nothing to bring and goes
    straight back: the link was somebody else's.
    """
    main, next_path = get_config().main(), safe_next(request.GET.get("next", ""))
    if main is None or next_path is None:
        return HttpResponseNotFound()
    if session_of(request).record is None:
        return transports.close(
            HttpResponseRedirect(f"{visit.origin_of(main)}{next_path}", status=303)
        )
    return shake_hands(visit, Flow.begin(visit, f"/?{urlencode({ONWARD: next_path})}"))

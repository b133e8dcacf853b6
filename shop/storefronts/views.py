"""The shopper's choice of a language."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .languages import remember, same_page, supported
from .middleware import StorefrontRequest


@csrf_exempt
@never_cache
@require_POST
def choose_language(request: StorefrontRequest) -> HttpResponse:
    """Keep the choice (`language`), and go back to the page (`next`) in that language.

    400 for a language that we do not speak. Exempt from the CSRF check on purpose: a form that
    somebody else sends can do no more than change the language of the texts (and reaches no
    session, whose cookies are Lax), and a page need not set a cookie only to offer the choice.
    """
    language = supported(request.POST.get("language"))
    if language is None:
        return HttpResponseBadRequest(
            _("We do not speak that language."), content_type="text/plain; charset=utf-8"
        )
    address = same_page(_next(request), language, request.storefront)
    response = HttpResponseRedirect(address, status=303)
    remember(request, response, language)
    return response


def _next(request: HttpRequest) -> str:
    """The path to go back to: a path of this site, the front page for anything else."""
    path = request.POST.get("next", "/")
    is_path = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_path else "/"

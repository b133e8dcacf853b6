"""A site with one page, one form and a login, as small as a site may be."""

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.template import Context, Template
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from sessionsync.context import sessionsync


def page(request: HttpRequest) -> HttpResponse:
    visit = sessionsync(request)["sessionsync"]
    return JsonResponse(
        {
            "session": request.session.session_key,
            "notes": request.session.get("notes", []),
            "user": request.user.pk,
            "cookies_off": visit.cookies_off,
            "cookie_notice": visit.cookie_notice,
            "not_carried_out": visit.not_carried_out,
        }
    )


def untouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing personal")


def script(request: HttpRequest) -> HttpResponse:
    template = Template("{% load sessionsync %}{% session_script %}")
    return HttpResponse(template.render(Context({"request": request})))


def offer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(sessionsync(request)["sessionsync"].offer)


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


def note(request: HttpRequest) -> HttpResponse:
    if request.POST["text"] == "fail":
        raise RuntimeError("the view failed")
    if not request.session.session_key:
        request.session.create()
    request.session["notes"] = [*request.session.get("notes", []), request.POST["text"]]
    return HttpResponseRedirect("/page/")


def sign_in(request: HttpRequest) -> HttpResponse:
    login(request, get_user_model().objects.get(pk=request.GET["user"]))
    return HttpResponseRedirect("/page/")


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/page/")


urlpatterns = [
    path("page/", page),
    path("untouched/", untouched),
    path("script/", script),
    path("form/", form),
    path("offer/", offer),
    path("note/", note),
    path("exempt-note/", csrf_exempt(note)),
    path("login/", sign_in),
    path("logout/", sign_out),
    path("sessionsync/", include("sessionsync.urls")),
]

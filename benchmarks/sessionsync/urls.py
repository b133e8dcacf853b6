from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


def untouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("the same for everybody")


def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"seen {request.session.get('seen', 0)} times")


@csrf_exempt
def change(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = request.session.get("seen", 0) + 1
    return HttpResponse(f"seen {request.session['seen']} times")


urlpatterns = [
    path("untouched/", untouched),
    path("read/", read),
    path("change/", change),
    path("sessionsync/", include("sessionsync.urls")),
]

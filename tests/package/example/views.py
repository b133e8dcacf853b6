from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from .models import Note
from .services import write_note


def page(request: HttpRequest) -> HttpResponse:
    key = request.session.session_key
    notes = Note.objects.filter(session_key=key).order_by("pk") if key else ()
    return render(request, "example/page.html", {"notes": notes})


def write(request: HttpRequest) -> HttpResponse:
    if not request.session.session_key:
        request.session.create()
    write_note(request.session.session_key or "", request.POST["text"])
    return redirect("/")


@csrf_exempt
def write_by_script(request: HttpRequest) -> HttpResponse:
    return write(request)

"""One page with all that a shopper may do, on every site."""

import json
import secrets
from typing import Any

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.http import require_POST

from sessionsync.context import sessionsync

from . import notes
from .settings import MAIN, SUB_SITES


def page(request: HttpRequest) -> HttpResponse:
    visit = sessionsync(request)["sessionsync"]
    seen = {
        "session": request.session.session_key,
        "notes": notes.of(request.session.session_key),
        "user": request.user.get_username() or None,
        "cookies_off": visit.cookies_off,
        "not_carried_out": visit.not_carried_out,
        "answer": secrets.token_hex(8),
    }
    context = {"seen": json.dumps(seen), "sites": [MAIN, *SUB_SITES]}
    return render(request, "browsers/page.html", context)


@require_POST
def note(request: HttpRequest) -> HttpResponse:
    notes.write(request, request.POST["text"])
    return HttpResponseRedirect("/page/")


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    users: Any = get_user_model()._default_manager
    user, _ = users.get_or_create(username="ada")
    login(request, user)
    return HttpResponseRedirect("/page/")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect("/page/")


def blank(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>blank</title>")


urlpatterns = [
    path("page/", page),
    path("note/", note),
    path("login/", sign_in),
    path("logout/", sign_out),
    path("blank/", blank),
    path("sessionsync/", include("sessionsync.urls")),
]

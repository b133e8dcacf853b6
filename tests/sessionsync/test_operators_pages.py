"""What operators see in the admin, in Prometheus and in a terminal."""

import re
import subprocess
import sys
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django_redis import get_redis_connection
from pytest_django import Settings

from sessionsync import journal
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from sessionsync.journal import Entry
from sessionsync.metrics import exposition
from sessionsync.models import Session
from sessionsync.operations import tables
from sessionsync.operations.charts import stacked
from sessionsync.testing import Browser
from sessionsync.tokens import Token
from shop.ops.metrics import scrapers_only

from .conftest import MAIN
from .operating import make_handshakes
from .urls import urlpatterns as tiny_urls

pytestmark = pytest.mark.django_db

urlpatterns = [path("admin/", admin.site.urls), *tiny_urls]
"""The tiny network with an admin."""


# The admin.


SECRETS = ("unmistakable", "x" * 22)


@pytest.fixture
def staff(settings: Settings, django_user_model: Any) -> Browser:
    """The browser of a member of staff who may look at sessions, in Unfold's admin."""
    settings.ROOT_URLCONF = "tests.sessionsync.test_operators_pages"
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ]
    user = django_user_model.objects.create_user(
        email="ada@example.com", password="x", is_staff=True
    )
    permission = Permission.objects.get(
        codename="view_session", content_type__app_label="sessionsync"
    )
    user.user_permissions.add(permission)
    browser = Browser()
    browser.open(f"https://{MAIN}/login/?user={user.pk}")
    browser.open(f"https://{MAIN}/page/")
    return browser


def admin_page(browser: Browser, path: str) -> str:
    response = browser.open(f"https://{MAIN}/admin/sessionsync/session/{path}")
    assert response.status_code == 200
    html: str = response.content.decode()
    return html


def a_session_with_secrets() -> Session:
    session = SessionStore(tokens=[Token(1_700_000_000_000_000_000, "x" * 22)])
    session["cart"] = "unmistakable"
    session.save()
    return Session.objects.get(key__endswith="x" * 22)


def test_the_list_of_sessions_shows_fingerprints_only(staff: Browser) -> None:
    row = a_session_with_secrets()
    html = admin_page(staff, "")
    assert fingerprint(row.key) in html
    assert "Nov. 14, 2023" in html
    assert [secret for secret in SECRETS if secret in html] == []
    assert "overview/" in html


@pytest.mark.parametrize("what", ["add/", "{key}/change/", "{key}/delete/", "{key}/history/"])
def test_sessions_cannot_be_touched(staff: Browser, what: str) -> None:
    row = a_session_with_secrets()
    place = f"https://{MAIN}/admin/sessionsync/session/{what.format(key=row.key)}"
    assert staff.open(place).status_code == 404
    assert Session.objects.filter(key=row.key).exists()


def test_the_page_with_charts_counts_what_happened(staff: Browser) -> None:
    get_redis_connection("default").flushdb()  # the sign-in has counts of its own
    make_handshakes()
    journal.note(*(Entry("link", "absorb") for _ in range(7)))
    html = " ".join(admin_page(staff, "overview/").split())
    for word, number in (
        ("begun", 5),
        ("arrived", 4),
        ("healings", 1),
        ("stopped", 1),
        ("sessions that met", 7),
    ):
        assert f"<dt>{word}</dt><dd>{number}</dd>" in html
    assert "</svg> chromium: 4</li>" in html
    assert "</svg> meta: 1</li>" in html
    assert html.count('<figure class="sessionsync-chart">') == 6
    assert html.count('<svg viewBox="-4 -18 488 182" role="img"') == 6
    assert "http" not in "".join(re.findall(r"<figure.*?</figure>", html))


def test_the_page_shows_one_shoppers_way(staff: Browser) -> None:
    names = make_handshakes()
    html = admin_page(staff, f"overview/?hours=168&who={names['chromium']}")
    assert f"The way of {names['chromium']}" in html
    assert html.count("<td>consume</td>") == 3
    assert 'aria-current="true">week</a>' in html
    assert "is no fingerprint" in admin_page(staff, "overview/?who=%3Cscript%3Ex")
    assert "<script>x" not in admin_page(staff, "overview/?who=%3Cscript%3Ex")
    assert "No hop is known." in admin_page(staff, "overview/?who=aaaaaaaaaa")


def test_the_page_without_redis_says_so(staff: Browser, redis_away: None) -> None:
    html = admin_page(staff, "overview/?who=aaaaaaaaaa")
    assert "Redis is away." in html
    assert "No hop is known." not in html


def test_the_page_needs_the_permission(staff: Browser, django_user_model: Any) -> None:
    django_user_model.objects.get().user_permissions.clear()
    for page in ("", "overview/"):
        response = staff.open(f"https://{MAIN}/admin/sessionsync/session/{page}")
        assert response.status_code == 403


def test_strangers_are_sent_to_the_login(staff: Browser) -> None:
    stranger = Browser()
    stranger.open(f"https://{MAIN}/admin/sessionsync/session/overview/")
    assert stranger.url.startswith(f"https://{MAIN}/admin/login/?next=")


STOCK = """
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="k" * 50, ALLOWED_HOSTS=["*"], USE_TZ=True, ROOT_URLCONF="__main__",
    STATIC_URL="/static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "%(redis)s"}},
    SESSION_ENGINE="sessionsync.engine",
    SESSIONSYNC={"SITES": [{"id": "main", "domain": "main.example", "is_main": True}]},
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.messages", "django.contrib.staticfiles", "sessionsync",
    ],
    MIDDLEWARE=[
        "sessionsync.middleware.SessionSyncMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ]},
    }],
)
django.setup()
from django.contrib import admin
from django.contrib.auth import get_user_model, login
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import include, path
from sessionsync.testing import Browser

def sign_in(request):
    login(request, get_user_model().objects.get())
    return HttpResponse()

urlpatterns = [
    path("admin/", admin.site.urls), path("in/", sign_in),
    path("sessionsync/", include("sessionsync.urls")),
]
call_command("migrate", verbosity=0)
get_user_model().objects.create_superuser("ada", "", "x")
browser = Browser()
browser.open("https://main.example/in/")
for page in ("", "overview/", "overview/?who=aaaaaaaaaa"):
    response = browser.open("https://main.example/admin/sessionsync/session/" + page)
    print(response.status_code)
    html = response.content.decode()
    if "Nothing in this time." in html:
        print(html.count("Nothing in this time."), "unfold" in html)
"""


def test_djangos_own_admin_will_do(settings: Settings) -> None:
    redis = settings.CACHES["default"]["LOCATION"]
    done = subprocess.run(
        [sys.executable, "-c", STOCK % {"redis": redis}],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.split("\n"), done.returncode) == (
        ["200", "200", "6 False", "200", "6 False", ""],
        0,
    ), done.stderr


def test_a_chart_stacks_its_series_to_scale() -> None:
    # Given two columns of two series, when they are drawn
    drawn = stacked("t", ["a", "b"], {"red": [3, 0], "blue": [1, 2]})
    # Then the tallest is as tall as the drawing, and pieces stand on each other
    assert [(bar.x, bar.y, bar.width, bar.height, bar.colour) for bar in drawn.bars] == [
        ("24.0", "35.0", "192.0", "105.0", 0),
        ("24.0", "0.0", "192.0", "35.0", 1),
        ("264.0", "70.0", "192.0", "70.0", 1),
    ]
    assert [bar.said for bar in drawn.bars] == ["a: red 3", "a: blue 1", "b: blue 2"]
    assert drawn.series == [("red", 3, 0), ("blue", 3, 1)]
    assert (drawn.most, drawn.total) == (4, 6)
    assert drawn.rows == [("a", [3, 1]), ("b", [0, 2])]
    assert drawn.marks == [("120.0", "middle", "a"), ("360.0", "middle", "b")]


def test_an_empty_chart_draws_nothing() -> None:
    assert stacked("t", [], {}).total == 0
    assert stacked("t", ["a"], {"red": [0]}).bars == []


# Metrics.


def test_metrics_in_prometheus_text_format() -> None:
    for took in ("0.100", "0.300", "61.000"):
        journal.note(Entry("consume", "accept", engine="webkit", took=took))
    journal.note(Entry("leave", "move", engine="webkit", transport="meta"))
    assert exposition() == (
        "# HELP sessionsync_redis_up Whether Redis, where the handshakes meet, answers.\n"
        "# TYPE sessionsync_redis_up gauge\n"
        "sessionsync_redis_up 1\n"
        "# HELP sessionsync_hops_total Hops of handshakes, by what came of them.\n"
        "# TYPE sessionsync_hops_total counter\n"
        'sessionsync_hops_total{hop="consume",outcome="accept",engine="webkit",transport=""} 3\n'
        'sessionsync_hops_total{hop="leave",outcome="move",engine="webkit",transport="meta"} 1\n'
        "# HELP sessionsync_handshake_seconds Seconds from leaving a site until coming back to it "
        "with a session.\n"
        "# TYPE sessionsync_handshake_seconds histogram\n"
        'sessionsync_handshake_seconds_bucket{le="0.25"} 1\n'
        'sessionsync_handshake_seconds_bucket{le="0.5"} 2\n'
        'sessionsync_handshake_seconds_bucket{le="1"} 2\n'
        'sessionsync_handshake_seconds_bucket{le="2.5"} 2\n'
        'sessionsync_handshake_seconds_bucket{le="5"} 2\n'
        'sessionsync_handshake_seconds_bucket{le="10"} 2\n'
        'sessionsync_handshake_seconds_bucket{le="60"} 2\n'
        'sessionsync_handshake_seconds_bucket{le="+Inf"} 3\n'
        "sessionsync_handshake_seconds_sum 61.4\n"
        "sessionsync_handshake_seconds_count 3\n"
    )


def test_labels_stay_bounded_whatever_redis_holds() -> None:
    odd = ['x"}\n|y|z|w', "leave|odd|odd|odd", "took|x|y|z", "took|99", "nonsense"]
    get_redis_connection("default").hset(journal.TOTALS, mapping=dict.fromkeys(odd, 1))
    lines = [line for line in exposition().splitlines() if line.startswith("sessionsync_hops")]
    other = 'outcome="other",engine="other",transport="other"'
    assert lines == [
        f'sessionsync_hops_total{{hop="leave",{other}}} 1',
        f'sessionsync_hops_total{{hop="other",{other}}} 2',
    ]


def test_metrics_without_redis_say_only_that(redis_away: None) -> None:
    assert exposition().splitlines()[-1] == "sessionsync_redis_up 0"
    assert len(exposition().splitlines()) == 3


@pytest.mark.parametrize(
    ("token", "demo", "sent", "status"),
    [
        ("", False, None, 404),
        ("", False, "Bearer ", 404),
        ("", True, None, 200),
        ("s3cret", False, None, 401),
        ("s3cret", True, None, 401),
        ("s3cret", False, "Bearer wrong", 401),
        ("s3cret", False, "s3cret", 401),
        ("s3cret", False, "Bearer s3cret", 200),
        ("s3cret", False, "Bearer sécret", 401),
    ],
)
def test_metrics_are_for_scrapers_only(
    settings: Settings, token: str, demo: bool, sent: str | None, status: int
) -> None:
    settings.METRICS_TOKEN, settings.DEMO = token, demo
    headers = {"Authorization": sent} if sent else {}

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("figures")

    response = scrapers_only(view)(RequestFactory().get("/metrics", headers=headers))
    assert response.status_code == status
    assert (response.content == b"figures") is (status == 200)


def test_the_shop_mounts_them(settings: Settings) -> None:
    settings.ROOT_URLCONF, settings.METRICS_TOKEN = "shop.urls", "s3cret"
    headers = {"Authorization": "Bearer s3cret"}
    response = Client(headers=headers).get("/metrics", HTTP_HOST=MAIN)
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    assert b"sessionsync_redis_up 1\n" in response.content


# Tables.


def test_tables_without_rich_are_plain_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    table = tables.Table("Title", ("name", "count"), [("a", 10), ("long", 5)])
    with_rich = table.render(colour=False)
    monkeypatch.setattr(tables, "HAS_RICH", False)
    assert table.render(colour=False) == (
        "Title\n\nname  count\n----  -----\na        10\nlong      5\n"
    )
    assert re.search(r"name +count\n.*\n +a +10\n +long +5", with_rich)


def test_tables_are_coloured_for_a_terminal_only() -> None:
    table = tables.Table("Title", ("", "what"), [("FAIL", "[red]x")])
    assert "\x1b[" not in table.render(colour=False)
    assert "\x1b[1;31mFAIL" in table.render(colour=True)
    assert "[red]x" in table.render(colour=True)

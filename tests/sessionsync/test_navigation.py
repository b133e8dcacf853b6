"""What is a navigation, by headers as real clients send them."""

import pytest
from django.http import HttpHeaders

from sessionsync.navigation import classify, engine, is_crawler, is_same_origin
from sessionsync.protocol import Kind

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Safari/605.1.15"
)
IPHONE_CHROME = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) CriOS/156.0.0.0 Mobile/15E148 Safari/604.1"
)
WEBKIT_GTK = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
EDGE = CHROME + " Edg/156.0.0.0"
FORM = "application/x-www-form-urlencoded"
PAGE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def kind(method: str, **headers: str) -> Kind:
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    if "HTTP_CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE")
    return classify(method, HttpHeaders(environ))[0]


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {**PAGE, "Accept": "text/html"}, Kind.GET),
        ("POST", {**PAGE, "Accept": "text/html", "Content-Type": FORM}, Kind.POST),
        ("GET", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, Kind.GET),
        ("GET", {"Accept": "*/*", "User-Agent": "curl/7.88.1"}, Kind.GET),
        ("POST", {"Accept": "*/*", "User-Agent": "curl/7.88.1", "Content-Type": FORM}, Kind.POST),
        ("POST", {"Accept": "*/*", "Content-Type": "application/json"}, Kind.IN_PLACE),
        ("GET", {"Accept": "application/json"}, Kind.IN_PLACE),
        ("GET", {}, Kind.IN_PLACE),
        ("HEAD", PAGE, Kind.IN_PLACE),
        ("PUT", PAGE, Kind.IN_PLACE),
        ("GET", {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, Kind.IN_PLACE),
        ("GET", {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, Kind.IN_PLACE),
        ("GET", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, Kind.IN_PLACE),
        ("GET", {**PAGE, "Sec-Purpose": "prefetch"}, Kind.IN_PLACE),
        ("GET", {**PAGE, "Sec-Purpose": "prefetch;prerender"}, Kind.IN_PLACE),
        ("GET", {**PAGE, "Purpose": "prefetch"}, Kind.IN_PLACE),
        ("GET", {**PAGE, "X-Moz": "prefetch"}, Kind.IN_PLACE),
        ("GET", {"Accept": "*/*", "HX-Request": "true"}, Kind.IN_PLACE),
        ("GET", {"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"}, Kind.IN_PLACE),
    ],
)
def test_what_is_a_navigation(method: str, headers: dict[str, str], expected: Kind) -> None:
    assert kind(method, **headers) is expected


CRAWLERS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/156.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
]


@pytest.mark.parametrize("agent", CRAWLERS)
def test_crawlers_are_known(agent: str) -> None:
    assert is_crawler(agent)
    assert kind("GET", **PAGE, **{"User-Agent": agent}) is Kind.IN_PLACE


@pytest.mark.parametrize("agent", [CHROME, FIREFOX, SAFARI, IPHONE_CHROME, EDGE, "curl/7.88.1", ""])
def test_people_are_no_crawlers(agent: str) -> None:
    assert not is_crawler(agent)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (CHROME, "chromium"),
        (EDGE, "chromium"),
        (FIREFOX, "firefox"),
        (SAFARI, "webkit"),
        (WEBKIT_GTK, "webkit"),
        (IPHONE_CHROME, "webkit"),
        ("curl/7.88.1", "other"),
        ("", "other"),
    ],
)
def test_the_engine_behind_a_user_agent(agent: str, expected: str) -> None:
    assert engine(agent) == expected


def test_what_comes_from_a_page_of_the_same_site() -> None:
    host = "one.example:8000"
    assert is_same_origin({"Sec-Fetch-Site": "same-origin"}, host)
    assert is_same_origin({"Referer": "https://one.example:8000/cart/"}, host)
    assert not is_same_origin({"Sec-Fetch-Site": "cross-site", "Referer": f"http://{host}/"}, host)
    assert not is_same_origin({"Referer": "https://one.example.evil.example/"}, host)
    assert not is_same_origin({}, host)

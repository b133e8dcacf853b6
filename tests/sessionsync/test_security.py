"""Attacks on the handshake, one test a threat; docs/sessionsync/security.md lists them."""

from itertools import product
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from django.conf import settings as django_settings
from django_redis import get_redis_connection
from pytest_django import Settings

from sessionsync import store
from sessionsync.models import Session
from sessionsync.protocol import safe_next
from sessionsync.testing import Browser
from sessionsync.tokens import Sealer, Token

from .conftest import MAIN, ONE, TWO
from .test_journeys import see, tokens, write

pytestmark = pytest.mark.django_db
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def ask(browser: Browser, url: str) -> Any:
    """One navigation, nothing followed."""
    return browser.request("GET", url, None, NAVIGATION)


def half_a_handshake(browser: Browser, domain: str = ONE) -> str:
    """Leave a site, visit main, and stop with the address that holds the code."""
    leaving = ask(browser, f"https://{domain}/page/")
    return str(ask(browser, leaving["Location"])["Location"])


def names(browser: Browser, domain: str) -> list[str]:
    return sorted(browser.cookies(domain))


# Codes.


def test_a_code_is_burnt_by_its_first_use() -> None:
    browser = Browser()
    consume = half_a_handshake(browser)
    assert ask(browser, consume)["Location"] == "/page/"
    (held,) = tokens(browser, ONE)
    browser.jar(ONE).cookies.pop(held)
    again = ask(browser, consume)
    assert tokens(browser, ONE) == []
    assert again["Location"] == "/?_nocookies=1"  # where it was going was known to the code only


def test_a_stolen_code_gives_nothing_to_another_browser_and_is_burnt() -> None:
    victim, thief = Browser(), Browser()
    consume = half_a_handshake(victim)
    answer = ask(thief, consume)
    assert answer["Location"] == "/page/?_nocookies=1"
    assert tokens(thief, ONE) == []
    # The victim's own attempt finds the code gone, tries once more, and succeeds.
    page = victim.open(consume)
    assert page.json()["session"]
    assert victim.url == f"https://{ONE}/page/"


def test_a_code_of_one_site_gives_nothing_on_another() -> None:
    browser = Browser()
    consume = half_a_handshake(browser, ONE)
    answer = ask(browser, consume.replace(ONE, TWO))
    assert tokens(browser, TWO) == []
    assert answer.status_code in {303, 400}


def test_a_code_of_one_flow_gives_nothing_in_another() -> None:
    browser = Browser()
    first = half_a_handshake(browser)
    second = half_a_handshake(browser)
    code, flow = (parse_qs(urlsplit(url).query) for url in (first, second))
    crossed = urlencode({"code": code["code"][0], "flow": flow["flow"][0]})
    answer = ask(browser, f"https://{ONE}/sessionsync/consume_auth_code/?{crossed}")
    assert answer.status_code == 400
    assert tokens(browser, ONE) == []


def test_an_attackers_link_fixes_no_session_on_a_victim() -> None:
    attacker, victim = Browser(), Browser()
    consume = half_a_handshake(attacker)
    page = victim.open(consume)
    assert page.json()["session"] is None
    assert tokens(victim, ONE) == []


def test_an_attackers_link_leaves_a_victim_with_a_session_alone() -> None:
    attacker, victim = Browser(), Browser()
    mine = see(victim, ONE)["session"]
    page = victim.open(half_a_handshake(attacker))
    assert page.json()["session"] == mine


def test_a_challenge_that_leaked_is_worth_nothing_once_used() -> None:
    victim, attacker = Browser(), Browser()
    leaked = ask(victim, f"https://{ONE}/page/")["Location"]
    ask(victim, leaked)
    answer = ask(attacker, leaked)
    assert answer.status_code == 400
    assert tokens(attacker, MAIN) == []
    assert len(get_redis_connection("default").keys("sessionsync:code:*")) == 1


def test_a_challenge_older_than_five_minutes_is_refused() -> None:
    browser = Browser()
    leaving = ask(browser, f"https://{ONE}/page/")["Location"]
    query = {name: value[0] for name, value in parse_qs(urlsplit(leaving).query).items()}
    query["flow"] = f"{int(query['flow'][:11], 16) - 301_000:011x}{query['flow'][11:]}"
    answer = ask(browser, f"https://{MAIN}/sessionsync/generate_auth_code/?{urlencode(query)}")
    assert answer.status_code == 400
    assert tokens(browser, MAIN) == []


def test_an_adopt_code_works_in_no_other_browser(django_user_model: Any) -> None:
    ada = django_user_model.objects.create_user(email="ada@example.com", password="x")
    attacker, victim = Browser(), Browser()
    see(attacker, ONE)
    ask(attacker, f"https://{ONE}/login/?user={ada.pk}")
    adopt = ask(attacker, half_a_handshake(attacker))["Location"]
    assert "/sessionsync/adopt/" in adopt
    before = see(victim, MAIN)
    victim.open(adopt)
    assert see(victim, MAIN)["user"] is before["user"] is None


@pytest.mark.parametrize("address", ["generate_auth_code", "consume_auth_code", "adopt"])
def test_the_handshakes_addresses_answer_get_only(address: str) -> None:
    for domain in (MAIN, ONE):
        browser = Browser(url="https://evil.example/")
        url = f"https://{domain}/sessionsync/{address}/"
        answer = browser.request("POST", url, {}, {**NAVIGATION, "Origin": "https://evil.example"})
        assert answer.status_code in {403, 405}
        assert browser.cookies(domain) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {**NAVIGATION, "Sec-Purpose": "prefetch"},
        {**NAVIGATION, "Sec-Purpose": "prefetch;prerender"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_what_is_no_navigation_mints_nothing_and_burns_no_code(headers: dict[str, str]) -> None:
    browser = Browser()
    leaving = ask(browser, f"https://{ONE}/page/")["Location"]
    assert browser.request("GET", leaving, None, headers).status_code == 400
    assert browser.cookies(MAIN) == {}
    consume = ask(browser, leaving)["Location"]
    assert browser.request("GET", consume, None, headers).status_code == 400
    assert ask(browser, consume)["Location"] == "/page/"
    assert len(tokens(browser, ONE)) == 1


# Cookies.


def forged(browser: Browser, domain: str, name: str, value: str) -> dict[str, Any]:
    browser.jar(domain).cookies[name] = value
    page: dict[str, Any] = see(browser, domain)
    return page


def test_over_tls_a_token_without_the_host_prefix_is_not_read() -> None:
    attacker, victim = Browser(), Browser()
    theirs = see(attacker, MAIN)
    write(attacker, MAIN, "bait")
    theirs = see(attacker, MAIN)
    (name,) = tokens(attacker, MAIN)
    planted = name.removeprefix("__Host-")
    page = forged(victim, MAIN, planted, attacker.cookies(MAIN)[name])
    assert page["session"] != theirs["session"]
    assert page["notes"] == []


def test_tokens_that_are_not_ours_name_nothing() -> None:
    ts = 1_790_000_000_000_000_000
    stranger = Sealer(["another secret"]).seal(Token(ts, "x" * 22))
    for value in (stranger, stranger[:-1], stranger + "x", "", "." * 100, "a" * 8000, "\u00e9"):
        browser = Browser()
        assert forged(browser, MAIN, f"__Host-session_token.{ts}", value)["session"] is None


def test_a_token_that_is_too_old_names_nothing(settings: Settings) -> None:
    old = Token(1_500_000_000_000_000_000, "x" * 22)
    value = Sealer([django_settings.SECRET_KEY]).seal(old)
    assert forged(Browser(), MAIN, f"__Host-session_token.{old.ts}", value)["session"] is None


def test_a_token_of_a_clock_that_ran_ahead_does_not_win_for_ever() -> None:
    ahead = Token(1_990_000_000_000_000_000, "x" * 22)
    browser = Browser()
    value = Sealer([django_settings.SECRET_KEY]).seal(ahead)
    assert forged(browser, MAIN, f"__Host-session_token.{ahead.ts}", value)["session"] == ahead.key
    browser.open(f"https://{MAIN}/logout/")
    write(browser, MAIN, "hat")
    session = see(browser, MAIN)["session"]
    assert Token.from_key(session) > ahead or Token.from_key(session).ts < ahead.ts
    assert see(browser, ONE)["session"] == session


def test_more_tokens_than_any_browser_holds_are_cut_off() -> None:
    seal = Sealer([django_settings.SECRET_KEY])
    browser = Browser()
    for number in range(60):
        token = Token(1_790_000_000_000_000_000 + number, f"{number:0>22}")
        browser.jar(MAIN).cookies[f"__Host-session_token.{token.ts}"] = seal.seal(token)
    assert see(browser, MAIN)["session"] == f"{1_790_000_000_000_000_000 + 59}.{59:0>22}"
    assert Session.objects.count() == 12


def test_a_retired_token_stays_retired_when_redis_is_emptied(django_user_model: Any) -> None:
    ada = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser, thief = Browser(), Browser()
    browser.open(f"https://{MAIN}/login/?user={ada.pk}")
    (name,) = tokens(browser, MAIN)
    stolen = browser.cookies(MAIN)[name]
    browser.open(f"https://{MAIN}/logout/")
    get_redis_connection("default").flushall()
    page = forged(thief, MAIN, name, stolen)
    assert page["user"] is None
    assert page["session"] is None


# Kept requests.


def test_a_kept_request_is_asked_about_when_somebody_has_signed_in_since(
    django_user_model: Any,
) -> None:
    ada = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = Browser(url=f"https://{ONE}/page/")
    browser.open(f"https://{MAIN}/login/?user={ada.pk}")
    browser.url = f"https://{ONE}/page/"
    page = browser.submit("/note/", {"text": "ring"})
    assert "Did you send this?" in page.content.decode()
    assert see(browser, ONE)["notes"] == []


def test_a_kept_request_is_carried_out_in_no_other_browser() -> None:
    victim, attacker = Browser(), Browser()
    see(attacker, ONE)
    kept = victim.request(
        "POST",
        f"https://{ONE}/note/",
        {"text": "mine"},
        {**NAVIGATION, "Origin": f"https://{ONE}"},
    )
    flow = parse_qs(urlsplit(kept["Location"]).query)["flow"][0]
    answer = ask(attacker, f"https://{ONE}/sessionsync/resume/?flow={flow}")
    assert answer["Location"] == "/"
    assert see(attacker, ONE)["notes"] == []
    assert Session.objects.filter(data__gt="").count() == 0


def test_an_attackers_kept_request_is_not_carried_out_by_a_victim() -> None:
    attacker, victim = Browser(url=f"https://{ONE}/page/"), Browser()
    see(victim, ONE)
    attacker.submit("/note/", {"text": "bait"})
    resume = next(hop.url for hop in attacker.hops if "/resume/" in hop.url)
    assert victim.open(resume).status_code == 404  # "/", which this small site does not have
    assert see(victim, ONE)["notes"] == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", "{}"),
        ("application/x-www-form-urlencoded", "text=" + "x" * 70_000),
        ("application/x-www-form-urlencoded", "text=x&card_number=4111"),
        ("application/x-www-form-urlencoded", "text=x&cvc=123"),
        ("application/x-www-form-urlencoded", "text=x&new_password1=y"),
    ],
)
def test_what_must_not_wait_on_the_server_does_not(content_type: str, body: str) -> None:
    response = (
        Browser()
        .jar(ONE)
        .post(
            "/note/",
            body,
            content_type=content_type,
            secure=True,
            headers={**NAVIGATION, "Origin": f"https://{ONE}"},
            HTTP_HOST=ONE,
        )
    )
    assert response.status_code == 403
    assert get_redis_connection("default").keys("sessionsync:pending:*") == []


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::{n:x}", "::ffff:203.0.113.7"])
def test_one_address_keeps_only_so_many_requests(address: str) -> None:
    headers = {**NAVIGATION, "Origin": f"https://{ONE}"}
    for n in range(1, store.PENDING_PER_ADDRESS + 6):
        browser = Browser()
        browser.jar(ONE).defaults["REMOTE_ADDR"] = address.format(n=n)
        browser.request("POST", f"https://{ONE}/note/", {"text": "x"}, headers)
    kept = get_redis_connection("default").keys("sessionsync:pending:*")
    assert len(kept) == store.PENDING_PER_ADDRESS


# Where a browser may be sent.


def nasty_addresses() -> list[str]:
    hosts = ["evil.example", "evil.example:443", "user@evil.example", "[::1]", "2130706433"]
    starts = [
        "//", "///", "////", "/\\", "\\/", "\\\\", "/\t/", "/\n/", "/\r/", "\t//", " //", "/ /",
        "http://", "https://", "HTTPS://", "http:", "https:", "http:/", "https:///", "ftp://",
        "//@", "javascript://", "data:text/html,", "vbscript:", "\x00//", "/\x00/", "/\x0b/",
        "/\x7f/", "/\u3000/", "/\u2028/", "\ufeff//", "/\u00ad/", "/\uff0f", "\uff0f\uff0f",
    ]  # fmt: skip
    found = [start + host for start, host in product(starts, hosts)]
    found += [
        "", " ", "page", "../page", "./page", "?x", "#x", ".", "..", "/..", "/../", "/a/../../b",
        "/./", "/.", "/a/./b", "/%2e%2e/x", "/%2E%2E/x", "/.%2e/x", "/a/%2e/b", "/%2e%2e%2fx/..",
        "/sessionsync", "/sessionsync/", "/sessionsync/adopt/?code=x", "/sessionsync?x=/a",
        "/sessionsync/consume_auth_code/?code=a&flow=b", "/%73essionsync/", "/SESSIONSYNC/",
        "/%53%45%53sionsync/adopt/", "/sessionsync#x", "/a\r\nLocation: https://evil.example",
        "/a\r\nSet-Cookie: session_token.1=x", "/a%0d%0a\nX: y", "/a\x00b", "/a\x1fb", "/a\\b",
        "/" + "a" * 3000, "/\u202e/moc.live", "/\x85", "javascript:alert(1)", "/page?x=\n",
    ]  # fmt: skip
    return found


def test_the_corpus_of_nasty_addresses_is_large() -> None:
    assert len(set(nasty_addresses())) >= 200


@pytest.mark.parametrize("path", nasty_addresses(), ids=lambda path: repr(path)[:40])
def test_a_browser_is_never_sent_to_a_nasty_address(path: str) -> None:
    assert safe_next(path) is None


def test_main_refuses_nasty_addresses_and_headers_cannot_be_injected() -> None:
    browser = Browser()
    leaving = ask(browser, f"https://{ONE}/page/")["Location"]
    query = {name: value[0] for name, value in parse_qs(urlsplit(leaving).query).items()}
    for nasty in nasty_addresses()[::7]:
        asked = urlencode({**query, "next": nasty})
        answer = ask(browser, f"https://{MAIN}/sessionsync/generate_auth_code/?{asked}")
        assert answer.status_code == 400
        assert "evil" not in str(answer.headers)
    assert tokens(browser, MAIN) == []
    for name, value in product(
        ("site", "flow", "challenge"), ("\r\nX: y", "", "x" * 9000, "../one")
    ):
        asked = urlencode({**query, name: value})
        answer = ask(browser, f"https://{MAIN}/sessionsync/generate_auth_code/?{asked}")
        assert answer.status_code == 400
        assert "X" not in answer.headers


def test_a_path_that_looks_like_another_host_is_not_followed_after_the_handshake() -> None:
    client = Browser().jar(ONE)
    path = "//evil.example/page/"
    answer = client.get("/", secure=True, headers=NAVIGATION, HTTP_HOST=ONE, PATH_INFO=path)
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == ["/"]


@pytest.mark.parametrize("hop", ["leave", "generate", "consume", "stopped"])
def test_no_hop_is_cached_framed_or_a_referrer(hop: str) -> None:
    browser = Browser()
    answer = ask(browser, f"https://{ONE}/page/")
    if hop in {"generate", "consume"}:
        answer = ask(browser, answer["Location"])
    if hop == "consume":
        answer = ask(browser, answer["Location"])
    if hop == "stopped":
        answer = ask(browser, f"https://{MAIN}/sessionsync/generate_auth_code/")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_no_secret_is_in_an_address_a_page_or_redis() -> None:
    browser = Browser()
    seen = []
    answer = ask(browser, f"https://{ONE}/page/")
    while True:
        seen.append(answer.content.decode() + answer.headers.get("Location", ""))
        if "Location" not in answer.headers:
            break
        secrets = [
            value.partition(".")[0] for d in (ONE, MAIN) for value in browser.cookies(d).values()
        ]
        answer = ask(
            browser, answer["Location"] if "//" in answer["Location"] else f"https://{ONE}/page/"
        )
        secrets += [
            value.split(".")[1]
            for d in (ONE, MAIN)
            for name, value in browser.cookies(d).items()
            if "session_token" in name
        ]
    write(browser, ONE, "hat")
    redis = get_redis_connection("default")
    kept = [str(key) for key in redis.keys("*")]
    kept += [str(redis.get(key)) for key in redis.keys("*") if redis.type(key) == b"string"]
    kept += [str(entry) for entry in redis.xrange("sessionsync:journal")]
    macs = [
        value.split(".")[1]
        for domain in (ONE, MAIN)
        for name, value in browser.cookies(domain).items()
        if "session_token" in name
    ]
    keys = [secret for secret in secrets if len(secret) == 32]
    assert len(macs) == 2
    assert keys
    for secret in [*macs, *keys]:
        assert not any(secret in text for text in [*kept, *seen])


def test_quoting_keeps_the_address_whole() -> None:
    browser = Browser()
    path = "/page/?q=" + quote("a&b=c#d%/é漢")
    browser.open(f"https://{ONE}{path}")
    assert browser.url == f"https://{ONE}{path}"

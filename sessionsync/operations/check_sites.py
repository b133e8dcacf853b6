"""Looks at every site from outside, as a browser would: a real first visit with a real handshake.

The proof that the server which answers belongs to this network is the token it gives: only who
shares SECRET_KEY can have sealed it. A token that is never used leaves no row behind.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from urllib.parse import parse_qs, urlsplit

from django.urls import reverse

from sessionsync import cookies
from sessionsync.conf import Site, get_config
from sessionsync.operations.findings import Finding, fail, ok, warn
from sessionsync.operations.wire import Answer, Browser, Network, Unreachable
from sessionsync.tokens import Token

CERTIFICATE_SOON = timedelta(days=14)
HOST_PREFIX = "__Host-"
_OURS = (cookies.TOKEN, cookies.CLIENT_KEY, cookies.MAIN_KEY, cookies.PROBE)


class _Broken(Exception):
    """The handshake ended here; the message says what came instead of what should have come."""


def check_sites(network: Network) -> Iterator[Finding]:
    """Look at the main site, then shake hands with it on each sub-site, in one browser."""
    config, browser = get_config(), Browser(network)
    main = config.main()
    if main is None:
        return
    yield from _check_main(browser, main)
    tokens = list[Token]()
    subs = [site for site in config.sites() if not site.is_main]
    for site in subs:
        yield from _check_sub_site(browser, site, main, tokens)
    if len(tokens) == len(subs) > 1:
        names = {token.key for token in tokens}
        said = f"all {len(subs)} sub-sites gave this browser the same session"
        if len(names) == 1:
            yield ok("network", "one session", said)
        else:
            said = f"{len(names)} different sessions on {len(subs)} sub-sites"
            yield fail("network", "one session", said)


def _reached(site: Site, answer: Answer) -> Finding:
    said = f"status {answer.status} in {answer.took * 1000:.0f} ms"
    if not answer.tls or answer.expires is None:
        return ok(site.id, "reachable", f"{said}, no TLS")
    left = answer.expires - datetime.now(UTC)
    until = f"{said}, {answer.tls}, certificate until {answer.expires:%Y-%m-%d}"
    if left < CERTIFICATE_SOON:
        return warn(site.id, "reachable", f"{until}: only {left.days} days")
    return ok(site.id, "reachable", until)


def _check_main(browser: Browser, main: Site) -> Iterator[Finding]:
    path = reverse("sessionsync:generate_auth_code")
    try:
        answer = browser.get(browser.network.origin(main.domain) + path)
    except Unreachable as error:
        yield fail(main.id, "reachable", str(error))
        return
    yield _reached(main, answer)
    if answer.status == 400 and "no-store" in answer.headers.get("Cache-Control", ""):
        yield ok(main.id, "is the main site", f"{path} answers as it should")
    else:
        said = f"{path} answers {_said(answer)}, not 400: is this domain another server's?"
        yield fail(main.id, "is the main site", said)


def _check_sub_site(
    browser: Browser, site: Site, main: Site, tokens: list[Token]
) -> Iterator[Finding]:
    try:
        first = browser.get(browser.network.origin(site.domain) + "/")
    except Unreachable as error:
        yield fail(site.id, "reachable", str(error))
        return
    yield _reached(site, first)
    if get_config().trigger == "write" and not first.target:
        yield warn(site.id, "handshake", "not tried: TRIGGER is write, so no page begins one")
        return
    answers = [first]
    try:
        token = _shake_hands(browser, site, main, answers)
    except (Unreachable, _Broken) as error:
        yield fail(site.id, "handshake", str(error))
    else:
        tokens.append(token)
        took = sum(answer.took for answer in answers)
        yield ok(
            site.id,
            "handshake",
            f"{len(answers)} requests, {took * 1000:.0f} ms; sealed with our secret",
        )
    yield _cookie_finding(site, answers, secure=browser.network.scheme == "https")
    cached = [n for n, hop in enumerate(answers[:3], 1) if not _is_uncached(hop)]
    if cached:
        said = f"request {cached[0]} came without Cache-Control: no-store; does a proxy change it?"
        yield fail(site.id, "caching", said)
    if len(answers) == 4 and answers[-1].status >= 400:
        judge = fail if answers[-1].status >= 500 else warn
        yield judge(site.id, "page", f"/ answers {answers[-1].status} after the handshake")


def _is_uncached(answer: Answer) -> bool:
    return "no-store" in answer.headers.get("Cache-Control", "")


def _shake_hands(browser: Browser, site: Site, main: Site, answers: list[Answer]) -> Token:
    """Go the rest of the way, adding each answer. Raises _Broken, Unreachable."""
    here, there = browser.network.origin(site.domain), browser.network.origin(main.domain)
    first = answers[0]
    _expect(first, f"{there}{reverse('sessionsync:generate_auth_code')}", "the main site")
    if parse_qs(urlsplit(first.target).query).get("site") != [site.id]:
        raise _Broken(f"the server there takes {site.domain} for another site than {site.id}")
    try:
        at_main = browser.get(first.target)
    except Unreachable as error:
        raise _Broken(f"the main site, {main.domain}: {error}") from error
    answers.append(at_main)
    _expect(at_main, f"{here}{reverse('sessionsync:consume_auth_code')}", "back")
    if "code" not in parse_qs(urlsplit(at_main.target).query):
        raise _Broken("the main site has no Redis to put a code in; the sub-site stands alone")
    back = browser.get(at_main.target)
    answers.append(back)
    token = _token(browser, site, back)
    if back.target:
        answers.append(browser.get(back.target))
    return token


def _expect(answer: Answer, start: str, where: str) -> None:
    if not answer.target.startswith(f"{start}?"):
        raise _Broken(f"{_said(answer)} where a move {where} should be: {start}")


def _said(answer: Answer) -> str:
    """A status and where it leads to, without the query, which may hold a code."""
    leads_to = answer.target.partition("?")[0]
    return f"{answer.status} to {leads_to}" if leads_to else f"{answer.status}"


def _token(browser: Browser, site: Site, back: Answer) -> Token:
    prefix = HOST_PREFIX if browser.network.scheme == "https" else ""
    start = prefix + cookies.TOKEN
    for name, morsel in back.cookies.items():
        if name.startswith(start) and morsel.value:
            sealed = ".".join(morsel.value.split(".")[:2])
            token = cookies.sealer().unseal(name.removeprefix(start), sealed)
            if token is None:
                raise _Broken(f"{site.domain} gave a token that another SECRET_KEY sealed")
            return token
    raise _Broken(f"{_said(back)} came back without the cookie {start}<time>")


def _cookie_finding(site: Site, answers: list[Answer], *, secure: bool) -> Finding:
    set_here = [
        (name, morsel)
        for answer in answers
        for name, morsel in answer.cookies.items()
        if name.removeprefix(HOST_PREFIX).startswith(_OURS)
    ]
    if not set_here:
        return fail(site.id, "cookies", "none was set on the way")
    wrong = {
        f"{name.partition('.')[0]}: {fault}"
        for name, morsel in set_here
        for fault in _faults(name, morsel, secure=secure)
    }
    if wrong:
        return fail(site.id, "cookies", "; ".join(sorted(wrong)))
    flags = "HttpOnly, SameSite=Lax, Path=/, this host only"
    return ok(site.id, "cookies", f"{flags}, Secure, {HOST_PREFIX}" if secure else flags)


def _faults(name: str, morsel: Morsel[str], *, secure: bool) -> Iterator[str]:
    if not morsel["httponly"]:
        yield "not HttpOnly"
    if str(morsel["samesite"]).lower() != "lax":
        yield f"SameSite is {morsel['samesite'] or 'missing'}, not Lax"
    if morsel["path"] != "/":
        yield f"Path is {morsel['path'] or 'missing'}, not /"
    if morsel["domain"]:
        yield f"has a Domain, {morsel['domain']}"
    if secure and not morsel["secure"]:
        yield "not Secure"
    if secure and not name.startswith(HOST_PREFIX):
        yield f"without {HOST_PREFIX}: does the server know that it speaks TLS?"

"""What operators see of handshakes: figures, one shopper's way, and what pruning leaves."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django_redis import get_redis_connection
from pytest_django import Settings

from orders.models import Order
from sessionsync import journal, store
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from sessionsync.journal import Entry
from sessionsync.models import CarriedOut, Session
from sessionsync.operations import pruning, stats, trace
from sessionsync.operations.outcomes import HOPS, MEANINGS
from sessionsync.operations.stats import Tally
from sessionsync.protocol import new_flow, retry_of
from sessionsync.testing import Browser
from sessionsync.tokens import Token
from tests.factories import StorefrontFactory

from .conftest import MAIN, ONE, THREE, TWO
from .operating import make_handshakes, refused, run

pytestmark = pytest.mark.django_db


# Figures.


def test_figures_count_what_happened() -> None:
    # Given journeys that are known, when they are counted
    make_handshakes()
    found = json.loads(run("stats", "--format=json"))
    # Then the figures are theirs
    whole = found["whole"]
    assert (whole["begun"], whole["arrived"], whole["healings"], whole["stops"]) == (5, 4, 1, 1)
    assert whole["begun_by_engine"] == {"chromium": 4, "webkit": 1}
    assert whole["arrived_by_engine"] == {"chromium": 3, "webkit": 1}
    assert whole["begun_by_transport"] == {"307": 4, "meta": 1}
    assert sum(whole["took_at_most"].values()) + whole["took_longer"] == 4
    assert 0 < whole["median"] <= whole["p95"]
    assert {(each["hop"], each["outcome"]): each["count"] for each in whole["outcomes"]} == {
        ("leave", "move"): 4, ("leave", "heal"): 1, ("generate", "known"): 2,
        ("generate", "fresh"): 3, ("consume", "accept"): 4, ("consume", "no_cookies"): 1,
    }  # fmt: skip
    assert len(found["steps"]) == 24
    assert found["steps"][-1]["begun"] + found["steps"][-2]["begun"] == 5


def test_figures_in_tables() -> None:
    make_handshakes()
    printed = run("stats")
    assert re.search(r"together +5 +4 +0 +1 +1 +0", printed)
    assert re.search(r"consume +no_cookies +1 +The browser keeps no cookies on this site", printed)
    assert re.search(r"chromium +4 +3\n +webkit +1 +1", printed)
    assert re.search(r"Time taken: half within \d+\.\d\d s, 95% within \d+\.\d\d s", printed)


def test_no_figures_are_said_to_be_none() -> None:
    assert run("stats", "--hours=2160") == "No handshake in the last 2160 hours.\n"
    for wrong in ("0", "2161", "x"):
        assert "--hours" in refused("stats", f"--hours={wrong}")[1]


def test_figures_without_redis(redis_away: None) -> None:
    printed, reason = refused("stats")
    assert printed == ""
    assert reason.startswith("Redis is away, and the counts are there: ")


def test_a_longer_time_is_counted_by_days() -> None:
    make_handshakes()
    found = stats.report(72)
    assert found.step == timedelta(days=1)
    assert len(found.steps) in {3, 4}
    assert found.steps[max(found.steps)].begun == found.whole.begun == 5


@pytest.mark.parametrize(
    ("took", "share", "expected"),
    [
        ({}, 0.5, None),
        ({"0.25": 1}, 0.5, 0.125),
        ({"0.25": 2, "1.0": 2}, 0.5, 0.25),
        ({"0.25": 2, "1.0": 2}, 0.75, 0.75),
        ({"0.25": 1, "60.0": 3}, 0.5, 10 + 50 / 3),
        ({"more": 5}, 0.5, 60.0),
    ],
)
def test_a_median_is_estimated_within_its_bucket(
    took: dict[str, int], share: float, expected: float | None
) -> None:
    tally = Tally()
    for bound, number in took.items():
        tally.count(f"took|{bound}", number)
    assert tally.quantile(share) == pytest.approx(expected)


def test_every_outcome_that_is_written_has_a_meaning() -> None:
    written = re.compile(
        r"(?:\.entry\(|Entry\()\s*(?:hop=)?\"(\w+)\",\s*(?:outcome=)?\"([\w ]+)\"", re.DOTALL
    )
    folder = Path(store.__file__).parent
    found = {
        pair for file in folder.rglob("*.py") for pair in written.findall(file.read_text("utf-8"))
    }
    assert {("consume", "accept"), ("adopt", "foreign"), ("end", "retired")} <= found
    assert found - set(MEANINGS) == set()
    assert {hop for hop, _outcome in MEANINGS} == set(HOPS)


def test_the_guide_explains_every_outcome() -> None:
    guide = Path(__file__).parents[2] / "docs" / "sessionsync" / "operators.md"
    table = guide.read_text("utf-8").partition("## Every outcome")[2]
    told = re.findall(r"\| `(\w+)` \| `([\w ]+)` \| (.+) \|", table)
    assert told == [(hop, outcome, str(meaning)) for (hop, outcome), meaning in MEANINGS.items()]


# Traces.


def two_sessions_that_meet() -> tuple[str, str]:
    """A shopper whose two sites know two sessions, until a link heals it: small, great."""
    browser = Browser()
    small = browser.open(f"https://{ONE}/page/").json()["session"]
    browser.forget(MAIN)
    great = browser.open(f"https://{TWO}/page/").json()["session"]
    page = browser.open(f"https://{ONE}/page/?_st={fingerprint(great)}").json()
    assert page["session"] == great
    return small, great


def test_a_trace_follows_links_between_sessions(django_capture_on_commit_callbacks: Any) -> None:
    # Given a shopper with two sessions that met, and somebody else
    with django_capture_on_commit_callbacks(execute=True):
        small, great = two_sessions_that_meet()
    Browser().open(f"https://{THREE}/page/")
    # When either is asked for
    found = json.loads(run("trace", fingerprint(small), "--format=json"))
    # Then the whole way is there, hop by hop, and nobody else's
    way = [(hop["site"], hop["hop"], hop["outcome"]) for hop in found["hops"]]
    assert sorted(way) == sorted(
        [
            ("one", "leave", "move"), ("main", "generate", "fresh"), ("one", "consume", "accept"),
            ("two", "leave", "move"), ("main", "generate", "fresh"), ("two", "consume", "accept"),
            ("one", "leave", "heal"), ("main", "generate", "known"), ("", "link", "link"),
            ("one", "consume", "accept"),
        ]
    )  # fmt: skip
    assert way[:9] == [
        ("one", "leave", "move"), ("main", "generate", "fresh"), ("one", "consume", "accept"),
        ("two", "leave", "move"), ("main", "generate", "fresh"), ("two", "consume", "accept"),
        ("one", "leave", "heal"), ("main", "generate", "known"), *way[8:9],
    ]  # fmt: skip
    assert found["hops"][6]["why"] == (
        "the site that linked here knows another session (307: chromium)"
    )
    assert found["hops"][0]["transport"] == "307"
    assert found["hops"][0]["engine"] == "chromium"
    assert [
        (each["fingerprint"], each["state"], each["leads_to"]) for each in found["sessions"]
    ] == [
        (fingerprint(small), "linked", fingerprint(great)),
        (fingerprint(great), "open", ""),
    ]
    assert json.loads(run("trace", fingerprint(great), "--format=json"))["hops"] == found["hops"]


def test_no_trace_and_no_journal_holds_a_secret(django_capture_on_commit_callbacks: Any) -> None:
    # Given every token, key and code that a shopper's browser ever saw
    seen = set[str]()

    class Watched(Browser):
        def request(self, *args: Any, **named: Any) -> Any:
            response = super().request(*args, **named)
            for morsel in response.cookies.values():
                seen.update(part for part in morsel.value.split(".") if len(part) > 12)
            query = urlsplit(args[1]).query
            seen.update(re.findall(r"(?:code|challenge|flow)=([^&]+)", query))
            return response

    with django_capture_on_commit_callbacks(execute=True):
        browser = Watched(url=f"https://{ONE}/page/")
        browser.submit("/note/", {"text": "ring"})
        browser.open(f"https://{TWO}/page/")
        page = browser.open(f"https://{ONE}/page/").json()
    seen |= {page["session"].partition(".")[2]}
    assert len(seen) > 8
    # When the shopper is traced
    printed = run("trace", fingerprint(page["session"]))
    printed += run("trace", fingerprint(page["session"]), "--format=json")
    stream = repr(get_redis_connection("default").xrange(journal.STREAM))
    # Then none of them is in it
    assert "carried out" in printed
    assert {secret for secret in seen if secret in printed or secret in stream} == set()


def test_a_second_try_belongs_to_the_same_handshake() -> None:
    flow = new_flow(1_700_000_000, "0123456789abcdef")
    assert journal.flow_digest(flow) == journal.flow_digest(retry_of(flow)) != ""
    assert journal.flow_digest("") == journal.flow_digest("x" * 28) == ""


def test_hops_without_a_flow_do_not_join_strangers() -> None:
    journal.note(
        Entry("consume", "go_on", session="aaaaaaaaaa"),
        Entry("consume", "go_on", session="bbbbbbbbbb"),
    )
    assert [hop.session for hop in trace.trace("aaaaaaaaaa").hops] == ["aaaaaaaaaa"]


def test_a_sign_out_is_on_the_way(
    django_user_model: Any, django_capture_on_commit_callbacks: Any
) -> None:
    user = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = Browser()
    with django_capture_on_commit_callbacks(execute=True):
        browser.open(f"https://{MAIN}/login/?user={user.pk}")
        session = browser.open(f"https://{MAIN}/page/").json()["session"]
        browser.open(f"https://{MAIN}/logout/")
    found = trace.trace(fingerprint(session))
    assert [(hop.hop, hop.outcome) for hop in found.hops][-1] == ("end", "retired")
    assert [(each.state, each.signed_in) for each in found.sessions][-1] == ("retired", True)


def test_a_site_out_of_mains_reach_says_so_on_the_way() -> None:
    # Given a browser that left for main and never came back
    browser = Browser()
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    browser.request("GET", f"https://{ONE}/page/", None, headers)
    (name,) = [name for name in browser.cookies(ONE) if "client_key" in name]
    jar = browser.jar(ONE).cookies
    prefix, _, flow = name.partition(".")
    jar[f"{prefix}.{int(flow[:11], 16) - 6000:011x}{flow[11:]}"] = jar[name].value
    # When it opens a page again, then the site stands alone, and the journal says why
    session = browser.open(f"https://{ONE}/page/").json()["session"]
    (hop,) = trace.trace(fingerprint(session)).hops
    assert (hop.hop, hop.outcome, hop.site) == ("serve", "alone", "one")
    assert hop.why == "main is out of this browser's reach"


def test_nothing_known_is_said_clearly() -> None:
    assert run("trace", "aaaaaaaaaa") == (
        "No hop of aaaaaaaaaa is known. The journal is empty.\n\n"
        "The database has no such session: nothing was ever put in it, or it was pruned.\n"
    )
    Browser().open(f"https://{ONE}/page/")
    assert re.match(
        r"No hop of aaaaaaaaaa is known. The journal begins at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
        run("trace", "AAAAAAAAAA"),
    )


@pytest.mark.parametrize("typed", ["", "G-2026-000001", "aaaaaaaaa1", "aaaaaaaaaaa", "é" * 10])
def test_what_is_no_name_is_refused(typed: str) -> None:
    assert refused("trace", typed)[1] == (
        f"{typed} is no fingerprint (10 letters and digits), and no order's number."
    )


def test_an_order_number_leads_to_its_session(settings: Settings) -> None:
    orders = {"G-1": "aaaaaaaaaa"}
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"TRACE_LOOKUP": orders.get}
    journal.note(Entry("leave", "move", site="one", session="aaaaaaaaaa"))
    printed = run("trace", "G-1")
    assert printed.startswith("G-1 was placed in session aaaaaaaaaa.\n\nThe way of aaaaaaaaaa")
    assert "G-2 is no fingerprint" in refused("trace", "G-2")[1]


def test_the_shops_order_numbers_are_looked_up(settings: Settings) -> None:
    # Given an order, and one from before fingerprints were kept
    lookup = "orders.queries.fingerprint_of_order"
    settings.SESSIONSYNC = settings.SESSIONSYNC | {"TRACE_LOOKUP": lookup}
    shop = StorefrontFactory()
    for number, name in (("G-2026-000001", "aaaaaaaaaa"), ("G-2026-000002", "")):
        Order.objects.create(
            number=number, checkout_key=number, session_fingerprint=name, storefront=shop,
            items_subtotal=1, shipping_price=0, shipping_total=0, total=1,
        )  # fmt: skip
    # When they are asked for, as people type
    found = json.loads(run("trace", " g-2026-000001 ", "--format=json"))
    # Then the first leads to its session, the second nowhere
    assert (found["asked"], found["fingerprint"]) == ("g-2026-000001", "aaaaaaaaaa")
    assert "G-2026-000002 is no fingerprint" in refused("trace", "G-2026-000002")[1]


def test_without_redis_a_trace_says_so_and_shows_what_the_database_knows(
    redis_away: None,
) -> None:
    session = SessionStore(tokens=[Token(1_700_000_000_000_000_000, "x" * 22)])
    session["cart"] = "hat"
    session.save()
    printed, reason = refused("trace", fingerprint("1700000000000000000." + "x" * 22))
    assert reason.startswith("Redis is away, and the journal is there: ")
    assert "2023-11-14 22:13:20" in printed
    assert "hat" not in printed
    assert "No hop" not in printed


def test_a_long_journal_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PAGE", 3)
    journal.note(*(Entry("leave", "move", session=f"s{n}") for n in range(7)))
    assert [entry.session for entry in journal.entries()] == [f"s{n}" for n in range(7)]


def test_the_journal_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LONGEST", 200)
    for _ in range(10):
        journal.note(*(Entry("leave", "move") for _ in range(100)))
    assert get_redis_connection("default").xlen(journal.STREAM) <= 300


# Pruning.


def old_session(ts: int, *, days: int = 401) -> Session:
    row = Session.objects.create(key=Token(ts, "x" * 22).key, family="f")
    Session.objects.filter(pk=row.pk).update(created_at=datetime.now(UTC) - timedelta(days=days))
    return row


def test_prune_deletes_what_no_cookie_can_name_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given rows that are over, in more than one batch, and rows that are not
    monkeypatch.setattr("sessionsync.links.PRUNED_AT_ONCE", 2)
    long_ago = int((datetime.now(UTC) - timedelta(days=401)).timestamp() * 1e9)
    for n in range(5):
        old_session(long_ago + n)
        CarriedOut.objects.create(flow=f"old{n}")
    CarriedOut.objects.update(created_at=datetime.now(UTC) - timedelta(hours=25))
    CarriedOut.objects.create(flow="new")
    young = old_session(int(datetime.now(UTC).timestamp() * 1e9))  # its cookie may still come
    recent = old_session(long_ago + 9, days=1)  # written lately, whatever the token says
    # When pruned, then it says how many, and does so once
    assert run("prune") == (
        "Deleted 5 expired sessions and 5 marks of requests carried out more than a day ago.\n"
    )
    assert set(Session.objects.values_list("key", flat=True)) == {young.key, recent.key}
    assert [row.flow for row in CarriedOut.objects.all()] == ["new"]
    assert run("prune").startswith("Deleted 0 expired sessions and 0 marks")


@pytest.mark.django_db(transaction=True)
def test_two_prunes_at_once_delete_each_row_once() -> None:
    long_ago = int((datetime.now(UTC) - timedelta(days=401)).timestamp() * 1e9)
    for n in range(40):
        old_session(long_ago + n)
    from .test_races import at_once

    done = at_once(pruning.prune, pruning.prune, pruning.prune)
    assert sum(each.sessions for each in done) == 40
    assert Session.objects.count() == 0

"""The protocol's decisions as functions of plain values."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionsync.protocol import (
    Action,
    Arrival,
    Kind,
    Meeting,
    Origin,
    Party,
    Return,
    Verdict,
    decide,
    first_try_of,
    flow_age,
    holds_request,
    is_retry,
    judge_origin,
    judge_return,
    meet,
    new_flow,
    retry_of,
    safe_next,
)


class Limits:
    resync_after = 86_400
    unspent_after = 5


def action(**facts: object) -> Action:
    given: dict[str, object] = {"is_main": False, "kind": Kind.GET, "has_token": False, **facts}
    return decide(Arrival(**given), Limits())[0]  # type: ignore[arg-type]


def test_a_navigation_without_a_session_shakes_hands() -> None:
    assert action() is Action.HANDSHAKE
    assert action(kind=Kind.POST) is Action.KEEP


def test_what_is_no_navigation_is_never_moved() -> None:
    for main, token, told, probe in product([True, False], repeat=4):
        facts = {"is_main": main, "has_token": token, "told": told, "probe": probe}
        assert action(kind=Kind.IN_PLACE, **facts) is Action.SERVE


def test_nobody_who_was_told_is_moved_again() -> None:
    for main, token, probe, age in product(
        [True, False], [True, False], [True, False], [None, 9e9]
    ):
        facts = {"is_main": main, "has_token": token, "probe": probe, "handshake_age": age}
        assert action(told=True, **facts) in {Action.SERVE, Action.SERVE_WITHOUT}


def test_main_moves_nobody() -> None:
    for token, probe, age in product([True, False], [True, False], [None, 0, 9e9]):
        facts = {"is_main": True, "has_token": token, "probe": probe, "unspent_age": age}
        assert action(**facts) is Action.SERVE


def test_a_click_without_the_probe_cookie_is_served_in_place() -> None:
    assert action(same_origin=True) is Action.SERVE_WITHOUT
    assert action(same_origin=True, probe=True) is Action.HANDSHAKE


def test_a_token_that_was_just_set_and_did_not_stay_moves_nobody_again() -> None:
    assert action(landed=True) is Action.SERVE_WITHOUT
    assert action(landed=True, kind=Kind.POST) is Action.KEEP


def test_a_handshake_that_never_came_back_means_standing_alone() -> None:
    assert action(unspent_age=4.9) is Action.HANDSHAKE
    assert action(unspent_age=5.0) is Action.STAND_ALONE
    assert action(unspent_age=5.0, kind=Kind.POST) is Action.KEEP_HERE


def test_a_session_shakes_hands_again_when_its_last_handshake_is_old() -> None:
    assert action(has_token=True, handshake_age=86_400) is Action.SERVE
    assert action(has_token=True, handshake_age=86_401) is Action.HANDSHAKE
    assert action(has_token=True, handshake_age=None) is Action.HANDSHAKE
    assert action(has_token=True, handshake_age=86_401, kind=Kind.POST) is Action.SERVE
    assert action(has_token=True, handshake_age=1, disagrees=True) is Action.HANDSHAKE


def party(ts: int, principal: str = "", signed_in_at: float | None = None) -> Party:
    return Party((ts, "x"), principal, signed_in_at)


@pytest.mark.parametrize(
    ("one", "other", "meeting", "stays"),
    [
        (party(1), party(2), Meeting.LINK, 2),
        (party(1, "ada", 5), party(2), Meeting.ABSORB, 1),
        (party(1), party(2, "ada", 5), Meeting.ABSORB, 2),
        (party(1, "ada", 9), party(2, "ada", 5), Meeting.LINK, 2),
        (party(1, "ada", 9), party(2, "bob", 5), Meeting.PART, 1),
        (party(1, "ada", 5), party(2, "bob", 9), Meeting.PART, 2),
    ],
)
def test_what_happens_when_two_tokens_meet(
    one: Party, other: Party, meeting: Meeting, stays: int
) -> None:
    for pair in ((one, other), (other, one)):
        found, winner, loser = meet(*pair)
        assert found is meeting
        assert winner.order[0] == stays
        assert {winner, loser} == {one, other}


parties = st.builds(
    lambda ts, token_id, who, when: Party((ts, token_id), who, when if who else None),
    st.integers(1, 5),
    st.sampled_from("abcdef"),
    st.sampled_from(["", "", "ada", "bob"]),
    st.floats(1, 9),
)


@given(parties, parties)
def test_a_meeting_is_the_same_from_both_sides(one: Party, other: Party) -> None:
    if one.order == other.order:
        return
    if one.principal != other.principal and one.signed_in_at == other.signed_in_at:
        return
    assert meet(one, other) == meet(other, one)


@given(parties, parties)
def test_an_anonymous_token_never_leads_to_a_signed_in_session(one: Party, other: Party) -> None:
    found, winner, loser = meet(one, other)
    if found is Meeting.LINK:
        assert winner.principal == loser.principal
        assert winner.order >= loser.order


RIGHT = "c" * 43


def verdict(**facts: object) -> Verdict:
    given: dict[str, object] = {
        "flow_known": True,
        "challenge_held": RIGHT,
        "has_token": False,
        "code_challenge": RIGHT,
        "code_site_is_ours": True,
        "code_flow_is_ours": True,
        "retry": False,
    }
    return judge_return(Return(**{**given, **facts}))  # type: ignore[arg-type]


def test_a_code_is_accepted_from_its_own_browser_on_its_own_site_only() -> None:
    assert verdict() is Verdict.ACCEPT
    assert verdict(challenge_held="d" * 43) is Verdict.STOP
    assert verdict(code_site_is_ours=False) is Verdict.STOP
    assert verdict(code_flow_is_ours=False) is Verdict.STOP
    assert verdict(challenge_held=None) is Verdict.NO_COOKIES


def test_a_code_that_is_gone_is_tried_once_more_by_its_own_browser_only() -> None:
    assert verdict(code_challenge=None) is Verdict.RETRY
    assert verdict(code_challenge=None, retry=True) is Verdict.STOP
    assert verdict(code_challenge=None, challenge_held=None) is Verdict.NO_COOKIES
    assert verdict(code_challenge=None, flow_known=False) is Verdict.STOP
    assert verdict(code_challenge=None, has_token=True) is Verdict.GO_ON


def test_only_the_right_browser_on_the_right_site_is_ever_accepted() -> None:
    values = product(
        [True, False], [None, RIGHT, "d" * 43], [True, False], [None, RIGHT], *[[True, False]] * 3
    )
    for known, held, token, code, site, flow, retry in values:
        found = verdict(
            flow_known=known,
            challenge_held=held,
            has_token=token,
            code_challenge=code,
            code_site_is_ours=site,
            code_flow_is_ours=flow,
            retry=retry,
        )
        if found is Verdict.ACCEPT:
            assert held == code == RIGHT
            assert site
            assert flow
        if found is Verdict.RETRY:
            assert held is not None
            assert not retry


NETWORK = frozenset({"https://one.example", "https://main.example"})


@pytest.mark.parametrize(
    ("origin", "fetch_site", "expected"),
    [
        ("https://one.example", None, Origin.TRUSTED),
        ("https://main.example", "cross-site", Origin.TRUSTED),
        (None, None, Origin.TRUSTED),
        (None, "same-origin", Origin.TRUSTED),
        ("null", None, Origin.DOUBTFUL),
        ("null", "same-origin", Origin.DOUBTFUL),
        ("https://evil.example", "cross-site", Origin.DOUBTFUL),
        ("https://one.example.evil.example", None, Origin.DOUBTFUL),
        ("http://one.example", None, Origin.DOUBTFUL),
        (None, "cross-site", Origin.DOUBTFUL),
        (None, "none", Origin.DOUBTFUL),
        ("", None, Origin.DOUBTFUL),
    ],
)
def test_whose_post_is_trusted(
    origin: str | None, fetch_site: str | None, expected: Origin
) -> None:
    assert judge_origin(origin, fetch_site, NETWORK) is expected


@pytest.mark.parametrize(
    "path",
    ["/", "/a/b/?c=d&e=%2F%2Fx", "/product/x/?variant=3", "/search/?q=a%20b", "/sessionsyncing/"],
)
def test_paths_that_may_be_gone_to(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "a", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "https://evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "/a\tb", "/a b",
        "/\x00", "/\x7f", "/sessionsync/", "/sessionsync", "/sessionsync?x", "/sessionsync/adopt/",
        "/SessionSync/adopt/", "/%73essionsync/adopt/", "/./sessionsync/", "/../x", "/a/../b",
        "/a/%2e%2e/sessionsync/", "/a/%2E./b", "/" + "a" * 2000, "/é", "//", "/\\/evil.example",
        " /a",
        "?next", "#x", "/a\\b",
    ],
)  # fmt: skip
def test_paths_that_may_not_be_gone_to(path: str) -> None:
    assert safe_next(path) is None


def test_a_flows_name_says_when_it_began_and_whether_it_is_the_second_try() -> None:
    flow = new_flow(1_700_000_000.5, "0123456789abcdef")
    assert flow_age(flow, 1_700_000_007) == 6.5
    assert (is_retry(flow), is_retry(retry_of(flow))) == (False, True)
    assert first_try_of(retry_of(flow)) == flow
    assert not holds_request(flow)
    kept = new_flow(1_700_000_000.5, "0123456789abcdef", holds_request=True)
    assert (is_retry(kept), is_retry(retry_of(kept))) == (False, True)
    assert first_try_of(retry_of(kept)) == first_try_of(kept) == kept
    assert holds_request(kept)
    assert holds_request(retry_of(kept))
    for wrong in (
        "",
        "x",
        flow.upper().replace("0", "G"),
        flow + "0",
        flow[:-1] + "4",
        flow + "\n",
    ):
        assert flow_age(wrong, 0) is None

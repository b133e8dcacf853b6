"""Tokens: their order, their seal, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionsync.tokens import Sealer, Token, challenge_of, mint

SEALER = Sealer(["a secret"])


def test_tokens_are_ordered_by_time_then_id() -> None:
    assert sorted([Token(2, "a"), Token(1, "b"), Token(1, "a")]) == [
        Token(1, "a"),
        Token(1, "b"),
        Token(2, "a"),
    ]


@given(st.integers(1, 2**62), st.lists(st.integers(1, 2**62), max_size=5))
def test_a_new_token_is_greater_than_all_presented_whatever_the_clock_says(
    now: int, presented: list[int]
) -> None:
    held = [Token(ts, "x" * 22) for ts in presented]
    new = mint(now, held)
    assert all(new > token for token in held)
    assert new.ts >= now


def test_a_sealed_token_is_read_back() -> None:
    token = mint(1_700_000_000_000_000_000)
    assert SEALER.unseal(str(token.ts), SEALER.seal(token)) == token
    assert Token.from_key(token.key) == token


def test_a_key_being_rotated_out_is_still_accepted_but_seals_no_more() -> None:
    token = mint(1_700_000_000_000_000_000)
    rotated = Sealer(["a new secret", "a secret"])
    assert rotated.unseal(str(token.ts), SEALER.seal(token)) == token
    assert SEALER.unseal(str(token.ts), rotated.seal(token)) is None


def test_a_cookie_whose_name_lies_about_the_time_is_refused() -> None:
    token = mint(1_700_000_000_000_000_000)
    assert SEALER.unseal(str(token.ts + 1), SEALER.seal(token)) is None


@pytest.mark.parametrize(
    ("ts", "value"),
    [
        ("", ""),
        ("1", ""),
        ("1", "."),
        ("0", "x" * 22 + "." + "y" * 24),
        ("01", "x" * 22 + "." + "y" * 24),
        ("-1", "x" * 22 + "." + "y" * 24),
        ("1e9", "x" * 22 + "." + "y" * 24),
        ("²", "x" * 22 + "." + "y" * 24),
        ("9" * 20, "x" * 22 + "." + "y" * 24),
        ("1", "x" * 5000),
        ("1", "é" * 22 + "." + "y" * 24),
        ("1", "x" * 22 + "." + "é" * 24),
        ("1\n", "x" * 22 + "." + "y" * 24),
    ],
)
def test_what_is_no_token_is_refused(ts: str, value: str) -> None:
    assert SEALER.unseal(ts, value) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_passes_for_a_token(ts: str, value: str) -> None:
    assert SEALER.unseal(ts, value) is None


@given(st.integers(0, 46), st.characters(codec="ascii"))
def test_a_token_changed_anywhere_is_refused(place: int, letter: str) -> None:
    token = Token(1_700_000_000_000_000_000, "x" * 22)
    sealed = SEALER.seal(token)
    changed = sealed[:place] + letter + sealed[place + 1 :]
    if changed != sealed:
        assert SEALER.unseal(str(token.ts), changed) is None


@pytest.mark.parametrize(
    "key", ["", ".", "1", "1.x", "x." + "x" * 22, "1." + "x" * 23, "0." + "x" * 22]
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a token's key"):
        Token.from_key(key)


def test_a_challenge_is_the_sha_256_of_the_key() -> None:
    # RFC 7636, appendix B, uses the same transformation; its example is the oracle here.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

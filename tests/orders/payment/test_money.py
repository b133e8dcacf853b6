"""Amounts in the currency's smallest unit, signatures, references and account numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.payment import signatures
from orders.payment.errors import BadAmount
from orders.payment.gateways.bank_transfer import creditor_reference, in_fours, is_valid_iban
from orders.payment.money import from_minor, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("0.01", "usd", 1),
        ("500", "JPY", 500),
        ("500.00", "jpy", 500),
        ("1.5", "KWD", 1500),
        ("1234567890.12", "EUR", 123456789012),
    ],
)
def test_amounts_are_whole_numbers_of_the_smallest_unit(
    amount: str, currency: str, minor: int
) -> None:
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("500.50", "JPY"), ("1.005", "EUR")])
def test_an_amount_finer_than_the_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(BadAmount):
        to_minor(Decimal(amount), currency)


@given(st.integers(min_value=0, max_value=10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_there_and_back_is_the_same(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


def test_a_reference_as_the_standard_has_it() -> None:
    # The standard's own example
    assert creditor_reference("539007547034") == "RF18539007547034"
    # An order's number without its dashes, with two digits that prove it
    reference = creditor_reference("G-2026-000123")
    assert (reference[:2], reference[4:]) == ("RF", "G2026000123")
    assert in_fours("RF18539007547034") == "RF18 5390 0754 7034"


@given(st.text(alphabet="0123456789", min_size=5, max_size=12), st.data())
def test_two_digits_swapped_in_a_reference_are_noticed(number: str, data: st.DataObject) -> None:
    # Given an order's digits, as its reference has them
    at = data.draw(st.integers(min_value=0, max_value=len(number) - 2))
    # When two different neighbours change places
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    # Then the reference's two check digits are others
    if swapped != number:
        assert creditor_reference(swapped)[:4] != creditor_reference(number)[:4]


@pytest.mark.parametrize("number", ["", "---", "1" * 22])
def test_no_reference_can_be_made_of(number: str) -> None:
    with pytest.raises(ValueError, match="makes no reference"):
        creditor_reference(number)


@pytest.mark.parametrize(
    ("iban", "valid"),
    [
        ("DE89 3704 0044 0532 0130 00", True),
        ("GB29NWBK60161331926819", True),
        ("DE89370400440532013001", False),
        ("DE8937040044053201300", False),
        ("", False),
        ("89DE370400440532013000", False),
        ("DE89370400440532013000" * 2, False),
        ("DE89 ３704 0044 0532 0130 00", False),
    ],
)
def test_account_numbers_are_checked(iban: str, valid: bool) -> None:
    assert is_valid_iban(iban) is valid


def test_a_signed_message_is_believed() -> None:
    signature = signatures.sign("secret", b"POST", b"/v1", b"{}", now=1000)
    signatures.verify("secret", signature, b"POST", b"/v1", b"{}", now=1299)


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("other", (b"POST", b"/v1", b"{}")),
        ("secret", (b"POST", b"/v1", b"{ }")),
        ("secret", (b"POST", b"/v1{}", b"")),
        ("secret", (b"POST/v1", b"", b"{}")),
        ("", (b"POST", b"/v1", b"{}")),
    ],
)
def test_any_other_message_is_not(secret: str, message: tuple[bytes, ...]) -> None:
    signature = signatures.sign("secret", b"POST", b"/v1", b"{}", now=1000)
    with pytest.raises(signatures.NotSigned):
        signatures.verify(secret, signature, *message, now=1000)


@pytest.mark.parametrize("now", [1301, 699])
def test_a_recording_is_worthless(now: int) -> None:
    signature = signatures.sign("secret", b"{}", now=1000)
    with pytest.raises(signatures.OutsideWindow):
        signatures.verify("secret", signature, b"{}", now=now)


@pytest.mark.parametrize(
    "signature",
    ["", "nonsense", "t=,v1=", "t=1,t=2,v1=x", "t=-5,v1=x", "t=٣,v1=x", "v1=é", "t=1" * 300],
)
def test_nonsense_is_no_signature(signature: str) -> None:
    with pytest.raises(signatures.NotSigned):
        signatures.verify("secret", signature, b"{}", now=1)


@given(st.text(max_size=80))
def test_no_text_breaks_the_check(signature: str) -> None:
    with pytest.raises((signatures.NotSigned, signatures.OutsideWindow)):
        signatures.verify("secret", signature, b"{}", now=1)

"""No secret is ever written to a log, by whatever way it gets there."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.core.exceptions import PermissionDenied

from shop.ops.logs import Seldom, logging_config, redact_text, refused_in_one_line

SECRET = "s3cr3t-Value_123"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger of the shop writes in production, down to the last byte."""
    formatter = dict(logging_config(level="INFO", json_lines=True)["formatters"]["events"])
    formatter_class = formatter.pop("()")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter_class(**formatter))
    logger = logging.getLogger("tests.written")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [
        f"/sessionsync/consume_auth_code/?code={SECRET}&flow=1",
        f"/x?a=b&challenge={SECRET}",
        f"GET /?FLOW={SECRET} HTTP/1.1",
        f"token={SECRET}",
        f"Cookie: session_token.1790000000={SECRET}; messages={SECRET}",
        f"__Host-session_token.1790000000={SECRET}; Secure",
        f"client_key.a1b2={SECRET}",
        f"main_key.a1b2={SECRET}",
        f"Set-Cookie: anything={SECRET}; HttpOnly",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"HTTP_COOKIE: 'a={SECRET}'",
        f"HTTP_AUTHORIZATION='Basic {SECRET}'",
        f"csrfmiddlewaretoken={SECRET}&quantity=1",
        f"__Host-csrftoken={SECRET}",
        f"/orders/{SECRET}/",
        f"https://galleria.example/orders/{SECRET}",
        f"/account/password/reset/key/3-{SECRET}/",
        f"/account/confirm-email/Mg:1abc:{SECRET}/",
        f"/account/orders/claim/{SECRET}:x_y-z/",
        f"/store/carts/cart_{SECRET}_12345/complete",
        f"/store/payment-collections/pay_col_cart_{SECRET}_12345/payment-sessions",
        f"/store/shipping-options?cart_id=cart_{SECRET}_12345&fields=id",
        f"{{'id': 'order_{SECRET}_12345', 'items': []}}",
    ],
)
def test_a_secret_in_a_text_is_replaced(text: str) -> None:
    # Given a text with a secret in it, when it is redacted
    result = redact_text(text)
    # Then the secret has gone, and a mark stands in its place
    assert SECRET not in result
    assert "[redacted]" in result


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "named"),
    [
        ("ada@example.com", "DETAIL:  Key (email)=[redacted]"),
        ("ADA@example.com", "DETAIL:  Failing row contains [redacted]"),
    ],
)
def test_a_refused_row_is_not_written_out(written: io.StringIO, email: str, named: str) -> None:
    from django.db import IntegrityError, transaction

    from accounts.models import User

    # Given an account, and a row that the database refuses: the same address, or one in capitals
    name = "".join(("Aug", "usta"))  # a traceback quotes the lines of this test
    User.objects.create_user("ada@example.com", first_name=name)
    try:
        with transaction.atomic():
            User(email=email, first_name=name).save()
    except IntegrityError:
        # When the error is logged with its traceback
        logging.getLogger("tests.written").exception("refused")

    # Then the line says what was refused, and nothing of the row
    said = json.loads(written.getvalue())["exception"]
    assert named in said
    assert name not in said
    assert email not in said


def test_what_is_no_secret_stays() -> None:
    # Given ordinary texts, when they are redacted, then they are as they were
    for text in (
        "GET /product/silk-scarf/?quantity=2&page=3",
        "status_code=404 country_code=DE",
        "barcode=4006381333931",
        "the order was placed",
        "/orders/",
        "/account/orders/",
        "/account/orders/claim/",
        "/account/password/reset/",
    ):
        assert redact_text(text) == text


def test_a_log_line_has_no_secret_in_any_field(written: io.StringIO) -> None:
    # Given an event with secrets in its fields, nested ones too
    log = structlog.get_logger("tests.written")
    # When it is logged
    log.info(
        "hop",
        token=SECRET,
        cookies={"a": SECRET},
        headers={"Authorization": SECRET, "Host": "apparel.localhost"},
        paths=[f"/?code={SECRET}"],
        status_code=307,
    )
    # Then what is harmless is there and the secrets are not
    line = json.loads(written.getvalue())
    assert SECRET not in written.getvalue()
    assert line["status_code"] == 307
    assert line["headers"] == {"Authorization": "[redacted]", "Host": "apparel.localhost"}
    assert line["paths"] == ["/?code=[redacted]"]


def test_a_traceback_and_a_plain_logger_have_no_secret(written: io.StringIO) -> None:
    # Given an error whose message holds a secret, and a library that uses plain logging
    logger = logging.getLogger("tests.written")
    # When both are logged
    try:
        raise ValueError(f"bad query: flow={SECRET}")
    except ValueError:
        logger.exception("failed at %s", f"/?challenge={SECRET}")
    # Then neither message nor traceback tells it
    line = json.loads(written.getvalue())
    assert SECRET not in written.getvalue()
    assert line["event"] == "failed at /?challenge=[redacted]"
    assert "ValueError: bad query: flow=[redacted]" in line["exception"]


def test_a_request_id_is_on_every_line(written: io.StringIO) -> None:
    # Given a request id that was bound
    with structlog.contextvars.bound_contextvars(request_id="abc-12345"):
        # When a plain logger writes
        logging.getLogger("tests.written").info("hello")
    # Then its line has the id
    assert json.loads(written.getvalue())["request_id"] == "abc-12345"


def failing(created: float, text: str = "Exception ignored") -> logging.LogRecord:
    try:
        raise ConnectionError("no such socket")
    except ConnectionError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord("shop.cache", logging.ERROR, __file__, 1, text, (), caught)
    record.created = created
    return record


def test_what_fails_at_every_request_is_told_once_a_minute_in_one_line() -> None:
    # Given Redis away for two minutes, and ten requests a second
    seldom = Seldom(60)
    records = [failing(1000 + number / 10) for number in range(1200)]

    # When
    told = [record for record in records if seldom.filter(record)]

    # Then
    assert [record.created for record in told] == [1000, 1060]
    assert [record.getMessage() for record in told] == [
        "Exception ignored: ConnectionError: no such socket",
        "Exception ignored: ConnectionError: no such socket (599 more since the last line)",
    ]
    assert all(record.exc_info is None for record in told)


def test_lines_without_an_error_are_held_back_too_and_braces_and_signs_survive() -> None:
    seldom = Seldom(60)
    first = logging.LogRecord("x", logging.WARNING, __file__, 1, "100 %% of %s", ("{it}",), None)
    second = logging.LogRecord("x", logging.WARNING, __file__, 1, "again", (), None)
    first.created = second.created = 5000.0

    assert seldom.filter(first)
    assert first.getMessage() == "100 % of {it}"
    assert not seldom.filter(second)


def test_the_cache_and_the_storefronts_are_told_of_seldom_each_for_itself() -> None:
    config = logging_config(level="INFO", json_lines=True)
    names = [
        config["loggers"][name]["filters"] for name in ("shop.cache", "shop.storefronts.caching")
    ]

    assert names == [["seldom_cache"], ["seldom_storefronts"]]
    assert all(config["filters"][name]["()"] is Seldom for (name,) in names)


@pytest.mark.parametrize(("error", "traced"), [(PermissionDenied(), False), (OSError(), True)])
def test_only_a_refusal_has_no_traceback(error: Exception, traced: bool) -> None:
    caught = (type(error), error, None)
    record = logging.LogRecord("django.request", 30, __file__, 1, "at %s", ("/x/",), caught)

    assert refused_in_one_line(record)

    assert record.getMessage() == "at /x/"
    assert bool(record.exc_info) is traced

"""No secret is ever written to a log, by whatever way it gets there."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shop.ops.logs import logging_config, redact_text

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
    ],
)
def test_a_secret_in_a_text_is_replaced(text: str) -> None:
    # Given a text with a secret in it, when it is redacted
    result = redact_text(text)
    # Then the secret has gone, and a mark stands in its place
    assert SECRET not in result
    assert "[redacted]" in result


def test_what_is_no_secret_stays() -> None:
    # Given ordinary texts, when they are redacted, then they are as they were
    for text in (
        "GET /product/silk-scarf/?quantity=2&page=3",
        "status_code=404 country_code=DE",
        "barcode=4006381333931",
        "the order was placed",
        "/orders/",
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

"""What is left behind is searched: each kind of place with what may be there, and what may not."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.isolation.kept import check_orders, may_hold, search_logs, search_nginx, search_rows
from tests.isolation.mailbox import Mailbox
from tests.isolation.people import Person
from tests.isolation.watching import Watch
from tests.mailing.smtp import MailServer

# The same marks in every process: the names of tests are made of them.
ADA = Person(has_account=True, mark="kanari0a1b2c3d4e")
BOB = Person(has_account=True, mark="kanarie4d3c2b1a0")
OWNERS = {"1": ADA.mark, "2": BOB.mark}
KEYS = {
    "order": [("customer_id", "user", "id")],
    "line": [("order_id", "order", "id")],
    "session": [("principal", "user", "id")],
}


def rows(**changed: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {
        "user": [{"id": 1, "email": ADA.email}, {"id": 2, "email": BOB.email}],
        "order": [{"id": 7, "customer_id": 1, "email": ADA.email}],
        "line": [{"id": 70, "order_id": 7, "title": "Jacket"}],
        "session": [
            {"key": "a", "principal": "1", "data": ADA.mark},
            {"key": "b", "principal": ""},
        ],
        **changed,
    }


def found_in(all_rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, frozenset[str]]]:
    watch = Watch()
    search_rows(all_rows, KEYS, watch)
    assert watch.figures["rows"] == sum(map(len, all_rows.values()))
    return [(leak.what, leak.marks) for leak in watch.leaks]


def test_rows_of_one_person_each_are_as_they_should_be() -> None:
    assert found_in(rows()) == []


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        # a row that names two people itself, also in bytes and in JSON
        ({"line": [{"id": 70, "order_id": None, "title": f"{ADA.mark} {BOB.mark}"}]}, ["line 70"]),
        (
            {"line": [{"id": 70, "order_id": 7, "file": gzip.compress(BOB.mark.encode())}]},
            ["line 70"],
        ),
        ({"line": [{"id": 70, "order_id": 7, "facts": {"to": [BOB.email]}}]}, ["line 70"]),
        # an order of the wrong customer, and with it its lines
        ({"order": [{"id": 7, "customer_id": 2, "email": ADA.email}]}, ["order 7", "line 70"]),
        # a session that holds what somebody else typed
        ({"session": [{"id": "a", "principal": "2", "data": ADA.mark}]}, ["session a"]),
    ],
)
def test_a_row_that_is_tied_to_two_people_is_found(
    changed: dict[str, list[dict[str, Any]]], where: list[str]
) -> None:
    both = frozenset({ADA.mark, BOB.mark})
    assert found_in(rows(**changed)) == [(place, both) for place in where]


def session(principal: str) -> bytes:
    return b"17:" + json.dumps({"principal": principal, "data": ADA.mark}).encode()


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        (b"sessionsync:session:1.a", session("1"), True),
        (b"sessionsync:session:1.a", session(""), True),
        (b"sessionsync:session:1.a", session("2"), False),
        (b"sessionsync:session:1.a", session("99"), False),
        (b"sessionsync:pending:x", b"", True),
        (b"galleria:1:catalogue:suggestions:0a", b"", True),
        (b"galleria:1:greeting", b"", False),
        (b"galleria:1:page", session("1"), False),
    ],
)
def test_redis_may_hold_what_is_one_persons_where_that_belongs(
    key: bytes, value: bytes, allowed: bool
) -> None:
    assert may_hold(key, value, frozenset({ADA.mark}), OWNERS) is allowed
    assert not may_hold(key, value, frozenset({ADA.mark, BOB.mark}), OWNERS)


def test_a_public_cache_holds_words_of_its_own_address_only(tmp_path: Path) -> None:
    # Given an answer to a search, and one with a name in it
    asked = f"\nKEY: httpsapparel.localhost/search/suggest/?q={ADA.mark}\n".encode()
    (tmp_path / "a").write_bytes(asked + f"HTTP/1.1 200 OK\r\n\r\n{ADA.mark}".encode())
    page = b"\nKEY: httpsapparel.localhost/account/?x=1\n"
    (tmp_path / "b").write_bytes(page + gzip.compress(BOB.email.encode()))
    watch = Watch()

    # When the cache is searched
    search_nginx(tmp_path, watch)

    # Then the second is a leak
    assert watch.figures["entries of nginx's cache"] == 2
    (leak,) = watch.leaks
    assert (leak.what, leak.marks) == ("httpsapparel.localhost/account/", frozenset({BOB.mark}))


def test_no_line_of_a_log_may_name_anybody(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f'{{"event": "request"}}\n{{"event": "mail to {ADA.email}"}}\n')
    watch = Watch()

    search_logs({"the worker": log}, watch)

    assert watch.figures["log lines"] == 2
    assert [(leak.place, leak.marks) for leak in watch.leaks] == [
        ("log of the worker", frozenset({ADA.mark}))
    ]


def test_a_mail_names_nobody_but_who_gets_it() -> None:
    # Given a mail to each, and Bob's has Ada's name in it, in quoted-printable
    split = f"Dear {ADA.mark[:5]}=\r\n{ADA.mark[5:]},"
    watch = Watch()
    with MailServer() as server:
        for to, text in ((ADA, split), (BOB, split)):
            head = (
                f"To: {to.email}\r\nSubject: Hello\r\nContent-Transfer-Encoding: quoted-printable"
            )
            server.received.append(f"{head}\r\n\r\n{text}\r\n".encode())

        # When they are searched
        Mailbox(server).search(watch)

    # Then his is a leak, and hers is none
    assert watch.figures["mails"] == 2
    assert [(leak.what, leak.marks) for leak in watch.leaks] == [
        (f"Hello to {BOB.email}", frozenset({ADA.mark}))
    ]


@pytest.mark.parametrize("reference", ["t", "order_p"])
@pytest.mark.parametrize(
    ("signed_in", "customer", "email", "wrong"),
    [
        (True, 1, ADA.email, 0),
        (False, None, ADA.email, 0),
        (True, None, ADA.email, 1),
        (True, 2, ADA.email, 1),
        (False, 1, ADA.email, 1),
        (False, None, BOB.email, 1),
        (False, 2, BOB.email, 2),
    ],
)
def test_an_order_is_theirs_who_placed_it(
    reference: str, signed_in: bool, customer: int | None, email: str, wrong: int
) -> None:
    watch = Watch()
    watch.order(reference, ADA, signed_in=signed_in)
    order = {"token": "t", "public_id": "p", "number": 1, "customer_id": customer, "email": email}

    check_orders([order], OWNERS, watch)

    assert len(watch.wrong) == wrong


def test_an_order_that_is_not_there_is_missed() -> None:
    watch = Watch()
    watch.order("t", ADA, signed_in=False)

    check_orders([], OWNERS, watch)

    assert watch.wrong == ["order t is gone"]
